//! Tasks: every activation of a block (the main flow, a timer's tick, a reaction) is a program counter of its own.

use base::time::{Span, Timestamp};
use scenario::{Arguments, Pc};

use super::arguments::KeptArguments;

/// One activation of a block.
#[derive(Default)]
pub struct Task {
    pub serial: u32,
    pub role: TaskRole,
    pub pc: Pc,
    /// Rounds left of the loops it is in, innermost last.
    pub loops: Vec<u32>,
    /// The arguments of the event that started it.
    pub event: Option<KeptArguments>,
    /// When its next step was due: what it sends is measured from here, too.
    pub intended: Timestamp,
    pub wait: Wait,
    /// A person typed this: the step that sends a message sends it instead of the script's, the step that speaks says the clip of
    /// this name, and no other step of the script follows.
    pub typed: Option<Box<str>>,
}

/// What its end means to the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TaskRole {
    /// `once`, `before`, `flow`, `rejoin` or `finish`: its end moves the user on.
    #[default]
    Main,
    /// A tick or a reaction: its end means nothing.
    Side,
    /// The last tick of a timer that sends what has gathered: its user waits for it before it leaves.
    Flush,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wait {
    #[default]
    Ready,
    Until(Timestamp),
    /// Until the tester lets it go on.
    Held,
    /// For a `Pending` or a `Fetching` that names it.
    Blocked,
}

/// A timer of the scenario, running.
pub struct Ticker {
    pub due: Timestamp,
    /// Ticks left; `None`: without end.
    pub left: Option<u64>,
    /// The server asked for silence until then; a reconnect does not end that.
    pub silent_until: Timestamp,
    /// The interval that is going on, as the scenario drew it.
    pub drawn: Span,
    /// It stands still: what is left of the interval.
    pub held: Option<Span>,
}

impl Ticker {
    /// When the next tick was due, if it is; then one tick less is left.
    pub fn take_tick(&mut self, now: Timestamp) -> Option<Timestamp> {
        if self.left == Some(0) {
            self.due = Timestamp::NEVER;
        }
        if self.due > now {
            return None;
        }
        self.left = self.left.map(|left| left - 1);
        Some(self.due)
    }
}

impl Task {
    pub fn due(&self) -> Timestamp {
        match self.wait {
            Wait::Ready => Timestamp::ZERO,
            Wait::Until(at) => at,
            Wait::Held | Wait::Blocked => Timestamp::NEVER,
        }
    }

    pub fn event(&self) -> Option<&dyn Arguments> {
        self.event.as_ref().map(|event| event as &dyn Arguments)
    }
}
