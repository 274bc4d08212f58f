//! A report read back into what it is the text of.

use std::collections::BTreeMap;

use super::{
    DisconnectEntry, ErrorEntry, HealthEntry, ListenersEntry, LoadEndEntry, MetricEntry, MetricSeries, Report, Series,
    WorkerEntry,
};
use crate::close::DisconnectKey;
use crate::contract::BreachEntry;
use crate::delta::ErrorKey;
use crate::evidence::EvidenceBook;
use crate::finding::FindingEntry;
use crate::histogram::{Histogram, HistogramError};
use crate::listeners::Listeners;
use crate::totals::suspect::Split;
use crate::totals::timeline::MAX_SECONDS;
use crate::totals::{
    Backlog, CountTotals, DisconnectTotal, ErrorTotal, Generators, Health, MetricColumns, MetricTotal, MetricTotals,
    Outcomes, Staleness, Timeline, Totals, TotalsConfig, UsersTotal, WorkerHealth,
};
use crate::user::{UserId, UsersByState};
use base::time::{Span, Timestamp};
use plan::Plan;

/// Why a report has no totals.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableReport {
    #[error("{whose}: {error}")]
    Histogram { whose: String, error: HistogramError },
    #[error("a series has {0} seconds, expected at most {MAX_SECONDS}")]
    Series(usize),
}

impl Report {
    /// `plan`: this report's, checked.
    ///
    /// # Errors
    /// A histogram that cannot be read, or a series that is longer than a day.
    pub fn totals(&self, plan: &Plan) -> Result<Totals, UnreadableReport> {
        let workers = &self.health.workers;
        let browsers = workers.iter().map(|worker| worker.browser.clone()).collect();
        let probes = (0..workers.len()).filter(|&worker| workers[worker].probe).collect();
        let config = TotalsConfig {
            warmup_end: Timestamp::ZERO + Span::from_secs_f64(self.warmup_s),
            ..TotalsConfig::new(plan, browsers, probes)
        };
        let mut evidence = EvidenceBook::default();
        evidence.extend(self.evidence.iter().cloned());
        let counters = self.counters.iter();
        let operations = self.operations.iter();
        Ok(Totals {
            elapsed: Timestamp::ZERO + Span::from_secs_f64(self.duration_s),
            metrics: metrics(&self.metrics)?,
            counts: CountTotals {
                counters: counters.map(|entry| ((entry.name.clone(), population(&entry.tags)), entry.count)).collect(),
                errors: self.errors.iter().map(error).collect(),
                disconnects: self.disconnects.iter().map(disconnect).collect(),
                breaches: self.contract.iter().map(BreachEntry::total).collect(),
                findings: self.findings.iter().map(FindingEntry::total).collect(),
                delivery: self.delivery,
                listeners: self.listeners.as_ref().map(|entry| listeners(entry, plan)).unwrap_or_default(),
                operations: operations
                    .map(|entry| (entry.name.clone(), Outcomes { succeeded: entry.succeeded, failed: entry.failed }))
                    .collect(),
            },
            users: UsersTotal {
                now: self.users,
                ending: self.load_end.as_ref().map(LoadEndEntry::ending),
                at_end: self.load_end.as_ref().map_or_else(UsersByState::default, |end| end.users),
            },
            // Of what a verdict is made of the report has the verdict itself.
            generators: Generators {
                health: health(&self.health)?,
                worst_staleness: self.health.worst_staleness(),
                backlogs: workers.iter().map(|worker| Backlog::of_seconds(worker.backlog_s)).collect(),
                clock_bound: Span::from_secs_f64(self.clock_bound_ms.unwrap_or_default() / 1e3),
                ..Generators::new(&config)
            },
            timeline: timeline(&self.series)?,
            annotations: self.annotations.clone().into(),
            evidence,
            config,
        })
    }
}

impl HealthEntry {
    /// `None`: it was not measured, or what the report has is the last ten seconds'.
    fn worst_staleness(&self) -> Option<Staleness> {
        let worst_ms = self.staleness_max_ms?;
        self.staleness.filter(|staleness| staleness.p50_ms > worst_ms - MICROSECOND_MS)
    }
}

/// Series are kept to the microsecond.
const MICROSECOND_MS: f64 = 1e-3;

fn population(tags: &BTreeMap<String, String>) -> String {
    tags.get("population").cloned().unwrap_or_default()
}

