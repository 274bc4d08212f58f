//! The result of a run as a file: versioned JSON, described by docs/report.schema.json and docs/metrics.md.
//!
//! Times are milliseconds, points in time are seconds since the run's start, shares are 0 to 1; what was not measured
//! is absent or null, never zero.

mod listeners;
mod log;
mod read;

use std::borrow::Cow;
use std::collections::BTreeMap;

pub use self::listeners::{HeardEntry, ListenerEntry, ListenersEntry};
pub use self::log::{LogEntry, LogLevel, LogLineEntry};
pub use self::read::UnreadableReport;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::annotation::Annotation;
use super::close::ClosedBy;
use super::contract::BreachEntry;
use super::delta::{LedgerDelta, Phase, UsersByState};
use super::evidence::Evidence;
use super::finding::FindingEntry;
use super::histogram::{Histogram, Stats};
use super::redact::redacted;
use super::search::SearchReport;
use super::threshold::{BaselineResult, Outcome, ThresholdResult, WindowResult};
use super::totals::{EndedBy, LoadEnd, MetricColumns, Staleness, Timeline, Totals, WorkerHealth};
use super::verdict::Verdict;
use base::time::{Span, Timestamp};
use catalogue::{Figure, Metric};
use plan::{Plan, ThresholdUnit};

/// Version of the report's format.
pub const REPORT_VERSION: u32 = 1;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub version: u32,
    /// The run's short id, part of its accounts and messages.
    pub run: String,
    /// The plan that was run, without secrets.
    pub plan: Value,
    pub browsers: Vec<Browser>,
    /// When time zero was, RFC 3339 in UTC.
    pub started_at: String,
    pub duration_s: f64,
    /// The run was over when this was written.
    #[serde(default = "yes")]
    pub finished: bool,
    /// Samples of the first seconds are in `series`, `counters`, `errors` and `delivery`, and not in `metrics`.
    pub warmup_s: f64,
    /// Why the run is not what was planned, if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// With several browsers: how wrong their clocks' comparison can be at most, milliseconds. Times from one browser to
    /// another (fan-out, completion) are known no better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_bound_ms: Option<f64>,
    /// What the numbers are worth; absent: the run has not begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Users by state at the end, over all populations.
    #[serde(default)]
    pub users: UsersByState,
    /// Absent: the load went on when this was written, or it is of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_end: Option<LoadEndEntry>,
    pub metrics: Vec<MetricEntry>,
    pub operations: Vec<OperationEntry>,
    pub counters: Vec<CounterEntry>,
    pub errors: Vec<ErrorEntry>,
    pub disconnects: Vec<DisconnectEntry>,
    /// How inbound events broke their scenario's contract, the most frequent first; and events that no scenario names.
    #[serde(default)]
    pub contract: Vec<BreachEntry>,
    /// What the findings of the ledger and of compared histories are about. Absent: there are none, or it is of an earlier version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingEntry>,
    pub delivery: LedgerDelta,
    /// Absent: nobody heard a voice service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listeners: Option<ListenersEntry>,
    /// What happened, in order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
    pub series: Series,
    pub health: HealthEntry,
    pub thresholds: Vec<ThresholdEntry>,
    /// Absent: the plan has no search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchReport>,
    /// Frames around some of the errors, closes and slowest samples, redacted; bounded, so of a long run not all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// The newest lines of the event log. Absent: it is of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogEntry>,
}

/// How the load ended, and where its users were then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadEndEntry {
    pub by: EndedBy,
    pub at_s: f64,
    pub planned_s: f64,
    pub users: UsersByState,
}

impl LoadEndEntry {
    fn of(totals: &Totals) -> Option<Self> {
        let LoadEnd { by, at, planned } = totals.ending()?;
        Some(Self { by, at_s: at.as_secs_f64(), planned_s: planned.as_secs_f64(), users: totals.users_at_end })
    }

    pub(super) fn ending(&self) -> LoadEnd {
        let at = |seconds| Timestamp::ZERO + Span::from_secs_f64(seconds);
        LoadEnd { by: self.by, at: at(self.at_s), planned: at(self.planned_s) }
    }
}

/// What a report says and only its maker knows.
#[derive(Debug, Clone, Default)]
pub struct ReportFacts {
    pub run: String,
    pub browsers: Vec<Browser>,
    pub started_at: String,
    pub problem: Option<String>,
    pub clock_bound_ms: Option<f64>,
    pub verdict: Option<Verdict>,
    pub finished: bool,
    pub thresholds: Vec<ThresholdResult>,
    pub search: Option<SearchReport>,
    pub log: LogEntry,
}

