//! What the run is doing.

use crate::format;
use run::{RunPhase, Status};

pub use run::RunPhase as Phase;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct StatusView {
    pub phase: Phase,
    pub elapsed_s: f64,
    pub planned_s: f64,
    /// Users with a working connection, and users that the load wants.
    pub connected: u32,
    pub target: u32,
    /// Users that came to their end, and those that failed.
    pub done: u32,
    pub failed: u32,
    pub problem: Option<String>,
}

impl StatusView {
    pub fn of(status: &Status) -> Self {
        Self {
            phase: status.phase,
            elapsed_s: status.elapsed_s,
            planned_s: status.planned_s,
            connected: status.users.connected,
            target: status.users.target,
            done: status.users.by_state.done,
            failed: status.users.by_state.failed,
            problem: status.problem.clone(),
        }
    }

    /// One word for the state.
    pub const fn word(&self) -> &'static str {
        match self.phase {
            RunPhase::Idle => "Ready",
            RunPhase::Ramping => "Ramping",
            RunPhase::Holding => "Holding",
            RunPhase::Stopping => "Stopping",
            RunPhase::Done => "Done",
        }
    }

    /// A run is under way.
    pub const fn is_running(&self) -> bool {
        matches!(self.phase, RunPhase::Ramping | RunPhase::Holding | RunPhase::Stopping)
    }

    /// How much of the planned load is over, 0 to 1.
    pub fn progress(&self) -> f64 {
        match self.phase {
            RunPhase::Idle => 0.0,
            RunPhase::Done => 1.0,
            _ if self.planned_s > 0.0 => (self.elapsed_s / self.planned_s).clamp(0.0, 1.0),
            _ => 0.0,
        }
    }

    pub fn clock(&self) -> String {
        let elapsed = format::clock(self.elapsed_s);
        if self.phase == RunPhase::Done { elapsed } else { format!("{elapsed} of {}", format::clock(self.planned_s)) }
    }

    /// What a screen reader says when the phase changes.
    pub fn announcement(&self) -> String {
        let what = match (self.phase, &self.problem) {
            (RunPhase::Idle, _) => return String::new(),
            (RunPhase::Ramping, _) => "The run has started; users are being added.",
            (RunPhase::Holding, _) => "All users are there.",
            (RunPhase::Stopping, _) => "The run is stopping.",
            (RunPhase::Done, None) => "The run is done.",
            (RunPhase::Done, Some(problem)) => return format!("The run is done, with a problem: {problem}."),
        };
        what.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(phase: RunPhase, elapsed_s: f64, progress: f64, word: &str) {
        let view = StatusView { phase, elapsed_s, planned_s: 60.0, ..StatusView::default() };
        assert_eq!((view.progress(), view.word()), (progress, word));
    }

    #[test]
    fn progress_follows_the_planned_load() {
        check(RunPhase::Idle, 0.0, 0.0, "Ready");
        check(RunPhase::Ramping, 15.0, 0.25, "Ramping");
        check(RunPhase::Stopping, 75.0, 1.0, "Stopping");
        check(RunPhase::Done, 20.0, 1.0, "Done");
    }

    #[test]
    fn nothing_planned_is_no_progress() {
        let view = StatusView { phase: RunPhase::Ramping, ..StatusView::default() };
        assert_eq!((view.progress(), view.clock().as_str()), (0.0, "0:00 of 0:00"));
    }
}
