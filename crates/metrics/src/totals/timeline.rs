//! One value a second, for charts: small columns that last for hours.
//!
//! A hand-over belongs to the second that it ends in. Percentiles of a second are taken when every worker has handed
//! over beyond it, from the merged counts of all workers; sums and levels are there at once. A second costs 20 bytes
//! for each metric and 4 for each other series: about 1 KiB with 30 metrics and 80 series, 4 MB an hour.

use std::collections::BTreeMap;

use super::cells::{Cells, SecondCounts, Window};
use crate::delta::HistogramDelta;
use base::time::Timestamp;

#[derive(Debug, Clone, Default)]
pub struct Timeline {
    /// Seconds begun so far; all columns are this long.
    seconds: u32,
    /// Seconds before this one have their percentiles.
    closed: u32,
    metrics: BTreeMap<String, MetricColumns>,
    values: BTreeMap<String, Column>,
    open: BTreeMap<u32, BTreeMap<String, SecondCounts>>,
    /// Whole distributions of what is over; a report has none.
    cells: Cells,
}

/// One metric over all populations, warm-up included. Milliseconds; not a number where nothing was measured.
#[derive(Debug, Clone, Default)]
pub struct MetricColumns {
    pub count: Vec<u32>,
    pub p50: Vec<f32>,
    pub p95: Vec<f32>,
    pub p99: Vec<f32>,
    pub max: Vec<f32>,
}

#[derive(Debug, Clone)]
struct Column {
    combine: Combine,
    values: Vec<f32>,
}

/// How values within a second become one, and what a second without any holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combine {
    /// Added up; nothing: 0.
    Sum,
    /// The last; nothing: as before.
    Last,
    /// The highest; nothing: not a number.
    Max,
}

impl Timeline {
    /// As a report tells it: all seconds are over, and every column is as long as the longest of them.
    pub(crate) fn of_columns(metrics: BTreeMap<String, MetricColumns>, values: BTreeMap<String, Vec<f32>>) -> Self {
        let lengths = metrics.values().map(|columns| columns.count.len()).chain(values.values().map(Vec::len));
        let seconds = lengths.max().unwrap_or(0) as u32;
        let column = |mut values: Vec<f32>| {
            values.resize(seconds as usize, f32::NAN);
            Column { combine: Combine::Max, values }
        };
        let mut timeline = Self { seconds, closed: seconds, metrics, ..Self::default() };
        timeline.metrics.values_mut().for_each(|columns| columns.resize(seconds));
        timeline.values = values.into_iter().map(|(name, values)| (name, column(values))).collect();
        timeline
    }

    /// Seconds begun so far: the length of every column.
    pub fn seconds(&self) -> u32 {
        self.seconds
    }

    /// Percentiles are final for the seconds before this one.
    pub fn closed(&self) -> u32 {
        self.closed
    }

    pub fn metric(&self, name: &str) -> Option<&MetricColumns> {
        self.metrics.get(name)
    }

    pub fn metrics(&self) -> impl Iterator<Item = (&str, &MetricColumns)> {
        self.metrics.iter().map(|(name, columns)| (name.as_str(), columns))
    }

    /// A metric's distribution from one second to before another, widened to whole cells of time. `None`: nothing was measured, or it is
    /// not known: of a past run, and of the beginning of one that measures more than is kept.
    pub fn window(&self, metric: &str, from_s: u32, until_s: u32) -> Option<Window> {
        self.cells.window(metric, from_s, until_s)
    }

    /// Room that whole distributions take.
    pub fn window_bytes(&self) -> usize {
        self.cells.bytes()
    }

    /// A series that is no metric: `users.active`, a counter, `delivery.missing`, `errors.join`, `health.lag_ms`.
    pub fn value(&self, name: &str) -> Option<&[f32]> {
        self.values.get(name).map(|column| column.values.as_slice())
    }

    pub fn values(&self) -> impl Iterator<Item = (&str, &[f32])> {
        self.values.iter().map(|(name, column)| (name.as_str(), column.values.as_slice()))
    }

    /// Makes room up to the second that `at` ends.
    pub(crate) fn reach(&mut self, at: Timestamp) {
        let seconds = second_of(at) + 1;
        if seconds > self.seconds {
            self.seconds = seconds;
            self.metrics.values_mut().for_each(|columns| columns.resize(seconds));
            self.values.values_mut().for_each(|column| column.resize(seconds));
        }
    }

    pub(crate) fn put(&mut self, at: Timestamp, name: &str, combine: Combine, value: f64) {
        let second = second_of(at) as usize;
        if !self.values.contains_key(name) {
            let mut column = Column { combine, values: Vec::new() };
            column.resize(self.seconds);
            self.values.insert(name.to_owned(), column);
        }
        let column = self.values.get_mut(name).expect("it was put there when it was not");
        if let Some(slot) = column.values.get_mut(second) {
            *slot = match combine {
                Combine::Sum => *slot + value as f32,
                Combine::Last => value as f32,
                Combine::Max => slot.max(value as f32),
            };
        }
    }

