//! The parts of a hand-over, each added to what it belongs to.

use super::Aggregator;
use crate::close::{CloseKind, DisconnectDelta};
use crate::delta::*;
use crate::totals::Totals;
use crate::totals::counts::OTHER;
use crate::totals::suspect::Causes;
use crate::totals::timeline::{Combine, second_of};
use base::time::Timestamp;
use catalogue::Figure;

impl Aggregator {
    /// How many names of metrics and counters are in it that nobody has used yet.
    pub fn strange_names(&self, metrics: &MetricsDelta) -> usize {
        let Totals { metrics: known, counts, .. } = &self.totals;
        let histograms = metrics.histograms.iter().filter(|delta| !known.is_known(&delta.metric)).count();
        let is_new =
            |delta: &&CounterDelta| !counts.counters.contains_key(&(delta.counter.clone(), delta.population.clone()));
        histograms + metrics.counters.iter().filter(is_new).count()
    }

    pub(super) fn histogram_delta(&mut self, at: Timestamp, causes: Causes, delta: &HistogramDelta) {
        let under_other;
        let delta = if self.totals.metrics.is_full_for(&delta.metric) {
            under_other = HistogramDelta { metric: OTHER.to_owned(), ..delta.clone() };
            &under_other
        } else {
            delta
        };
        let causes = causes.of(&delta.metric);
        let has_populations = self.totals.config.populations.len() > 1;
        self.totals.metrics.absorb(delta, !causes.is_empty(), has_populations);
        match self.seen.get_mut(&delta.metric) {
            Some(seen) => *seen = seen.saturating_add(delta.succeeded()),
            None => drop(self.seen.insert(delta.metric.clone(), delta.succeeded())),
        }
        self.totals.generators.suspects.count(at, causes, delta);
        if !causes.is_empty() {
            self.totals.timeline.put(at, Figure::HealthSuspect.name(), Combine::Sum, delta.count() as f64);
        }
        self.totals.timeline.sample(at, delta);
        self.watch.histogram(second_of(at), delta, causes.leave());
    }

    pub(super) fn counter_delta(&mut self, at: Timestamp, delta: &CounterDelta) {
        let name = self.totals.counts.add_counter(delta);
        self.totals.timeline.put(at, name, Combine::Sum, delta.count as f64);
        self.watch.counter(second_of(at), delta);
    }

    pub(super) fn error_delta(&mut self, at: Timestamp, causes: Causes, delta: &ErrorDelta) {
        self.totals.counts.add_error(delta);
        self.watch.error(second_of(at), delta, causes.can_be_late());
        self.totals.timeline.put(at, Figure::Errors.name(), Combine::Sum, delta.count as f64);
        self.totals.timeline.put(at, &Figure::ErrorsOf.of(&delta.key.operation), Combine::Sum, delta.count as f64);
    }

    pub(super) fn disconnect_delta(&mut self, at: Timestamp, delta: &DisconnectDelta) {
        self.totals.counts.add_disconnect(delta);
        self.watch.disconnect(second_of(at), delta);
        if delta.key.kind() == CloseKind::Lost {
            self.totals.timeline.put(at, Figure::Disconnects.name(), Combine::Sum, delta.count as f64);
        }
    }

    pub(super) fn ledger_delta(&mut self, at: Timestamp, delta: &LedgerDelta) {
        for (figure, count) in delta.figures() {
            if count != 0 {
                self.totals.timeline.put(at, figure.name(), Combine::Sum, count as f64);
            }
        }
        self.totals.counts.delivery += *delta;
        self.watch.ledger(second_of(at), delta);
    }
}
