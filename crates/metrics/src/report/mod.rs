//! The result of a run as a file: versioned JSON, described by docs/report.schema.json and docs/metrics.md.
//!
//! Times are milliseconds, points in time are seconds since the run's start, shares are 0 to 1; what was not measured
//! is absent or null, never zero.

mod baseline;
mod entries;
mod listeners;
mod log;
mod read;
mod write;

use std::collections::BTreeMap;

pub use self::entries::{contract_entries, finding_entries};
pub use self::listeners::{HeardEntry, ListenerEntry, ListenersEntry};
pub use self::log::{LogEntry, LogLevel, LogLineEntry};
pub use self::read::UnreadableReport;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::annotation::Annotation;
use super::close::ClosedBy;
use super::contract::BreachEntry;
use super::delta::LedgerDelta;
use super::evidence::Evidence;
use super::finding::FindingEntry;
use super::histogram::Stats;
use super::insight::Insight;
use super::search::SearchReport;
use super::threshold::{BaselineResult, Outcome, ThresholdResult, WindowResult};
use super::totals::{EndedBy, LoadEnd, Staleness};
use super::user::{Phase, UsersByState};
use super::verdict::Verdict;
use base::time::{Span, Timestamp};
use plan::ThresholdUnit;

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
    /// What stands out, the gravest first, at most [`MOST_INSIGHTS`](crate::MOST_INSIGHTS). Absent: nothing, or it is of an earlier version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub insights: Vec<Insight>,
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
    pub insights: Vec<Insight>,
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_no(value: &bool) -> bool {
    !value
}

fn yes() -> bool {
    true
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
