//! Samples by bucket, as a threshold needs them: a window's can be taken off again exactly, which a histogram cannot do cheaply.

use std::collections::BTreeMap;

use crate::bins::Censored;
use crate::bins::{MAX_US, bucket_around, pairs};
use crate::delta::HistogramDelta;
use crate::histogram::Histogram;
use plan::Statistic;

#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// By the smallest value of the bucket, microseconds.
    counts: BTreeMap<u32, u64>,
    count: u64,
    /// Of these, those that never came.
    censored: u64,
    /// A sum of whole numbers below 2^53: adding to it and taking off it is exact.
    sum_us: f64,
    min_us: u32,
    max_us: u32,
}

impl Default for Samples {
    fn default() -> Self {
        Self { counts: BTreeMap::new(), count: 0, censored: 0, sum_us: 0.0, min_us: u32::MAX, max_us: 0 }
    }
}

impl Samples {
    pub fn of(histogram: &Histogram) -> Self {
        let (sum_us, min_us, max_us) = histogram.sum_and_extremes();
        let censored = histogram.censored().map_or(0, |censored| censored.count);
        let mut samples = Self { censored, sum_us, min_us, max_us, ..Self::default() };
        for (value, count) in histogram.recorded() {
            samples.count_up(bucket_around(value.min(u64::from(MAX_US)) as u32).0, count);
        }
        samples
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many have come.
    pub fn came(&self) -> u64 {
        self.count.saturating_sub(self.censored)
    }

    pub fn absorb(&mut self, delta: &HistogramDelta) {
        for (value, count) in pairs(&delta.pairs) {
            self.count_up(value, u64::from(count));
        }
        if !delta.pairs.is_empty() {
            self.sum_us += delta.sum_us;
            self.widen(delta.min_us, delta.max_us);
        }
        // As in a histogram, at their limits.
        for &Censored { limit_us, count, .. } in delta.censored.iter().filter(|censored| censored.count > 0) {
            self.never_came(limit_us, u64::from(count));
        }
    }

    pub fn never_came(&mut self, limit_us: u32, count: u64) {
        self.count_up(bucket_around(limit_us).0, count);
        self.censored += count;
        self.sum_us += f64::from(limit_us) * count as f64;
        self.widen(limit_us, limit_us);
    }

    pub fn add(&mut self, other: &Self) {
        other.counts.iter().for_each(|(&value, &count)| self.count_up(value, count));
        self.censored += other.censored;
        self.sum_us += other.sum_us;
        self.widen(other.min_us, other.max_us);
    }

    /// Takes off what was added before. The extremes are then not known until [`Self::bound`] says them.
    pub fn take(&mut self, other: &Self) {
        for (value, count) in &other.counts {
            if let Some(left) = self.counts.get_mut(value) {
                *left = left.saturating_sub(*count);
                if *left == 0 {
                    self.counts.remove(value);
                }
            }
        }
        self.count = self.count.saturating_sub(other.count);
        self.censored = self.censored.saturating_sub(other.censored);
        self.sum_us -= other.sum_us;
    }

    /// The extremes are those of these parts.
    pub fn bound<'a>(&mut self, parts: impl Iterator<Item = &'a Self>) {
        (self.min_us, self.max_us) = (u32::MAX, 0);
        parts.for_each(|part| self.widen(part.min_us, part.max_us));
    }

    /// Milliseconds; `None` without samples. A percentile is read as from a histogram: the upper end of its bucket, bounded by the extremes.
    pub fn statistic(&self, statistic: Statistic) -> Option<f64> {
        let micros = match statistic {
            _ if self.count == 0 => return None,
            Statistic::Min => f64::from(self.min_us),
            Statistic::Max => f64::from(self.max_us),
            Statistic::Mean => self.sum_us / self.count as f64,
            Statistic::Quantile(quantile) => {
                let rank = ((quantile * self.count as f64).ceil() as u64).max(1);
                let mut seen = 0;
                let reached = self.counts.iter().find(|(_, count)| {
                    seen += **count;
                    seen >= rank
                });
                let value = reached.or(self.counts.last_key_value()).map_or(0, |(value, _)| *value);
                f64::from(bucket_around(value).1.clamp(self.min_us, self.max_us))
            }
        };
        Some(micros / 1e3)
    }

    fn count_up(&mut self, value: u32, count: u64) {
        *self.counts.entry(value).or_default() += count;
        self.count += count;
    }

    fn widen(&mut self, min_us: u32, max_us: u32) {
        self.min_us = self.min_us.min(min_us);
        self.max_us = self.max_us.max(max_us);
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use base::time::Span;

    fn delta(values: &[u32]) -> Option<HistogramDelta> {
        let spans: Vec<_> = values.iter().map(|&micros| Span::from_micros(u64::from(micros))).collect();
        HistogramDelta::of("m".into(), "p".into(), false, &spans)
    }

    #[test]
    fn those_that_never_came_stand_where_a_histogram_has_them() {
        let beyond = HistogramDelta::beyond("m".into(), "p".into(), false, Span::from_secs(10));
        let (mut histogram, mut samples) = (Histogram::new(), Samples::default());
        for delta in delta(&[3, 9]).iter().chain([&beyond]) {
            histogram.absorb(delta);
            samples.absorb(delta);
        }
        assert_eq!(Samples::of(&histogram), samples);
        assert_eq!(samples.statistic(Statistic::Max), Some(10_000.0));
    }

    fn samples(values: &[u32]) -> Samples {
        let mut samples = Samples::default();
        delta(values).iter().for_each(|delta| samples.absorb(delta));
        samples
    }

    proptest! {
        #[test]
        fn they_say_what_a_histogram_says(values in prop::collection::vec(0..3_600_000_000u32, 1..300)) {
            let mut histogram = Histogram::new();
            histogram.absorb(&delta(&values).unwrap());
            let (stats, samples) = (histogram.stats().unwrap(), samples(&values));
            for ((_, quantile), expected) in crate::PERCENTILES.into_iter().zip(stats.percentiles()) {
                prop_assert_eq!(samples.statistic(Statistic::Quantile(quantile)), Some(expected));
            }
            prop_assert_eq!(samples.statistic(Statistic::Mean), Some(stats.mean));
            prop_assert_eq!(samples.statistic(Statistic::Min), Some(stats.min));
            prop_assert_eq!(samples.statistic(Statistic::Max), Some(stats.max));
            prop_assert_eq!(Samples::of(&histogram), samples);
        }

        #[test]
        fn what_is_taken_off_was_never_there(
            gone in prop::collection::vec(0..9_000_000u32, 0..100), kept in prop::collection::vec(0..9_000_000u32, 0..100)
        ) {
            let (gone, kept) = (samples(&gone), samples(&kept));
            let mut left = gone.clone();
            left.add(&kept);
            left.take(&gone);
            left.bound(std::iter::once(&kept));
            prop_assert_eq!(left, kept);
        }
    }
}
