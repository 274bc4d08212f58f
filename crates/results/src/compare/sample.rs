//! One metric of one run: all its samples as a histogram, and how they spread over the seconds.

use statrs::distribution::{ContinuousCDF, Normal};

use super::effective::{Effective, Second, of_share};
use super::interval::{Confidence, Interval};
use metrics::{Histogram, MetricEntry, MetricSeries, Report};

/// Recorded values in ascending order, milliseconds, each with how many samples are at most that.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Distribution {
    steps: Vec<(f64, u64)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub all: Distribution,
    seconds: Vec<Moment>,
}

/// What is known of one second: how many samples, and some of them by their rank.
#[derive(Debug, Clone, PartialEq)]
struct Moment {
    count: u32,
    /// The values of the ranks of p50, p95, p99 and of the last.
    values: [f64; 4],
}

impl Distribution {
    /// Of ascending values and their counts.
    pub fn new(counts: impl IntoIterator<Item = (f64, u64)>) -> Self {
        let mut below = 0;
        let step = |(value, count)| {
            below += count;
            (value, below)
        };
        Self { steps: counts.into_iter().map(step).collect() }
    }

    /// Of one that a report holds; `None`: it is damaged.
    pub fn read(metric: &MetricEntry) -> Option<Self> {
        let histogram = Histogram::decode(&metric.histogram, &metric.stats).ok()?;
        Some(Self::new(histogram.recorded().map(|(micros, count)| (micros as f64 / 1e3, count))))
    }

    pub fn count(&self) -> u64 {
        self.steps.last().map_or(0, |(_, below)| *below)
    }

    /// The smallest value that this share of the samples does not exceed.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let rank = ((share * self.count() as f64).ceil() as u64).max(1);
        self.steps.get(self.steps.partition_point(|(_, below)| *below < rank)).map(|(value, _)| *value)
    }
}

impl Sample {
    /// `None`: its histogram is damaged.
    pub fn of(report: &Report, metric: &MetricEntry) -> Option<Self> {
        let all = Distribution::read(metric)?;
        let series = report.series.metrics.get(&metric.name);
        let seconds = series.map(|series| moments(series, report.warmup_s.ceil() as usize)).unwrap_or_default();
        Some(Self { all, seconds })
    }

    #[cfg(test)]
    pub fn made_of(all: Distribution, seconds: impl IntoIterator<Item = (u32, [f64; 4])>) -> Self {
        Self { all, seconds: seconds.into_iter().map(|(count, values)| Moment { count, values }).collect() }
    }

    /// Where the true quantile lies, milliseconds; `None`: the run is too short or has too few samples to say.
    pub fn quantile(&self, share: f64, level: Confidence) -> Option<Interval> {
        let value = self.all.quantile(share)?;
        let effective = self.effective(value)?;
        let (first, last) = level.ranks(share, level.samples(&effective))?;
        let found = Interval { value, low: self.all.quantile(first)?, high: self.all.quantile(last)? };
        Some(found.blurred(CLOCK_MS.max(value * BUCKET)))
    }

    /// What the samples say about how many are at most `value`.
    fn effective(&self, value: f64) -> Option<Effective> {
        let second = |moment: &Moment| {
            let trials = f64::from(moment.count);
            Second { trials, hits: trials * moment.share_up_to(value) }
        };
        of_share(&self.seconds.iter().map(second).collect::<Vec<_>>())
    }
}

impl Moment {
    /// Between two known ranks, and below the first, logarithms are taken to lie as normal ones do, as far as the ranks allow.
    fn share_up_to(&self, value: f64) -> f64 {
        let count = f64::from(self.count.max(1));
        let rank = |at: usize| (KNOWN[at].0 * count).ceil().max(1.0);
        let Some(next) = self.values.iter().position(|known| value < *known) else { return 1.0 };
        let below = next.checked_sub(1).map_or(0.0, rank);
        let (from, to) = (next.saturating_sub(1), next.max(1));
        let place = |at: usize| self.values[at].max(LEAST_MS).ln();
        let slope = (KNOWN[to].1 - KNOWN[from].1) / (place(to) - place(from));
        let score = KNOWN[from].1 + slope * (value.max(LEAST_MS).ln() - place(from));
        let share = if score.is_finite() { Normal::standard().cdf(score) } else { 0.0 };
        share.clamp(below / count, ((rank(next) - 1.0) / count).max(below / count))
    }
}

fn moments(series: &MetricSeries, from: usize) -> Vec<Moment> {
    let at = |column: &[Option<f64>], second: usize| column.get(second).copied().flatten();
    let moment = |(second, &count): (usize, &u32)| {
        let columns = [&series.p50, &series.p95, &series.p99, &series.max];
        let values = columns.map(|column| at(column, second));
        match values {
            [Some(p50), Some(p95), Some(p99), Some(max)] => Moment { count, values: [p50, p95, p99, max] },
            _ => Moment { count: 0, values: [f64::NAN; 4] },
        }
    };
    // The second that was running at the end is not over.
    let whole = series.count.len().saturating_sub(1);
    series.count[..whole].iter().enumerate().skip(from).map(moment).collect()
}

/// The shares whose values are known of each second, and where they stand in a normal distribution. The last sample of a second
/// is taken for its 99.9th percentile.
const KNOWN: [(f64, f64); 4] = [(0.50, 0.0), (0.95, 1.644_854), (0.99, 2.326_348), (1.0, 3.090_232)];

/// What is shorter than the clock can tell.
const LEAST_MS: f64 = 1e-3;

/// The browser's clock shows tenths of a millisecond.
const CLOCK_MS: f64 = 0.1;
/// Width of a bucket.
const BUCKET: f64 = 0.001;