/// Who generated the load.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Browser {
    /// Its name in the swarm, if the run was one of several browsers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub user_agent: String,
    /// Logical processors that the browser admits to.
    pub cores: u32,
    /// Workers, the probe's included.
    pub workers: u32,
    pub version: String,
    pub build: String,
    /// Of this browser's users: messages sent, first arrivals, errors.
    pub sent: u64,
    pub received: u64,
    pub errors: u64,
}

/// One histogram. With one population there is one entry for each metric; with several there is one for each of them
/// and one without that tag over all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricEntry {
    pub name: String,
    pub tags: BTreeMap<String, String>,
    /// Always `ms`.
    pub unit: String,
    #[serde(flatten)]
    pub stats: Stats,
    /// HdrHistogram V2, deflated, base64, in microseconds.
    pub histogram: String,
    /// Without suspect samples; absent: there are none of those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clean: Option<CleanEntry>,
}

/// What is left of a metric without the samples that the generator's own state makes suspect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CleanEntry {
    /// `None`: nothing.
    pub stats: Option<Stats>,
    pub histogram: String,
}

/// Attempts of an operation over all populations, warm-up included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperationEntry {
    pub name: String,
    pub succeeded: u64,
    pub failed: u64,
    pub error_rate: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterEntry {
    pub name: String,
    pub tags: BTreeMap<String, String>,
    pub count: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorEntry {
    pub operation: String,
    pub code: String,
    pub phase: Phase,
    pub population: String,
    pub count: u64,
    pub first_s: f64,
    pub sample: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DisconnectEntry {
    pub code: u16,
    pub reason: String,
    pub by: ClosedBy,
    pub phase: Phase,
    pub population: String,
    pub count: u64,
    pub first_s: f64,
}

/// One value a second. Value n is of the second that begins n seconds after the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    pub step_s: u32,
    pub metrics: BTreeMap<String, MetricSeries>,
    pub values: BTreeMap<String, Vec<Option<f64>>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricSeries {
    pub count: Vec<u32>,
    pub p50: Vec<Option<f64>>,
    pub p95: Vec<Option<f64>>,
    pub p99: Vec<Option<f64>>,
    pub max: Vec<Option<f64>>,
}

/// How well the generator did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HealthEntry {
    pub workers: Vec<WorkerEntry>,
    /// How much later than asked for users' timers were served.
    pub pacing_error: Option<Stats>,
    /// Over the ten seconds in which its median was highest. A report of version 0.1 has the last ten here.
    pub staleness: Option<Staleness>,
    /// The highest median of the run, also in a report of version 0.1.
    pub staleness_max_ms: Option<f64>,
    /// How long the page was hidden.
    pub hidden_s: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkerEntry {
    pub worker: usize,
    /// In a swarm the browser it lives in, by its name; absent: the conductor's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// Plays a probe and nobody else.
    pub probe: bool,
    pub lag: Option<Stats>,
    /// The same as [`MetricEntry::histogram`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_histogram: Option<String>,
    pub busy_share: f64,
    pub busy_max: f64,
    pub buffered_max_bytes: u64,
    pub handshake_queue_max: u32,
    /// How long frames waited in its sockets' queues at worst, seconds, as the answers to its own requests show; absent: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backlog_s: Option<f64>,
    /// As of its last hand-over.
    #[serde(default)]
    pub sockets_open: u32,
    /// It broke during the run.
    #[serde(default)]
    pub lost: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThresholdEntry {
    pub expression: String,
    /// It was measured, and it held.
    pub ok: bool,
    pub outcome: Outcome,
    pub value: Option<f64>,
    /// It is more than `value`, and how much more is not known. Absent: it is exact.
    #[serde(default, skip_serializing_if = "is_no")]
    pub at_least: bool,
    /// Null: there was no baseline to compare with.
    pub limit: Option<f64>,
    pub unit: ThresholdUnit,
    /// Why it is not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// `value` is the worst window's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<WindowResult>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineResult>,
    /// The run was stopped then, because this was broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_run_at_s: Option<f64>,
}

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
            contract: super::contract::entries(totals),
            findings: super::finding::entries(totals),
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_no(value: &bool) -> bool {
    !value
}

fn yes() -> bool {
    true
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

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
