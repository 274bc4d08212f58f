//! What of two runs is compared, and what each of them says about it.

use super::effective::{Second, Spread, of_share};
use super::interval::{Confidence, Interval};
use super::sample::Sample;
use catalogue::{Better, Figure, Metric, MetricKind};
use metrics::Report;

/// A number that runs have in common.
#[derive(Debug, Clone, PartialEq)]
pub enum ComparedSubject {
    /// Of a latency.
    Quantile { metric: String, share: f64 },
    /// Errors per attempt of an operation; of all without one.
    Errors { operation: Option<String> },
    /// Deliveries of one kind per deliveries of another.
    Delivery { part: Figure, of: Figure },
    /// Of a series, per second.
    Rate { series: Figure },
}

impl ComparedSubject {
    /// Latencies whose percentiles are compared, in this order.
    pub const QUANTILES: [f64; 3] = [0.50, 0.95, 0.99];

    pub fn better(&self) -> Better {
        match self {
            Self::Quantile { metric, .. } => Metric::read(metric).definition().better,
            Self::Errors { .. } => Figure::ErrorsOf.definition().better,
            Self::Delivery { part: figure, .. } | Self::Rate { series: figure } => figure.definition().better,
        }
    }

    /// It grows with what a plan wants: of other plans it says nothing.
    pub fn is_count(&self) -> bool {
        matches!(self, Self::Rate { .. })
    }

    /// It tells of the generator and not of the server.
    pub fn is_generators(&self) -> bool {
        matches!(self, Self::Quantile { metric, .. } if Metric::read(metric).definition().kind == MetricKind::Generator)
    }
}

/// What one run says about a subject.
#[derive(Debug, Clone)]
pub enum Measured<'a> {
    Quantile { sample: &'a Sample, share: f64 },
    Share { hits: f64, trials: f64, seconds: Vec<Second> },
    Rate { seconds: Vec<f64> },
}

/// How a change is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// As a share of the first run's value.
    Relative,
    /// As the difference of two shares.
    Points,
    /// As the difference itself, milliseconds or so many a second: the first run's value is 0.
    Absolute,
}

impl Measured<'_> {
    /// Milliseconds, a share, or so many a second; `None`: nothing was measured.
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Quantile { sample, share } => sample.all.quantile(*share),
            Self::Share { hits, trials, .. } => (*trials > 0.0).then(|| hits / trials),
            Self::Rate { seconds } => mean(seconds),
        }
    }

    /// From the first run to the second; `None`: one of them says too little, or counts are of different loads. `same_load`:
    /// second n of both was meant to be the same.
    pub fn change(&self, second: &Self, same_load: bool, level: Confidence) -> Option<(Interval, Scale)> {
        match (self, second) {
            (Self::Quantile { sample: a, share }, Self::Quantile { sample: b, .. }) => {
                let (a, b) = (a.quantile(*share, level)?, b.quantile(*share, level)?);
                Some(relative(a, b))
            }
            (Self::Share { .. }, Self::Share { .. }) => {
                Some((Interval::difference(self.share(level)?, second.share(level)?), Scale::Points))
            }
            (Self::Rate { seconds: a }, Self::Rate { seconds: b }) if same_load => rates(a, b, level),
            _ => None,
        }
    }

    /// A rate of no more than so many seconds; what is kept as a sum or a histogram is of the whole run.
    pub fn of_first_seconds(mut self, seconds: usize) -> Self {
        if let Self::Rate { seconds: all } = &mut self {
            all.truncate(seconds);
        }
        self
    }

    fn share(&self, level: Confidence) -> Option<Interval> {
        let Self::Share { hits, trials, seconds } = self else { return None };
        let share = self.value()?.clamp(0.0, 1.0);
        if *hits == 0.0 {
            return Some(Interval::of_share(0.0, *trials, level));
        }
        let effective = of_share(seconds)?;
        // Series end a second before the sums do.
        let counted: f64 = seconds.iter().map(|second| second.trials).sum();
        let part = (level.samples(&effective) / counted).min(1.0);
        Some(Interval::of_share(share, trials * part, level))
    }
}

/// Latencies can be 0 where the clock is coarse; there it is their difference that is told.
pub(super) fn relative(first: Interval, second: Interval) -> (Interval, Scale) {
    match Interval::relative(first, second) {
        Some(found) => (found, Scale::Relative),
        None => of_first(Interval::difference(first, second), first.value),
    }
}

/// A difference as a share of the first value: nothing falls by more than all of it.
fn of_first(difference: Interval, first: f64) -> (Interval, Scale) {
    if first > 0.0 {
        (difference.scaled(1.0 / first).at_least(-1.0), Scale::Relative)
    } else {
        (difference, Scale::Absolute)
    }
}

