//! A report made of a run's totals.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{
    CleanEntry, CounterEntry, DisconnectEntry, ErrorEntry, HealthEntry, ListenersEntry, LoadEndEntry, MetricEntry,
    MetricSeries, OperationEntry, REPORT_VERSION, Report, ReportFacts, Series, ThresholdEntry, WorkerEntry,
    contract_entries, finding_entries,
};
use crate::histogram::Histogram;
use crate::redact::redacted;
use crate::threshold::{Outcome, ThresholdResult};
use crate::totals::{LoadEnd, MetricColumns, Timeline, Totals, WorkerHealth};
use base::time::{Span, Timestamp};
use catalogue::{Figure, Metric};
use plan::Plan;

impl Report {
    /// The report of a run, finished or still going on.
    pub fn new(plan: &Plan, totals: &Totals, facts: ReportFacts) -> Self {
        Self {
            version: REPORT_VERSION,
            run: facts.run,
            plan: redacted(&planned(plan)),
            browsers: facts.browsers,
            started_at: facts.started_at,
            duration_s: totals.elapsed().as_secs_f64(),
            finished: facts.finished,
            warmup_s: totals.warmup().as_secs_f64(),
            problem: facts.problem,
            clock_bound_ms: facts.clock_bound_ms,
            verdict: facts.verdict,
            insights: facts.insights,
            users: totals.users_by_state(),
            load_end: LoadEndEntry::of(totals),
            metrics: metrics(totals),
            operations: operations(totals),
            counters: totals
                .counters()
                .map(|(name, tag, count)| CounterEntry { name: name.to_owned(), tags: tags(tag), count })
                .collect(),
            errors: errors(totals),
            disconnects: disconnects(totals),
            contract: contract_entries(totals),
            findings: finding_entries(totals),
            delivery: *totals.delivery(),
            listeners: ListenersEntry::of(plan, totals),
            annotations: totals.annotations().all().to_vec(),
            series: Series::of(totals.timeline()),
            health: health(totals),
            thresholds: facts.thresholds.into_iter().map(Into::into).collect(),
            search: facts.search,
            evidence: totals.evidence().all().cloned().collect(),
            log: Some(facts.log),
        }
    }
}

impl LoadEndEntry {
    fn of(totals: &Totals) -> Option<Self> {
        let LoadEnd { by, at, planned } = totals.ending()?;
        Some(Self { by, at_s: at.as_secs_f64(), planned_s: planned.as_secs_f64(), users: totals.users.at_end })
    }
}

impl From<ThresholdResult> for ThresholdEntry {
    fn from(result: ThresholdResult) -> Self {
        Self {
            expression: result.threshold,
            ok: result.outcome == Outcome::Pass,
            outcome: result.outcome,
            value: result.actual,
            at_least: result.at_least,
            limit: result.limit,
            unit: result.unit,
            why: result.why,
            window: result.window,
            baseline: result.baseline,
            stopped_run_at_s: result.stopped_run_at_s,
        }
    }
}

impl From<ThresholdEntry> for ThresholdResult {
    fn from(entry: ThresholdEntry) -> Self {
        Self {
            threshold: entry.expression,
            outcome: entry.outcome,
            actual: entry.value,
            at_least: entry.at_least,
            certain: None,
            limit: entry.limit,
            unit: entry.unit,
            why: entry.why,
            window: entry.window,
            baseline: entry.baseline,
            stopped_run_at_s: entry.stopped_run_at_s,
        }
    }
}

impl Series {
    fn of(timeline: &Timeline) -> Self {
        let metrics = timeline.metrics().map(|(name, columns)| (name.to_owned(), columns.into())).collect();
        let values = timeline.values().map(|(name, values)| (name.to_owned(), rounded(values))).collect();
        Self { step_s: 1, metrics, values }
    }
}

impl From<&MetricColumns> for MetricSeries {
    fn from(columns: &MetricColumns) -> Self {
        Self {
            count: columns.count.clone(),
            p50: rounded(&columns.p50),
            p95: rounded(&columns.p95),
            p99: rounded(&columns.p99),
            max: rounded(&columns.max),
        }
    }
}