    /// Adds a length of time to a sum, each second of it to its own, in seconds.
    pub(crate) fn spread(&mut self, from: Timestamp, to: Timestamp, name: &str) {
        let (mut from, to) = (from.as_micros(), to.as_micros());
        while from < to {
            let until = to.min((from / SECOND + 1) * SECOND);
            self.put(Timestamp::from_micros(until), name, Combine::Sum, (until - from) as f64 / SECOND as f64);
            from = until;
        }
    }

    pub(crate) fn sample(&mut self, at: Timestamp, delta: &HistogramDelta) {
        // A moment shows what came then.
        if delta.pairs.is_empty() {
            return;
        }
        let second = second_of(at).max(self.closed);
        let counts = self.open.entry(second).or_default().entry(delta.metric.clone()).or_default();
        counts.absorb(delta);
    }

    /// Takes percentiles of the seconds that ended before `heard_until`, or that a silent worker would hold back for
    /// too long; returns these seconds.
    pub(crate) fn close(&mut self, heard_until: Timestamp) -> std::ops::Range<u32> {
        let heard = u32::try_from(heard_until.as_micros() / SECOND).unwrap_or(u32::MAX);
        let until = heard.max(self.seconds.saturating_sub(PATIENCE_SECONDS)).min(self.seconds).max(self.closed);
        while let Some(entry) = self.open.first_entry()
            && *entry.key() < until
        {
            let second = *entry.key() as usize;
            for (name, mut counts) in entry.remove() {
                let columns = self.metrics.entry(name.clone()).or_default();
                columns.resize(self.seconds);
                columns.fill(second, &mut counts);
                self.cells.put(&name, second as u32, counts);
            }
        }
        (self.closed..until).for_each(|second| self.cells.age(second + 1));
        let closed = self.closed..until;
        self.closed = until;
        closed
    }
}

impl MetricColumns {
    fn resize(&mut self, seconds: u32) {
        self.count.resize(seconds as usize, 0);
        for column in [&mut self.p50, &mut self.p95, &mut self.p99, &mut self.max] {
            column.resize(seconds as usize, f32::NAN);
        }
    }

    fn fill(&mut self, second: usize, counts: &mut SecondCounts) {
        let Some([p50, p95, p99]) = counts.quantiles([0.50, 0.95, 0.99]) else { return };
        if second < self.count.len() {
            self.count[second] = counts.count().min(u64::from(u32::MAX)) as u32;
            self.p50[second] = p50 / 1e3;
            self.p95[second] = p95 / 1e3;
            self.p99[second] = p99 / 1e3;
            self.max[second] = counts.max_us() as f32 / 1e3;
        }
    }
}

impl Column {
    fn resize(&mut self, seconds: u32) {
        let filler = match self.combine {
            Combine::Sum => 0.0,
            Combine::Last => self.values.last().copied().unwrap_or(f32::NAN),
            Combine::Max => f32::NAN,
        };
        self.values.resize(seconds as usize, filler);
    }
}

/// The second that ends at, or after, `at`. A run of more than a day keeps adding to its last second.
pub fn second_of(at: Timestamp) -> u32 {
    (at.as_micros().saturating_sub(1) / SECOND).min(MAX_SECONDS - 1) as u32
}

const SECOND: u64 = 1_000_000;
pub(crate) const MAX_SECONDS: u64 = 86_400;
/// A worker that has not handed over for this long no longer holds the charts back.
const PATIENCE_SECONDS: u32 = 10;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use base::time::Span;

    proptest! {
        #[test]
        fn quantiles_are_within_a_thousandth(mut values in prop::collection::vec(0..5_000_000u64, 1..200), cut in 0..200usize) {
            let mut counts = SecondCounts::default();
            let (left, right) = values.split_at(cut.min(values.len()));
            for part in [left, right] {
                let spans: Vec<_> = part.iter().map(|&micros| Span::from_micros(micros)).collect();
                let delta = HistogramDelta::of(String::new(), String::new(), false, &spans);
                delta.iter().for_each(|delta| counts.absorb(delta));
            }
            values.sort_unstable();
            let quantiles = [0.0, 0.5, 0.95, 0.99, 1.0];
            let found = counts.quantiles(quantiles).expect("there are samples");
            for (quantile, found) in quantiles.into_iter().zip(found) {
                let rank = ((quantile * values.len() as f64).ceil() as usize).max(1);
                let exact = values[rank - 1] as f64;
                prop_assert!((f64::from(found) - exact).abs() <= exact * 0.001, "p{quantile}: {found} for {exact}");
            }
        }
    }

    #[test]
    fn a_hand_over_belongs_to_the_second_that_it_ends_in() {
        let second = |micros| second_of(Timestamp::from_micros(micros));
        assert_eq!([0, 1, 1_000_000, 1_000_001, 2_000_000].map(second), [0, 0, 0, 1, 1]);
    }
}
