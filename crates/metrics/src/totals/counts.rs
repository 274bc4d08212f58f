//! What is counted in a run: what happened how often, and what the first of its kind looked like.

use std::collections::BTreeMap;

use super::outcomes::Outcomes;
use crate::close::{DisconnectDelta, DisconnectKey};
use crate::contract::{BreachDelta, BreachKey, BreachTotal};
use crate::delta::{CounterDelta, ErrorDelta, ErrorKey, LedgerDelta};
use crate::finding::{FindingDelta, FindingKey, FindingTotal};
use crate::listeners::Listeners;
use base::time::Timestamp;

#[derive(Debug, Clone, Default)]
pub struct CountTotals {
    /// By counter and population; no population: what belongs to none.
    pub(crate) counters: BTreeMap<(String, String), u64>,
    pub(crate) errors: BTreeMap<ErrorKey, ErrorTotal>,
    pub(crate) disconnects: BTreeMap<DisconnectKey, DisconnectTotal>,
    pub(crate) breaches: BTreeMap<BreachKey, BreachTotal>,
    pub(crate) findings: BTreeMap<FindingKey, FindingTotal>,
    pub(crate) delivery: LedgerDelta,
    pub(crate) listeners: Listeners,
    /// Attempts, warm-up included.
    pub(crate) operations: BTreeMap<String, Outcomes>,
}

/// Errors of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorTotal {
    pub count: u64,
    pub first: Timestamp,
    pub sample: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisconnectTotal {
    pub count: u64,
    pub first: Timestamp,
}

impl CountTotals {
    /// Over all populations; `None` if nobody ever named it.
    pub fn counter(&self, counter: &str) -> Option<u64> {
        let mut counts = self.counters.iter().filter(|((name, _), _)| name == counter).map(|(_, count)| *count);
        counts.next().map(|first| first + counts.sum::<u64>())
    }

    /// Adds it, and gives the name under which it is counted.
    pub fn add_counter<'a>(&mut self, delta: &'a CounterDelta) -> &'a str {
        let mut key = (delta.counter.clone(), delta.population.clone());
        let is_apart = self.counters.len() < MAX_COUNTERS || self.counters.contains_key(&key);
        let name = if is_apart { &delta.counter } else { OTHER };
        name.clone_into(&mut key.0);
        let total = self.counters.entry(key).or_default();
        *total = total.saturating_add(delta.count);
        name
    }

    pub fn add_error(&mut self, delta: &ErrorDelta) {
        let key = counted_under(&self.errors, &delta.key, |key| key.code = OTHER.to_owned());
        let fresh = || ErrorTotal { count: 0, first: Timestamp::NEVER, sample: String::new() };
        let total = self.errors.entry(key).or_insert_with(fresh);
        total.count = total.count.saturating_add(delta.count);
        if delta.first < total.first {
            (total.first, total.sample) = (delta.first, delta.sample.clone());
        }
    }

    pub fn add_breach(&mut self, delta: &BreachDelta) {
        let key = counted_under(&self.breaches, &delta.key, |key| key.event = OTHER.to_owned());
        let fresh = || BreachTotal { count: 0, first: Timestamp::NEVER, sample: String::new() };
        let total = self.breaches.entry(key).or_insert_with(fresh);
        total.count = total.count.saturating_add(delta.count);
        if delta.first < total.first {
            (total.first, total.sample) = (delta.first, delta.sample.clone());
        }
    }

    pub fn add_finding(&mut self, delta: &FindingDelta) {
        let findings = &mut self.findings;
        if findings.len() < MAX_KEYS || findings.contains_key(&delta.key) {
            findings.entry(delta.key.clone()).or_default().add(delta.count, delta.about.iter().cloned());
        }
    }

    pub fn add_disconnect(&mut self, delta: &DisconnectDelta) {
        let key = counted_under(&self.disconnects, &delta.key, |key| key.reason = OTHER.to_owned());
        let total = self.disconnects.entry(key).or_insert(DisconnectTotal { count: 0, first: Timestamp::NEVER });
        total.count = total.count.saturating_add(delta.count);
        total.first = total.first.min(delta.first);
    }
}

fn counted_under<K: Clone + Ord, T>(totals: &BTreeMap<K, T>, key: &K, make_other: fn(&mut K)) -> K {
    let mut key = key.clone();
    if totals.len() >= MAX_KEYS && !totals.contains_key(&key) {
        make_other(&mut key);
    }
    key
}

/// Errors, breaches and disconnects told apart; further ones share `(other)`, so that a server cannot fill the memory.
const MAX_KEYS: usize = 1_000;
pub(crate) const OTHER: &str = "(other)";
/// Counters told apart: more than any plan names.
const MAX_COUNTERS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::Phase;
    use base::time::Span;

    #[test]
    fn the_first_of_its_kind_is_the_sample_whoever_tells_first() {
        let mut counts = CountTotals::default();
        for (second, count) in [(3, 1), (1, 2), (2, u64::MAX)] {
            let (first, sample) = (Timestamp::ZERO + Span::from_secs(second), format!("at {second}"));
            counts.add_error(&ErrorDelta { key: error("join"), count, first, sample });
        }
        let total = &counts.errors[&error("join")];
        assert_eq!((total.count, total.sample.as_str()), (u64::MAX, "at 1"));
    }

    #[test]
    fn a_server_that_makes_up_names_fills_one_more_entry() {
        let mut counts = CountTotals::default();
        for number in 0..MAX_KEYS + 5 {
            let (key, first) = (error(&number.to_string()), Timestamp::ZERO);
            counts.add_error(&ErrorDelta { key, count: 1, first, sample: String::new() });
        }
        assert_eq!((counts.errors.len(), counts.errors[&error(OTHER)].count), (MAX_KEYS + 1, 5));
        let counter = |name: &str| CounterDelta { counter: name.into(), population: "p".into(), count: 1 };
        for number in 0..MAX_COUNTERS {
            assert_eq!(counts.add_counter(&counter(&number.to_string())), number.to_string());
        }
        assert_eq!((counts.add_counter(&counter("new")), counts.add_counter(&counter("7"))), (OTHER, "7"));
        assert_eq!((counts.counter(OTHER), counts.counter("7"), counts.counter("new")), (Some(1), Some(2), None));
    }

    fn error(code: &str) -> ErrorKey {
        ErrorKey { population: "p".into(), operation: "o".into(), code: code.into(), phase: Phase::Flow }
    }
}
