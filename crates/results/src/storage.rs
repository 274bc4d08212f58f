//! Whether this browser keeps runs, and what a person is told where it does not: a run that is lost is said while it goes.

use std::fmt::Display;

/// What the browser's database has answered so far. Nothing is forgotten because a list was read anew.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keeping {
    /// It opened.
    is_open: bool,
    /// Why it did not.
    refused: Option<String>,
    /// Why the run that goes on is not written down any more.
    notes: Option<String>,
    /// Why the last run that was to be kept is not.
    lost: Option<String>,
    /// What else could not be done, like the change of a name.
    other: Option<String>,
}

impl Keeping {
    pub fn on_opened(&mut self, opened: Result<(), impl Display>) {
        self.is_open = opened.is_ok();
        self.refused = opened.err().map(|why| why.to_string());
    }

    /// A run begins.
    pub fn on_begun(&mut self) {
        (self.notes, self.lost) = (None, None);
    }

    /// A page of it was to be written. After one that failed there are no more: what is behind a gap cannot be played again.
    pub fn on_written(&mut self, written: Result<(), impl Display>) {
        if let Err(why) = written {
            self.notes.get_or_insert_with(|| why.to_string());
        }
    }

    /// The report of the run `name` was to be kept.
    pub fn on_kept(&mut self, name: &str, kept: Result<(), impl Display>) {
        match kept {
            Ok(()) => *self = Self { is_open: true, ..Self::default() },
            Err(why) => self.lost = Some(format!("{name} could not be kept: {why}")),
        }
    }

    /// Something else was to be done.
    pub fn on_changed(&mut self, changed: Result<(), impl Display>) {
        self.other = changed.err().map(|why| why.to_string());
    }

    /// A run's notes are too long to write on.
    pub fn on_long(&mut self) {
        self.other = Some(LONG.to_owned());
    }

    /// Pages of the run that goes on may be written.
    pub fn writes(&self) -> bool {
        self.is_open && self.notes.is_none()
    }

    /// Why nothing is kept, or what could not be.
    pub fn problem(&self) -> Option<String> {
        let refused = || self.refused.as_ref().map(|why| format!("Runs are not kept: {why}."));
        let notes = || self.notes.as_ref().map(|why| format!("What the run does is not written down: {why}."));
        let lost = || self.lost.as_ref().map(|text| format!("{text}."));
        lost().or_else(refused).or_else(notes).or_else(|| self.other.clone())
    }

    /// What is said of a run beside its numbers, while it goes and when it is over. `None`: it is kept, or will be.
    pub fn notice(&self, is_over: bool) -> Option<String> {
        let why = match (&self.lost, &self.refused, &self.notes) {
            (Some(text), ..) if is_over => text.clone(),
            (_, Some(why), _) | (_, None, Some(why)) if !is_over => why.clone(),
            (_, Some(why), _) => why.clone(),
            _ if !self.is_open => "the browser's database has not answered".to_owned(),
            _ => return None,
        };
        Some(if is_over {
            format!(
                "This run is not kept in this browser ({why}): save its report as a file before you close the page."
            )
        } else {
            format!(
                "This browser does not keep this run ({why}): if the page is closed, it is lost. When it is over, save its \
                 report as a file."
            )
        })
    }
}

const LONG: &str =
    "The run is long: if its page is lost, what happens from now on is lost too. Its report will be whole.";

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> Keeping {
        let mut keeping = Keeping::default();
        keeping.on_opened(DONE);
        keeping
    }

    const DONE: Result<(), &str> = Ok(());

    fn err(why: &str) -> Result<(), &str> {
        Err(why)
    }

    #[test]
    fn a_database_that_is_refused_is_said_while_the_run_goes_and_after_it() {
        let mut keeping = Keeping::default();
        keeping.on_opened(err("denied"));
        keeping.on_begun();
        assert!(keeping.notice(false).is_some_and(|text| text.contains("denied") && text.contains("it is lost")));
        assert!(!keeping.writes());
        keeping.on_kept("evening", err("denied"));
        assert!(keeping.notice(true).is_some_and(|text| text.contains("save its report as a file")));
        assert_eq!(keeping.problem().as_deref(), Some("evening could not be kept: denied."));
    }

    #[test]
    fn a_database_that_never_answers_keeps_nothing() {
        let keeping = Keeping::default();
        assert!(keeping.notice(false).is_some_and(|text| text.contains("has not answered")));
        assert!(!keeping.writes());
    }

    #[test]
    fn a_disk_that_fills_up_in_the_middle_is_said_at_once() {
        let mut keeping = open();
        keeping.on_begun();
        assert_eq!((keeping.notice(false), keeping.notice(true), keeping.problem()), (None, None, None));
        keeping.on_written(DONE);
        keeping.on_written(err("full"));
        assert!(keeping.notice(false).is_some_and(|text| text.contains("full")));
        assert!(!keeping.writes(), "behind a gap nothing can be played again");
        // There may be room for the report all the same.
        assert_eq!(keeping.notice(true), None);
        keeping.on_kept("evening", err("full"));
        assert!(keeping.notice(true).is_some());
        keeping.on_kept("evening", DONE);
        assert_eq!((keeping.notice(true), keeping.problem()), (None, None));
    }

    #[test]
    fn the_next_run_is_written_again() {
        let mut keeping = open();
        keeping.on_written(err("full"));
        keeping.on_kept("evening", err("full"));
        keeping.on_begun();
        assert!(keeping.writes());
        assert_eq!(keeping.notice(false), None);
    }
}
