//! Two or more runs held against each other: what is better, what is worse, and what no difference is shown for.
//!
//! docs/metrics.md says by which methods, and where they come from.

mod effective;
mod interval;
mod load;
mod plans;
mod sample;
mod subject;

use std::collections::BTreeMap;

pub use interval::{Confidence, Interval};
pub use load::{LoadDifference, load_differences};
pub use plans::{PlanRow, differences};
pub use sample::{Distribution, Sample};
pub use subject::{ComparedSubject, Scale};

use catalogue::{Better, Figure, Metric, MetricKind};
use metrics::{MetricEntry, Report};
use subject::{Measured, measured, measured_s};

/// What changed from the first run to the others.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Comparison {
    pub rows: Vec<CompareRow>,
    /// Changes that were looked at: a verdict holds for all of them together.
    pub comparisons: usize,
    /// Of each run but the first: what its plan wants differently of the service. Where there is anything, counts are not compared.
    pub loads: Vec<Vec<LoadDifference>>,
    /// How long each run was measured, whole seconds after its warm-up.
    pub lengths_s: Vec<usize>,
    /// Counts of runs with the first one's load are of so many seconds after the warm-up, which all of them have.
    pub common_s: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct CompareRow {
    pub subject: ComparedSubject,
    /// Of each run.
    pub values: Vec<Option<f64>>,
    /// Of each run but the first.
    pub changes: Vec<Option<Change>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Holds the true change in 95 of 100 cases.
    pub interval: Interval,
    pub scale: Scale,
    pub judgement: Judgement,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    Better,
    Worse,
    /// There is a difference, and it is neither good nor bad in itself.
    Different,
    /// Sure enough for this change alone, and not for all changes together.
    Unsure,
    NoneShown,
}

/// Compares reports with the first of them.
pub fn compare(reports: &[&Report]) -> Comparison {
    let Some((first, others)) = reports.split_first() else { return Comparison::default() };
    let samples: Vec<_> = reports.iter().map(|report| samples(report)).collect();
    let loads: Vec<_> = others.iter().map(|other| load_differences(&first.plan, &other.plan)).collect();
    let same: Vec<_> = loads.iter().map(Vec::is_empty).collect();
    let lengths_s: Vec<_> = reports.iter().map(|report| measured_s(report)).collect();
    let has_load = |at: usize| at == 0 || same[at - 1];
    let common_s = (0..reports.len()).filter(|&at| has_load(at)).map(|at| lengths_s[at]).min().unwrap_or_default();
    let mut rows = Vec::new();
    let mut comparisons = 0;
    for subject in subjects(reports) {
        let of = |at: usize| {
            let sample = match &subject {
                ComparedSubject::Quantile { metric, .. } => samples[at].get(metric.as_str()),
                _ => None,
            };
            let found = measured(&subject, reports[at], sample)?;
            Some(if has_load(at) { found.of_first_seconds(common_s) } else { found })
        };
        let found: Vec<_> = (0..reports.len()).map(of).collect();
        let changes =
            found[1..].iter().zip(&same).map(|(other, &same)| change(&found[0], other, same, Confidence::EACH));
        comparisons += changes.flatten().count();
        rows.push((subject, found));
    }
    let level = Confidence::together(comparisons);
    let rows = rows.into_iter().map(|(subject, found)| row(subject, &found, &same, level)).collect();
    Comparison { rows, comparisons, loads, lengths_s, common_s }
}

fn row(subject: ComparedSubject, found: &[Option<Measured<'_>>], same: &[bool], level: Confidence) -> CompareRow {
    let values = found.iter().map(|one| one.as_ref().and_then(Measured::value)).collect();
    let change = |(other, &same): (&Option<Measured<'_>>, &bool)| {
        let (interval, scale) = change(&found[0], other, same, Confidence::EACH)?;
        let strict = change(&found[0], other, same, level).map_or(0.0, |(strict, _)| strict.sign());
        let judgement = match judge(subject.better(), strict) {
            Judgement::NoneShown if interval.sign() != 0.0 => Judgement::Unsure,
            sure => sure,
        };
        Some(Change { interval, scale, judgement })
    };
    let changes = found[1..].iter().zip(same).map(change).collect();
    CompareRow { subject, values, changes }
}

fn change(
    first: &Option<Measured<'_>>,
    other: &Option<Measured<'_>>,
    same_load: bool,
    level: Confidence,
) -> Option<(Interval, Scale)> {
    first.as_ref()?.change(other.as_ref()?, same_load, level)
}

fn judge(better: Better, sign: f64) -> Judgement {
    match better {
        _ if sign == 0.0 => Judgement::NoneShown,
        Better::Neither => Judgement::Different,
        Better::Lower if sign < 0.0 => Judgement::Better,
        Better::Higher if sign > 0.0 => Judgement::Better,
        _ => Judgement::Worse,
    }
}

/// What at least one of the reports knows: rates and shares, then latencies, the generator's own last.
fn subjects(reports: &[&Report]) -> Vec<ComparedSubject> {
    let mut all = Vec::new();
    let known = |series: &Figure| reports.iter().any(|report| report.series.values.contains_key(series.name()));
    all.extend(RATES.into_iter().filter(known).map(|series| ComparedSubject::Rate { series }));
    if reports.iter().any(|report| !report.operations.is_empty()) {
        all.push(ComparedSubject::Errors { operation: None });
    }
    let operations = union(reports, |report| report.operations.iter().map(|one| one.name.as_str()).collect());
    all.extend(operations.into_iter().map(|name| ComparedSubject::Errors { operation: Some(name) }));
    if reports.iter().any(|report| report.delivery.due > 0) {
        all.extend(DELIVERY.into_iter().map(|part| ComparedSubject::Delivery { part, of: part.whole() }));
    }
    let mut metrics = union(reports, |report| report.metrics.iter().map(|one| one.name.as_str()).collect());
    metrics.retain(|name| Metric::read(name).definition().is_compared);
    let (generators, services): (Vec<_>, Vec<_>) =
        metrics.into_iter().partition(|name| Metric::read(name).definition().kind == MetricKind::Generator);
    for metric in services {
        all.extend(ComparedSubject::QUANTILES.map(|share| ComparedSubject::Quantile { metric: metric.clone(), share }));
    }
    all.extend(generators.into_iter().map(|metric| ComparedSubject::Quantile { metric, share: 0.99 }));
    all
}

fn union<'a>(reports: &[&'a Report], names: impl Fn(&'a Report) -> Vec<&'a str>) -> Vec<String> {
    let mut all: Vec<String> = reports.iter().flat_map(|report| names(report)).map(str::to_owned).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Each metric over all populations.
fn samples(report: &Report) -> BTreeMap<&str, Sample> {
    let mut entries: BTreeMap<&str, &MetricEntry> = BTreeMap::new();
    for entry in &report.metrics {
        let kept = entries.entry(&entry.name).or_insert(entry);
        if entry.tags.is_empty() {
            *kept = entry;
        }
    }
    entries.into_iter().filter_map(|(name, entry)| Some((name, Sample::of(report, entry)?))).collect()
}

const RATES: [Figure; 3] = [Figure::Sent, Figure::Arrived, Figure::Disconnects];

const DELIVERY: [Figure; 4] = [Figure::Missing, Figure::Late, Figure::Duplicated, Figure::Reordered];

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
