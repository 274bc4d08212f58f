//! One worker as the conductor knows it.

use super::layout::Part;
use super::watchdog::LastHeard;
use base::time::Timestamp;
use engine::wire::Snapshot;
use metrics::{LedgerDelta, UsersByState};

#[derive(Debug)]
pub(super) struct Member {
    pub part: Part,
    pub state: MemberState,
    /// It was sent its plan.
    pub has_load: bool,
    /// Its users by population, as of its last snapshot.
    pub users: Vec<UsersByState>,
    pub counts: Counts,
    /// All that it has handed over of its ledger.
    pub ledger: LedgerDelta,
    /// Names that nobody had used before it did.
    pub named: usize,
    /// Nothing is heard of it: nobody waits for it, and it may come back.
    pub unheard: Option<Unheard>,
    /// Its users left at that time because nobody conducted them; nobody has taken up its part.
    pub left_alone: Option<Timestamp>,
    /// Somebody at its browser stopped it.
    pub is_stopped: bool,
    pub hearing: LastHeard,
    /// Users that wait for a socket, as of its last hand-over, and how many of them it was asked to give up.
    pub queue: u32,
    pub asked: GiveUpRequest,
    /// The time of its last hand-over.
    pub spoke_at: Timestamp,
}

/// What one worker was asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct GiveUpRequest {
    /// Users that it may give up; 0: it has answered.
    pub users: u32,
    /// Not again before.
    pub again_at: Timestamp,
}

/// Since when nothing is heard of a worker, and what is known about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Unheard {
    pub since: Timestamp,
    pub what: Quiet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quiet {
    /// Its whole browser is not heard.
    Away,
    /// Its browser is, or is this one.
    Silent,
    /// As before, for so long that nobody counts on it.
    Lost,
}

/// What one browser's users did, over the whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub sent: u64,
    pub received: u64,
    pub errors: u64,
}

impl Counts {
    pub(super) fn add(&mut self, snapshot: &Snapshot) {
        self.sent = self.sent.saturating_add(snapshot.ledger.sent);
        self.received = self.received.saturating_add(snapshot.ledger.arrived);
        self.errors = snapshot.metrics.errors.iter().fold(self.errors, |all, error| all.saturating_add(error.count));
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.sent = self.sent.saturating_add(other.sent);
        self.received = self.received.saturating_add(other.received);
        self.errors = self.errors.saturating_add(other.errors);
    }
}

/// In order of a worker's life. The dead come last: nobody waits for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum MemberState {
    Starting,
    Loaded,
    /// Its users send nothing any more, and it knows the fate of all they sent.
    Settled,
    /// Its users are gone.
    Done,
    /// Its ledger is settled.
    Finished,
    Dead,
}

impl Member {
    pub(super) fn new(part: Part, populations: usize) -> Self {
        Self {
            part,
            state: MemberState::Starting,
            has_load: false,
            users: vec![UsersByState::default(); populations],
            unheard: None,
            left_alone: None,
            is_stopped: false,
            hearing: LastHeard::default(),
            queue: 0,
            asked: GiveUpRequest::default(),
            spoke_at: Timestamp::ZERO,
            counts: Counts::default(),
            ledger: LedgerDelta::default(),
            named: 0,
        }
    }

    /// It has come as far, or nobody waits for it.
    pub(super) fn has_reached(&self, state: MemberState) -> bool {
        self.state >= state || self.unheard.is_some()
    }

    /// Nothing is heard of its users for now: they count as failed until they are back. Returns how many.
    pub(super) fn leave_for(&mut self, unheard: Unheard) -> u32 {
        self.unheard = Some(unheard);
        self.users.iter_mut().map(lose_all).sum()
    }

    /// The worker is gone, and with it all its users that were still there: they failed. Returns how many.
    pub(super) fn die(&mut self) -> u32 {
        self.state = MemberState::Dead;
        self.users.iter_mut().map(lose_all).sum()
    }
}

fn lose_all(users: &mut UsersByState) -> u32 {
    let UsersByState { waiting, preparing, connecting, flow, active, reconnecting, finishing, .. } = *users;
    let alive = [waiting, preparing, connecting, flow, active, reconnecting, finishing];
    let gone = alive.into_iter().fold(0, u32::saturating_add);
    *users = UsersByState {
        done: users.done,
        failed: users.failed.saturating_add(gone),
        lost: users.lost.saturating_add(gone),
        replaced: users.replaced,
        unprepared: users.unprepared,
        unconnected: users.unconnected,
        unjoined: users.unjoined,
        held_up: users.held_up,
        ..UsersByState::default()
    };
    gone
}
