//! The parts of a hand-over, each added to what it belongs to.

use std::collections::BTreeMap;

use super::Aggregator;
use crate::close::{CloseKind, DisconnectDelta};
use crate::contract::{BreachDelta, BreachTotal};
use crate::delta::*;
use crate::finding::FindingDelta;
use crate::totals::suspect::Causes;
use crate::totals::timeline::{Combine, second_of};
use crate::totals::{DisconnectTotal, ErrorTotal, MetricTotal};
use base::time::Timestamp;
use catalogue::Figure;

impl Aggregator {
    /// How many names of metrics and counters are in it that nobody has used yet.
    pub fn strange_names(&self, metrics: &MetricsDelta) -> usize {
        let histograms =
            metrics.histograms.iter().filter(|delta| !self.totals.metrics.contains_key(&delta.metric)).count();
        let is_new = |delta: &&CounterDelta| {
            !self.totals.counters.contains_key(&(delta.counter.clone(), delta.population.clone()))
        };
        histograms + metrics.counters.iter().filter(is_new).count()
    }

    pub(super) fn histogram_delta(&mut self, at: Timestamp, causes: Causes, delta: &HistogramDelta) {
        let under_other;
        let delta = if self.totals.metrics.len() >= MAX_METRICS && !self.totals.metrics.contains_key(&delta.metric) {
            under_other = HistogramDelta { metric: OTHER.to_owned(), ..delta.clone() };
            &under_other
        } else {
            delta
        };
        let causes = causes.of(&delta.metric);
        if !self.totals.metrics.contains_key(&delta.metric) {
            self.totals.metrics.insert(delta.metric.clone(), MetricTotal::default());
        }
        let metric = self.totals.metrics.get_mut(&delta.metric).expect("it was put there when it was not");
        metric.populated |= !delta.population.is_empty();
        if !delta.warmup {
            metric.split.absorb(delta, !causes.is_empty());
            if self.totals.config.populations.len() > 1 && !delta.population.is_empty() {
                metric.by_population.entry(delta.population.clone()).or_default().absorb(delta, !causes.is_empty());
            }
        }
        match self.seen.get_mut(&delta.metric) {
            Some(seen) => *seen = seen.saturating_add(delta.succeeded()),
            None => drop(self.seen.insert(delta.metric.clone(), delta.succeeded())),
        }
        self.totals.suspects.count(at, causes, delta);
        if !causes.is_empty() {
            self.totals.timeline.put(at, Figure::HealthSuspect.name(), Combine::Sum, delta.count() as f64);
        }
        self.totals.timeline.sample(at, delta);
        self.watch.histogram(second_of(at), delta, causes.leave());
    }

    pub(super) fn counter_delta(&mut self, at: Timestamp, delta: &CounterDelta) {
        let mut key = (delta.counter.clone(), delta.population.clone());
        if self.totals.counters.len() >= MAX_COUNTERS && !self.totals.counters.contains_key(&key) {
            OTHER.clone_into(&mut key.0);
        }
        self.totals.timeline.put(at, &key.0, Combine::Sum, delta.count as f64);
        let total = self.totals.counters.entry(key).or_default();
        *total = total.saturating_add(delta.count);
        self.watch.counter(second_of(at), delta);
    }

    pub(super) fn error_delta(&mut self, at: Timestamp, causes: Causes, delta: &ErrorDelta) {
        let key = counted_under(&self.totals.errors, &delta.key, |key| key.code = OTHER.to_owned());
        self.watch.error(second_of(at), delta, causes.can_be_late());
        self.totals.timeline.put(at, Figure::Errors.name(), Combine::Sum, delta.count as f64);
        self.totals.timeline.put(at, &Figure::ErrorsOf.of(&key.operation), Combine::Sum, delta.count as f64);
        let fresh = || ErrorTotal { count: 0, first: Timestamp::NEVER, sample: String::new() };
        let total = self.totals.errors.entry(key).or_insert_with(fresh);
        total.count = total.count.saturating_add(delta.count);
        if delta.first < total.first {
            (total.first, total.sample) = (delta.first, delta.sample.clone());
        }
    }

    pub(super) fn breach_delta(&mut self, delta: &BreachDelta) {
        let key = counted_under(&self.totals.breaches, &delta.key, |key| key.event = OTHER.to_owned());
        let fresh = || BreachTotal { count: 0, first: Timestamp::NEVER, sample: String::new() };
        let total = self.totals.breaches.entry(key).or_insert_with(fresh);
        total.count = total.count.saturating_add(delta.count);
        if delta.first < total.first {
            (total.first, total.sample) = (delta.first, delta.sample.clone());
        }
    }

    pub(super) fn finding_delta(&mut self, delta: &FindingDelta) {
        let findings = &mut self.totals.findings;
        if findings.len() < MAX_KEYS || findings.contains_key(&delta.key) {
            findings.entry(delta.key.clone()).or_default().add(delta.count, delta.about.iter().cloned());
        }
    }

    pub(super) fn disconnect_delta(&mut self, at: Timestamp, delta: &DisconnectDelta) {
        let key = counted_under(&self.totals.disconnects, &delta.key, |key| key.reason = OTHER.to_owned());
        self.watch.disconnect(second_of(at), delta);
        if key.kind() == CloseKind::Lost {
            self.totals.timeline.put(at, Figure::Disconnects.name(), Combine::Sum, delta.count as f64);
        }
        let total = self.totals.disconnects.entry(key).or_insert(DisconnectTotal { count: 0, first: Timestamp::NEVER });
        total.count = total.count.saturating_add(delta.count);
        total.first = total.first.min(delta.first);
    }

    pub(super) fn ledger_delta(&mut self, at: Timestamp, delta: &LedgerDelta) {
        for (figure, count) in delta.figures() {
            if count != 0 {
                self.totals.timeline.put(at, figure.name(), Combine::Sum, count as f64);
            }
        }
        self.totals.delivery += *delta;
        self.watch.ledger(second_of(at), delta);
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
const OTHER: &str = "(other)";
/// Metrics and counters told apart: more than any plan names. A histogram is some hundred kilobytes.
const MAX_METRICS: usize = 1_000;
const MAX_COUNTERS: usize = 10_000;