/// A search steers the load itself; what it did is told by its steps, and would be in the way of the same plan played again.
fn planned(plan: &Plan) -> Cow<'_, Plan> {
    if plan.search.is_none() {
        return Cow::Borrowed(plan);
    }
    Cow::Owned(Plan { actions: Vec::new(), ..plan.clone() })
}

fn metrics(totals: &Totals) -> Vec<MetricEntry> {
    let entries = totals.histograms().zip(totals.clean_histograms());
    entries.filter_map(|((name, of, times), clean)| metric(name, of, &times, clean.as_deref())).collect()
}

fn metric(
    name: &str,
    population: Option<&str>,
    histogram: &Histogram,
    clean: Option<&Histogram>,
) -> Option<MetricEntry> {
    Some(MetricEntry {
        name: name.to_owned(),
        tags: tags(population.unwrap_or_default()),
        unit: "ms".to_owned(),
        stats: histogram.stats()?,
        histogram: histogram.encode(),
        clean: clean.map(|clean| CleanEntry { stats: clean.stats(), histogram: clean.encode() }),
    })
}

fn operations(totals: &Totals) -> Vec<OperationEntry> {
    let operations = totals.operations().iter();
    operations
        .map(|(name, outcomes)| OperationEntry {
            name: name.clone(),
            succeeded: outcomes.succeeded,
            failed: outcomes.failed,
            error_rate: outcomes.error_rate(),
        })
        .collect()
}

fn errors(totals: &Totals) -> Vec<ErrorEntry> {
    let mut entries: Vec<_> = totals
        .errors()
        .iter()
        .map(|(key, error)| ErrorEntry {
            operation: key.operation.clone(),
            code: key.code.clone(),
            phase: key.phase,
            population: key.population.clone(),
            count: error.count,
            first_s: error.first.as_secs_f64(),
            sample: error.sample.clone(),
        })
        .collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.count));
    entries
}

fn disconnects(totals: &Totals) -> Vec<DisconnectEntry> {
    let mut entries: Vec<_> = totals
        .disconnects()
        .iter()
        .map(|(key, disconnect)| DisconnectEntry {
            code: key.code,
            reason: key.reason.clone(),
            by: key.by,
            phase: key.phase,
            population: key.population.clone(),
            count: disconnect.count,
            first_s: disconnect.first.as_secs_f64(),
        })
        .collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.count));
    entries
}

fn health(totals: &Totals) -> HealthEntry {
    let health = totals.health();
    let worker = |(index, worker): (usize, &WorkerHealth)| WorkerEntry {
        worker: index,
        browser: totals.browser_of(index).map(str::to_owned),
        probe: totals.is_probe(index),
        lag: worker.lag.stats(),
        lag_histogram: (worker.lag.count() > 0).then(|| worker.lag.encode()),
        busy_share: worker.busy_share,
        busy_max: worker.busy_max,
        buffered_max_bytes: worker.buffered_max,
        handshake_queue_max: worker.handshake_queue_max,
        backlog_s: totals.backlogs().get(index).and_then(|backlog| backlog.seconds()),
        sockets_open: worker.sockets_open,
        lost: worker.lost,
    };
    let staleness = totals.timeline().value(Figure::HealthStaleness.name()).unwrap_or_default();
    let worst = staleness.iter().copied().filter(|value| value.is_finite()).reduce(f32::max);
    let hidden: Span = health.hidden_for(Timestamp::ZERO + totals.elapsed());
    HealthEntry {
        workers: health.workers.iter().enumerate().map(worker).collect(),
        pacing_error: totals.histogram(Metric::PacingError.name()).and_then(|histogram| histogram.stats()),
        staleness: totals.worst_staleness(),
        staleness_max_ms: worst.map(f64::from),
        hidden_s: hidden.as_secs_f64(),
    }
}

fn tags(population: &str) -> BTreeMap<String, String> {
    let tag = (!population.is_empty()).then(|| ("population".to_owned(), population.to_owned()));
    tag.into_iter().collect()
}

/// To the microsecond; more digits are noise and make files large.
fn rounded(values: &[f32]) -> Vec<Option<f64>> {
    let value = |value: &f32| value.is_finite().then(|| (f64::from(*value) * 1e3).round() / 1e3);
    values.iter().map(value).collect()
}