/// Of the means of two series. Second n of one is held against second n of the other, so that what the plan does to both is no
/// spread: how the ratio of the means would vary is told by what each second has too much or too little of it (a ratio
/// estimate), on logarithms.
fn rates(first: &[f64], second: &[f64], level: Confidence) -> Option<(Interval, Scale)> {
    let length = first.len().min(second.len());
    let (first, second) = (&first[..length], &second[..length]);
    let (a, b) = (mean(first)?, mean(second)?);
    let pairs = || first.iter().zip(second);
    if a <= 0.0 || b <= 0.0 {
        return Some(of_first(of_mean(&pairs().map(|(a, b)| b - a).collect::<Vec<_>>(), level)?, a));
    }
    let spread = Spread::of(&pairs().map(|(of_a, of_b)| of_b / b - of_a / a).collect::<Vec<_>>())?;
    let (value, error) = ((b / a).ln(), level.student(spread.seconds) * spread.of_sum.sqrt() / length as f64);
    let found = Interval { value, low: value - error, high: value + error };
    Some((found.exp_m1(), Scale::Relative))
}

fn of_mean(values: &[f64], level: Confidence) -> Option<Interval> {
    let value = mean(values)?;
    let spread = Spread::of(&values.iter().map(|one| one - value).collect::<Vec<_>>())?;
    let error = level.student(spread.seconds) * spread.of_sum.sqrt() / values.len() as f64;
    Some(Interval { value, low: value - error, high: value + error })
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// What a report says; `None`: it does not know the subject. Samples are decoded once for all percentiles.
pub fn measured<'a>(subject: &ComparedSubject, report: &Report, sample: Option<&'a Sample>) -> Option<Measured<'a>> {
    match subject {
        ComparedSubject::Quantile { share, .. } => Some(Measured::Quantile { sample: sample?, share: *share }),
        ComparedSubject::Errors { operation } => errors(report, operation.as_deref()),
        ComparedSubject::Delivery { part, of } => {
            let count = |figure: &Figure| report.delivery.figure(*figure).unwrap_or_default() as f64;
            let seconds = seconds(report, &[part.name()], &[of.name()], 0.0);
            let trials = count(of);
            (trials > 0.0).then(|| Measured::Share { hits: count(part), trials, seconds })
        }
        ComparedSubject::Rate { series } => {
            let values = report.series.values.get(series.name())?;
            let whole = values.get(warmup(report)..values.len().saturating_sub(1))?;
            Some(Measured::Rate { seconds: whole.iter().map(|value| value.unwrap_or(0.0)).collect() })
        }
    }
}

/// Seconds after the warm-up. The one that was running at the end is not over.
pub fn measured_s(report: &Report) -> usize {
    let longest = report.series.values.values().map(Vec::len).max();
    longest.unwrap_or_default().saturating_sub(warmup(report) + 1)
}

fn warmup(report: &Report) -> usize {
    report.warmup_s.ceil() as usize
}

fn errors<'a>(report: &Report, operation: Option<&str>) -> Option<Measured<'a>> {
    let of = || report.operations.iter().filter(|one| operation.is_none_or(|name| one.name == name));
    let hits: f64 = of().map(|one| one.failed as f64).sum();
    let trials = of().map(|one| one.succeeded as f64).sum::<f64>() + hits;
    let mut all = Vec::new();
    for one in of() {
        let failed = Figure::ErrorsOf.of(&one.name);
        // What went well in a second is what was measured of it.
        let names = [Metric::Operation, Metric::Ack, Metric::RoundTrip].map(|metric| metric.of(&one.name));
        let series = names.iter().filter_map(|name| report.series.metrics.get(name));
        let Some(succeeded) =
            series.max_by_key(|series| series.count.iter().map(|&count| u64::from(count)).sum::<u64>())
        else {
            add(&mut all, seconds(report, &[&failed], &[&failed], 0.0));
            continue;
        };
        let mut own = seconds(report, &[&failed], &[&failed], 0.0);
        let known = succeeded.count.len().saturating_sub(1);
        own.resize(own.len().max(known), Second::default());
        own.iter_mut().zip(&succeeded.count[..known]).for_each(|(second, &count)| second.trials += f64::from(count));
        add(&mut all, own);
    }
    (trials > 0.0).then_some(Measured::Share { hits, trials, seconds: all })
}

fn add(all: &mut Vec<Second>, more: Vec<Second>) {
    all.resize(all.len().max(more.len()), Second::default());
    for (sum, one) in all.iter_mut().zip(more) {
        sum.trials += one.trials;
        sum.hits += one.hits;
    }
}

/// Series of sums as hits and trials of each whole second.
fn seconds(report: &Report, hits: &[&str], trials: &[&str], nothing: f64) -> Vec<Second> {
    let sum = |names: &[&str], second: usize| -> f64 {
        let columns = names.iter().filter_map(|name| report.series.values.get(*name));
        columns.map(|column| column.get(second).copied().flatten().unwrap_or(nothing)).sum()
    };
    let length = hits.iter().chain(trials).filter_map(|name| report.series.values.get(*name)).map(Vec::len).max();
    let second = |at| Second { trials: sum(trials, at), hits: sum(hits, at) };
    (0..length.unwrap_or(0).saturating_sub(1)).map(second).collect()
}
