//! What a preflight comes to, in words.

use crate::preflight::PreflightModel;
use crate::run::view::Mood;
use run::preflight::State;

impl PreflightModel {
    /// What it comes to, in one line; empty before the first.
    pub fn summary(&self) -> (String, Mood) {
        let checks = || self.checklist.groups.iter().flat_map(|group| &group.checks);
        let count = |state| checks().filter(|check| check.state == state).count();
        let (failed, warned) = (count(State::Failed), count(State::Warning));
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        match (self.is_running, checks().next().is_some()) {
            (true, _) => (format!("Checking: {} steps so far.", self.checklist.done()), Mood::Plain),
            (false, false) => (String::new(), Mood::Plain),
            _ if failed > 0 => (format!("{failed} step{} failed.", plural(failed)), Mood::Bad),
            _ if warned > 0 => (format!("Ready, with {warned} thing{} to know.", plural(warned)), Mood::Warn),
            _ => ("Ready.".to_owned(), Mood::Good),
        }
    }
}

/// How a state is said, and how it looks.
pub const fn shown(state: State) -> (&'static str, Mood) {
    match state {
        State::Waiting => ("waiting", Mood::Plain),
        State::Good => ("good", Mood::Good),
        State::Warning => ("mind", Mood::Warn),
        State::Failed => ("failed", Mood::Bad),
        State::Skipped => ("not reached", Mood::Plain),
    }
}
