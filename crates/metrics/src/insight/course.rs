//! The seconds of a run that are over and belong to its load, as rules read them.

use std::ops::Range;

use crate::totals::Totals;
use catalogue::Figure;

/// Second n begins n seconds after the start.
pub(super) struct Course<'a> {
    pub totals: &'a Totals,
    /// Seconds that are over. What comes after the load's end is nobody's fault.
    pub seconds: usize,
    /// How long the generator was late in each of them, seconds of all workers.
    pub late: Vec<f64>,
}

impl<'a> Course<'a> {
    pub fn of(totals: &'a Totals) -> Self {
        let load = totals.ending().map(|ending| ending.at.min(ending.planned).as_secs_f64() as usize);
        let closed = totals.timeline().closed() as usize;
        let seconds = load.map_or(closed, |end| end.min(closed));
        let course = Self { totals, seconds, late: Vec::new() };
        Self { late: course.value(Figure::HealthLate.name()), ..course }
    }

    /// A series of one value a second; what is not known is 0.
    pub fn value(&self, name: &str) -> Vec<f64> {
        let values = self.totals.timeline().value(name).unwrap_or_default();
        let known = |second: usize| values.get(second).copied().filter(|value| value.is_finite());
        (0..self.seconds).map(|second| known(second).map_or(0.0, f64::from)).collect()
    }

    /// Users in any of these states at the end of each second.
    pub fn users(&self, states: &[&str]) -> Vec<f64> {
        let mut all = vec![0.0; self.seconds];
        for state in states {
            let values = self.value(&Figure::Users.of(state));
            all.iter_mut().zip(values).for_each(|(sum, users)| *sum += users);
        }
        all
    }

    pub fn connected(&self) -> Vec<f64> {
        self.users(&["flow", "active", "finishing"])
    }

    /// Want a connection and have none.
    pub fn wanting(&self) -> Vec<f64> {
        self.users(&["preparing", "connecting", "reconnecting"])
    }

    /// The generator was late in a fifth of these seconds: it is no witness of them.
    pub fn is_late(&self, seconds: Range<usize>) -> bool {
        let seconds = seconds.start.min(self.seconds)..seconds.end.min(self.seconds);
        let count = self.late[seconds.clone()].iter().filter(|late| **late > 0.0).count();
        count > 0 && count * LATE_PART >= seconds.len()
    }
}

/// Of the seconds that there are.
pub(super) fn sum(values: &[f64], seconds: Range<usize>) -> f64 {
    let end = seconds.end.min(values.len());
    values.get(seconds.start.min(end)..end).map_or(0.0, |part| part.iter().sum())
}

/// The value in the middle; 0 of nothing.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// The stretches of seconds in which something was so.
pub(super) fn stretches(seconds: usize, is_so: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for second in (0..seconds).filter(|second| is_so(*second)) {
        match found.last_mut().filter(|last| last.end == second) {
            Some(last) => last.end += 1,
            None => found.push(second..second + 1),
        }
    }
    found
}

/// The longest, and of those the first.
pub(super) fn longest(stretches: &[Range<usize>]) -> Option<Range<usize>> {
    stretches.iter().rev().max_by_key(|stretch| stretch.len()).cloned()
}

/// One second of so many.
const LATE_PART: usize = 5;