/// The entry over all populations is without a tag, or the only one.
fn metrics(entries: &[MetricEntry]) -> Result<MetricTotals, UnreadableReport> {
    let mut metrics = BTreeMap::<String, MetricTotal>::new();
    for entry in entries {
        let unreadable = |whose: String| |error| UnreadableReport::Histogram { whose, error };
        let histogram = Histogram::decode(&entry.histogram, &entry.stats).map_err(unreadable(entry.name.clone()))?;
        let clean = entry.clean.as_ref().map(|clean| match &clean.stats {
            Some(stats) => Histogram::decode(&clean.histogram, stats),
            None => Ok(Histogram::new()),
        });
        let clean = clean.transpose().map_err(unreadable(format!("{}, clean samples", entry.name)))?;
        let split = Split { all: histogram, clean: clean.map(Box::new) };
        let population = population(&entry.tags);
        let is_first = !metrics.contains_key(&entry.name);
        let metric = metrics.entry(entry.name.clone()).or_default();
        metric.populated |= !population.is_empty();
        if is_first {
            metric.split = split;
        } else {
            metric.by_population.insert(population, split);
        }
    }
    Ok(MetricTotals(metrics))
}

fn error(entry: &ErrorEntry) -> (ErrorKey, ErrorTotal) {
    let key = ErrorKey {
        population: entry.population.clone(),
        operation: entry.operation.clone(),
        code: entry.code.clone(),
        phase: entry.phase,
    };
    let first = Timestamp::ZERO + Span::from_secs_f64(entry.first_s);
    (key, ErrorTotal { count: entry.count, first, sample: entry.sample.clone() })
}

fn disconnect(entry: &DisconnectEntry) -> (DisconnectKey, DisconnectTotal) {
    let key = DisconnectKey {
        population: entry.population.clone(),
        code: entry.code,
        reason: entry.reason.clone(),
        by: entry.by,
        phase: entry.phase,
    };
    (key, DisconnectTotal { count: entry.count, first: Timestamp::ZERO + Span::from_secs_f64(entry.first_s) })
}

fn listeners(entry: &ListenersEntry, plan: &Plan) -> Listeners {
    let place = |name: &str| plan.populations.iter().position(|population| population.name == name);
    let worst = entry
        .worst
        .iter()
        .filter_map(|worst| Some((UserId::new(place(&worst.population)?, worst.user), (&worst.heard).into())));
    Listeners::of_worst((&entry.all).into(), entry.users, worst)
}

fn health(entry: &HealthEntry) -> Result<Health, UnreadableReport> {
    let workers = entry.workers.iter().map(worker).collect::<Result<_, _>>()?;
    Ok(Health::of_workers(workers, Span::from_secs_f64(entry.hidden_s)))
}

fn worker(entry: &WorkerEntry) -> Result<WorkerHealth, UnreadableReport> {
    let lag = entry.lag_histogram.as_ref().zip(entry.lag.as_ref());
    let lag = lag.map(|(text, stats)| Histogram::decode(text, stats)).transpose();
    let unreadable = |error| UnreadableReport::Histogram { whose: format!("lag of worker {}", entry.worker), error };
    Ok(WorkerHealth {
        lag: lag.map_err(unreadable)?.unwrap_or_default(),
        busy_share: entry.busy_share,
        busy_max: entry.busy_max,
        buffered_max: entry.buffered_max_bytes,
        sockets_open: entry.sockets_open,
        handshake_queue_max: entry.handshake_queue_max,
        heard: Timestamp::ZERO,
        unread: false,
        lost: entry.lost,
    })
}

fn timeline(series: &Series) -> Result<Timeline, UnreadableReport> {
    let mut longest = 0;
    let mut column = |values: &[Option<f64>]| -> Vec<f32> {
        longest = longest.max(values.len());
        values.iter().map(|value| value.map_or(f32::NAN, |value| value as f32)).collect()
    };
    let mut columns = |entry: &MetricSeries| MetricColumns {
        count: entry.count.clone(),
        p50: column(&entry.p50),
        p95: column(&entry.p95),
        p99: column(&entry.p99),
        max: column(&entry.max),
    };
    let metrics: BTreeMap<_, _> = series.metrics.iter().map(|(name, entry)| (name.clone(), columns(entry))).collect();
    let values = series.values.iter().map(|(name, values)| (name.clone(), column(values))).collect();
    let longest = longest.max(metrics.values().map(|columns| columns.count.len()).max().unwrap_or(0));
    if longest > MAX_SECONDS as usize {
        return Err(UnreadableReport::Series(longest));
    }
    Ok(Timeline::of_columns(metrics, values))
}
