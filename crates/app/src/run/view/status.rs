//! What the run is doing.

use super::Mood;
use crate::format;
use metrics::VerdictOutcome;
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
    /// What the numbers so far are worth.
    pub outcome: Option<VerdictOutcome>,
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
            outcome: status.verdict.as_ref().map(|verdict| verdict.outcome),
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

    /// What the header says on every page: how far a run is, and of one that is over what it is worth.
    pub fn chip(&self) -> (String, Mood) {
        match (self.phase, self.outcome) {
            (RunPhase::Idle, _) => (self.word().to_owned(), Mood::Plain),
            (RunPhase::Done, Some(outcome)) => (format!("{} · {}", self.word(), outcome.word()), Mood::of(outcome)),
            (RunPhase::Done, None) => (self.word().to_owned(), Mood::Plain),
            (RunPhase::Stopping, _) => (format!("{} · {}", self.word(), self.clock()), Mood::Warn),
            _ => (format!("{} · {}", self.word(), self.clock()), Mood::Live),
        }
    }

    /// It is over, and was long before it should have been.
    fn ended_early(&self) -> bool {
        self.phase == RunPhase::Done && self.elapsed_s + A_SECOND < self.planned_s
    }

    /// How much of the planned load is over, 0 to 1.
    pub fn progress(&self) -> f64 {
        match self.phase {
            RunPhase::Idle => 0.0,
            RunPhase::Done if !self.ended_early() => 1.0,
            _ if self.planned_s > 0.0 => (self.elapsed_s / self.planned_s).clamp(0.0, 1.0),
            _ => 0.0,
        }
    }

    pub fn clock(&self) -> String {
        let elapsed = format::clock(self.elapsed_s);
        match self.phase {
            RunPhase::Done if !self.ended_early() => elapsed,
            _ => format!("{elapsed} of {}", format::clock(self.planned_s)),
        }
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

/// Rounding is no early end.
const A_SECOND: f64 = 1.0;

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
        check(RunPhase::Done, 75.0, 1.0, "Done");
        // It ended before its time.
        check(RunPhase::Done, 15.0, 0.25, "Done");
    }

    #[test]
    fn the_chip_says_what_a_run_is_worth() {
        #[track_caller]
        fn check(phase: RunPhase, outcome: Option<VerdictOutcome>, text: &str, mood: Mood) {
            let view = StatusView { phase, outcome, elapsed_s: 44.0, planned_s: 95.0, ..StatusView::default() };
            assert_eq!(view.chip(), (text.to_owned(), mood));
        }
        check(RunPhase::Idle, None, "Ready", Mood::Plain);
        check(RunPhase::Holding, Some(VerdictOutcome::Fail), "Holding · 0:44 of 1:35", Mood::Live);
        check(RunPhase::Done, Some(VerdictOutcome::Fail), "Done · FAIL", Mood::Bad);
        check(RunPhase::Done, Some(VerdictOutcome::Invalid), "Done · INVALID", Mood::Warn);
        check(RunPhase::Done, None, "Done", Mood::Plain);
    }

    #[test]
    fn nothing_planned_is_no_progress() {
        let view = StatusView { phase: RunPhase::Ramping, ..StatusView::default() };
        assert_eq!((view.progress(), view.clock().as_str()), (0.0, "0:00 of 0:00"));
    }
}
