//! What happened during a run, in words and with its time: marks on every chart, and a list in the report.

use serde::{Deserialize, Serialize};

/// Something that a reader of the charts wants to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Annotation {
    /// Seconds from the run's start.
    pub at_s: f64,
    pub kind: AnnotationKind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnnotationKind {
    /// The tester did something, or the plan did.
    Action,
    /// Errors came much more often than before.
    Errors,
    /// A browser or a worker came, went, broke or came back.
    Browser,
    /// Typed by the tester.
    Note,
}

/// The annotations of a run, bounded: each kind has its share, so that a flood of one leaves room for the others.
#[derive(Debug, Clone, Default)]
pub struct Annotations {
    /// In order of time.
    all: Vec<Annotation>,
    left_out: u64,
}

impl Annotations {
    /// Of those of its kind that are too many, the newest are left out: what came first explains more.
    pub fn add(&mut self, at_s: f64, kind: AnnotationKind, text: impl Into<String>) {
        if self.all.iter().filter(|known| known.kind == kind).count() >= MOST_OF_A_KIND {
            self.left_out += 1;
            return;
        }
        let mut text = text.into();
        if let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT) {
            text.truncate(end);
            text.push('…');
        }
        let place = self.all.partition_point(|known| known.at_s <= at_s);
        self.all.insert(place, Annotation { at_s, kind, text });
    }

    /// The same was said within the second before.
    pub fn has_lately(&self, at_s: f64, text: &str) -> bool {
        let recent = self.all.iter().rev().take_while(|known| at_s - known.at_s < LATELY_S);
        recent.into_iter().any(|known| known.text == text)
    }

    /// In order of time.
    pub fn all(&self) -> &[Annotation] {
        &self.all
    }

    /// How many did not fit.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }
}

impl From<Vec<Annotation>> for Annotations {
    /// In order of time.
    fn from(all: Vec<Annotation>) -> Self {
        Self { all, left_out: 0 }
    }
}

/// Finds the seconds in which errors burst: at least [`LEAST_ERRORS`] and [`TIMES_BEFORE`] times the mean of the ten seconds
/// before. One burst is told once in ten seconds.
#[derive(Debug, Clone, Default)]
pub struct ErrorBursts {
    before: std::collections::VecDeque<u64>,
    quiet_until: u32,
}

impl ErrorBursts {
    /// A second is over. `Some`: a burst began in it; how many errors a second had been usual.
    pub fn second(&mut self, second: u32, errors: u64) -> Option<f64> {
        let usual = self.before.iter().sum::<u64>() as f64 / self.before.len().max(1) as f64;
        self.before.push_back(errors);
        if self.before.len() > SECONDS_BEFORE {
            self.before.pop_front();
        }
        let bursts = errors >= LEAST_ERRORS && errors as f64 >= usual * TIMES_BEFORE && second >= self.quiet_until;
        if bursts {
            self.quiet_until = second + SECONDS_BEFORE as u32;
        }
        bursts.then_some(usual)
    }
}

const LEAST_ERRORS: u64 = 10;
const TIMES_BEFORE: f64 = 5.0;
const SECONDS_BEFORE: usize = 10;

const MOST_OF_A_KIND: usize = 500;
const LONGEST_TEXT: usize = 200;
const LATELY_S: f64 = 1.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(errors: &[u64], expected: &[usize]) {
        let mut bursts = ErrorBursts::default();
        let found: Vec<_> =
            (0..errors.len()).filter(|&second| bursts.second(second as u32, errors[second]).is_some()).collect();
        assert_eq!(found, expected, "{errors:?}");
    }

    #[test]
    fn a_burst_is_ten_errors_and_five_times_the_usual() {
        check(&[0, 0, 9, 0], &[]);
        check(&[0, 0, 10, 0], &[2]);
        check(&[10], &[0]);
        // A steady rate is none, its fivefold is.
        check(&[4, 4, 4, 4, 19, 0], &[]);
        check(&[4, 4, 4, 4, 20, 0], &[4]);
        // Told once, however long it lasts; what is usual by then is no burst again.
        check(&[&[0; 3][..], &[50; 20]].concat(), &[3]);
        check(&[&[0, 50][..], &[0; 20], &[50]].concat(), &[1, 22]);
    }

    #[test]
    fn notes_stand_in_order_of_time_and_are_bounded_by_kind() {
        let mut annotations = Annotations::default();
        for n in 0..MOST_OF_A_KIND + 3 {
            annotations.add(n as f64, AnnotationKind::Errors, "e");
        }
        annotations.add(1.5, AnnotationKind::Note, "é".repeat(LONGEST_TEXT + 1));
        assert_eq!((annotations.all().len(), annotations.left_out()), (MOST_OF_A_KIND + 1, 3));
        let note = &annotations.all()[2];
        assert_eq!((note.at_s, note.text.chars().count()), (1.5, LONGEST_TEXT + 1));
        let last = (MOST_OF_A_KIND - 1) as f64;
        assert!(annotations.has_lately(last + 0.9, "e") && !annotations.has_lately(last + 1.1, "e"));
    }
}
