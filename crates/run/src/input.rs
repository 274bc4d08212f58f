//! What happens to a run: its workers, its browsers, its tester and time.

use serde::{Deserialize, Serialize};

use super::layout::Part;
use engine::wire::{Canary, FromWorker};
use metrics::UserId;
use plan::TimedAction;

/// Everything that a run is made of: the same inputs at the same times make the same run again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RunInput {
    From {
        worker: usize,
        message: FromWorker,
    },
    /// The worker could not be loaded, or its code broke.
    WorkerDied {
        worker: usize,
        message: String,
    },
    /// A further worker, for a part whose own one is lost: its number is the next.
    Add {
        part: Part,
    },
    /// The worker's browser does not answer any more; it may come back.
    Away {
        worker: usize,
    },
    Back {
        worker: usize,
    },
    /// The worker's users leave although the run goes on.
    Stopped {
        worker: usize,
        why: String,
    },
    /// The worker's users left at that second of the run, because their browser heard nobody conduct them: somebody may take up its
    /// part.
    Alone {
        worker: usize,
        at_s: f64,
    },
    /// The worker has handed nothing over for some time; see [`super::Run::overdue`].
    Silent {
        worker: usize,
    },
    /// It has been silent for so long that nobody counts on it any more.
    Lost {
        worker: usize,
    },
    /// What the worker's browser has handed over cannot be: it is put out of the run.
    PutOut {
        worker: usize,
        why: String,
    },
    /// A browser does less than the run asks of it: its operator's limits do not let it.
    Limited {
        worker: usize,
        text: String,
    },
    /// The clocks of the run's browsers are compared with an error of at most this.
    ClockBound {
        micros: u64,
    },
    /// The tester does something to the users: at its time, or as soon as every worker can. From then on it is a part of the
    /// plan.
    Act(TimedAction),
    /// The tester noted something down; the time is when the typing began.
    Note {
        at_s: f64,
        text: String,
    },
    /// A person watches this user, wherever it lives, or nobody any more.
    Watch(Option<UserId>),
    /// A person acts for this user, wherever it lives.
    Canary {
        user: UserId,
        order: Canary,
    },
    /// Stop gracefully; ends a run that has not started yet.
    Stop,
    /// Cut everything off.
    Abort,
    /// Time has passed.
    Tick,
    /// The page became hidden or visible.
    Hidden(bool),
    /// The browser froze the page to save power or memory, or let it go on: neither its code nor its workers' ran meanwhile.
    Frozen(bool),
}
