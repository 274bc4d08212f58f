//! What an earlier run measured, for thresholds like `message.round_trip p95 <= baseline + 10 %`.

use std::collections::BTreeMap;

use super::Report;
use crate::delta::{ErrorDelta, ErrorKey};
use crate::histogram::Histogram;
use crate::threshold::Baseline;
use crate::threshold::samples::Samples;
use crate::threshold::tally::{Lens, Standing, Tally, Times};
use base::time::{Span, Timestamp};
use plan::{Bound, Plan, Scope, Statistic, Subject, Threshold, VoiceValue};

impl Baseline {
    /// Reads from a report what the thresholds of `plan` compare with. `run` is how results name it.
    pub fn of(plan: &Plan, run: String, report: &Report) -> Self {
        let thresholds = plan.thresholds.iter().filter_map(|text| text.parse::<Threshold>().ok());
        let values = thresholds.filter(|threshold| matches!(threshold.bound, Bound::Baseline(_)));
        let values = values.filter_map(|threshold| Some((threshold.text.clone(), read(&threshold, report)?))).collect();
        Self { run, values }
    }
}

/// A report has histograms after the warm-up and counts of the whole run; what a threshold wants otherwise is not in it.
fn read(threshold: &Threshold, report: &Report) -> Option<f64> {
    let of_samples = matches!(threshold.subject, Subject::Time { .. });
    let is_there = match threshold.scope {
        Scope::Usual => true,
        Scope::WholeRun => report.warmup_s == 0.0 || !of_samples,
        Scope::AfterWarmup => report.warmup_s == 0.0 || of_samples,
    };
    let population = threshold.population.as_deref();
    if !is_there {
        return None;
    }
    match &threshold.subject {
        Subject::Time { metric, statistic } => statistic_of(report, metric, population, *statistic),
        Subject::Voice(value) => voice(report, *value).filter(|_| population.is_none()),
        Subject::ErrorRate { .. } | Subject::Standing(_) if population.is_some() => None,
        _ => count(threshold, report),
    }
}

fn statistic_of(report: &Report, metric: &str, population: Option<&str>, statistic: Statistic) -> Option<f64> {
    let entry = report.metrics.iter().find(|entry| is_of(&entry.name, &entry.tags, metric, population))?;
    Samples::of(&Histogram::decode(&entry.histogram, &entry.stats).ok()?).statistic(statistic)
}

/// Entries over all populations come first; with one population it is the only one.
fn is_of(name: &str, tags: &BTreeMap<String, String>, metric: &str, population: Option<&str>) -> bool {
    let tag = tags.get("population");
    name.eq_ignore_ascii_case(metric)
        && population.is_none_or(|wanted| tag.is_some_and(|tag| tag.eq_ignore_ascii_case(wanted)))
}

fn voice(report: &Report, value: VoiceValue) -> Option<f64> {
    let all = &report.listeners.as_ref()?.all;
    match value {
        VoiceValue::Answers => Some(f64::from(all.answers)),
        VoiceValue::Received => Some(all.received_ms),
        VoiceValue::Underruns => Some(f64::from(all.underruns)),
        VoiceValue::Starved => Some(all.starved_ms),
        VoiceValue::StarvedShare => (all.received_ms > 0.0).then(|| all.starved_ms / all.received_ms),
        VoiceValue::RealTimeFactor => all.real_time_factor,
    }
}

/// Counts are read like a run's own: put into a tally, and measured there.
fn count(threshold: &Threshold, report: &Report) -> Option<f64> {
    let lens = Lens::new(threshold, &[]);
    let standing = Standing { users: report.users, ending: None };
    let mut tally = Tally { ledger: report.delivery, standing, ..Tally::default() };
    for entry in &report.errors {
        let (population, operation) = (entry.population.clone(), entry.operation.clone());
        let key = ErrorKey { population, operation, code: entry.code.clone(), phase: entry.phase };
        let delta = ErrorDelta { key, count: entry.count, first: Timestamp::ZERO, sample: String::new() };
        lens.error(&mut tally, &delta);
    }
    for entry in &report.operations {
        tally.know(&entry.name, entry.succeeded);
    }
    for entry in &report.disconnects {
        lens.disconnects(&mut tally, &entry.population, entry.by.kind(entry.phase), entry.code, entry.count);
    }
    if let Subject::Count { name, .. } = &threshold.subject {
        let population = threshold.population.as_deref();
        let samples = report.metrics.iter().find(|entry| is_of(&entry.name, &entry.tags, name, population));
        let counters = report.counters.iter().filter(|entry| is_of(&entry.name, &entry.tags, name, population));
        let counters = counters.map(|entry| entry.count).reduce(|sum, count| sum + count);
        let time = if samples.is_some() { report.duration_s - report.warmup_s } else { report.duration_s };
        tally.counter = samples.map(|entry| entry.stats.came()).or(counters);
        let time = Span::from_secs_f64(time);
        return lens.measure(&tally, Times { samples: time, counts: time });
    }
    lens.measure(&tally, Times::default())
}
