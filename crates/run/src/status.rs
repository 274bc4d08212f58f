//! What a run is doing, for the page, `window.tabswarm.status()` and the headless command.

use serde::{Deserialize, Serialize};

use metrics::{UsersByState, Verdict};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunPhase {
    /// No run yet.
    #[default]
    Idle,
    /// Loading workers, `once` steps, and while users are still being added.
    Ramping,
    Holding,
    Stopping,
    Done,
}

/// What all of a run's workers are to do although their plan goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Halt {
    /// Send nothing any more, and settle.
    Stop,
    /// Cut everything off.
    Abort,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Status {
    pub phase: RunPhase,
    /// Seconds since the epoch; 0 before it.
    pub elapsed_s: f64,
    /// Seconds the plan's load lasts.
    pub planned_s: f64,
    pub users: UsersNow,
    /// Totals since the epoch, warm-up included: messages sent, messages that arrived at members, errors.
    pub sent: u64,
    pub received: u64,
    pub errors: u64,
    /// Why the run could not start or went wrong, in plain words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Why this browser does not keep the run, and what to do about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub not_kept: Option<String>,
    /// What the numbers so far are worth; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verdict: Option<Verdict>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct UsersNow {
    /// Users that the load shape wants now.
    pub target: u32,
    /// Users with a working connection: those in `flow` and those that are `active`.
    pub connected: u32,
    #[serde(flatten)]
    pub by_state: UsersByState,
}
