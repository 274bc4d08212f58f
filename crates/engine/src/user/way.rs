//! A user's way from its start to its work: log-in, connection, joining. Who never gets there has played no part in the run, and the
//! generator itself may be why.

use base::time::{Span, Timestamp};
use metrics::{Phase, UsersByState};

/// Once per user, also if it plays many iterations.
#[derive(Debug, Clone, Copy)]
pub struct WayToWork {
    began: Timestamp,
    /// How long it waited for the generator's own slots.
    held_up: Span,
    /// It has sent a request: it goes before those that have not.
    pub has_begun: bool,
    /// When its part was over, and where it was then.
    left: Option<(Timestamp, Phase)>,
}

impl WayToWork {
    pub fn new(began: Timestamp) -> Self {
        Self { began, held_up: Span::ZERO, has_begun: false, left: None }
    }

    pub fn waited(&mut self, time: Span) {
        self.held_up = self.held_up + time;
    }

    /// Its part is over, and it has not come to its work.
    pub fn leave(&mut self, now: Timestamp, phase: Phase) {
        self.left.get_or_insert((now, phase));
    }

    /// Counts a user that had time enough.
    pub fn count(&self, users: &mut UsersByState) {
        let Some((left, phase)) = self.left else { return };
        let all = left.since(self.began);
        if all < TIME_ENOUGH {
            return;
        }
        let place = match phase {
            Phase::Preparing => &mut users.unprepared,
            Phase::Connecting | Phase::Reconnecting => &mut users.unconnected,
            _ => &mut users.unjoined,
        };
        *place += 1;
        let own = all.as_micros().saturating_sub(self.held_up.as_micros());
        users.held_up += u32::from(own < TIME_ENOUGH.as_micros());
    }
}

/// Of whoever came later than this before the load's end nobody can tell whether it would have got there.
const TIME_ENOUGH: Span = Span::from_secs(10);
