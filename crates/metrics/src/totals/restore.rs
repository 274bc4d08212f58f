//! A past run's totals, made again from its report: every view of a run then works on a past one as it does on a live one.

use std::collections::BTreeMap;

use super::staleness::ProbeWindow;
use super::*;
use crate::ThresholdResult;
use crate::contract::BreachEntry;
use crate::report::{
    DisconnectEntry, ErrorEntry, HealthEntry, ListenersEntry, MetricEntry, MetricSeries, Report, Series, WorkerEntry,
};
use plan::Plan;

impl Totals {
    /// `plan`: the checked plan of this report.
    ///
    /// # Errors
    /// A histogram that cannot be read, or a series that is longer than a day.
    pub fn restore(report: &Report, plan: &Plan) -> Result<Self, String> {
        let workers = &report.health.workers;
        let browsers = workers.iter().map(|worker| worker.browser.clone()).collect();
        let probes = (0..workers.len()).filter(|&worker| workers[worker].probe).collect();
        let config = TotalsConfig {
            warmup_end: Timestamp::ZERO + Span::from_secs_f64(report.warmup_s),
            ..TotalsConfig::new(plan, browsers, probes)
        };
        let mut evidence = EvidenceBook::default();
        evidence.extend(report.evidence.iter().cloned());
        Ok(Self {
            evidence,
            elapsed: Timestamp::ZERO + Span::from_secs_f64(report.duration_s),
            metrics: metrics(&report.metrics)?,
            counters: report
                .counters
                .iter()
                .map(|entry| ((entry.name.clone(), population(&entry.tags)), entry.count))
                .collect(),
            errors: report.errors.iter().map(error).collect(),
            disconnects: report.disconnects.iter().map(disconnect).collect(),
            breaches: report.contract.iter().map(BreachEntry::total).collect(),
            delivery: report.delivery,
            listeners: report.listeners.as_ref().map(|entry| listeners(entry, plan)).unwrap_or_default(),
            users: vec![vec![report.users]],
            health: health(&report.health)?,
            probe: ProbeWindow::past(report.health.staleness),
            timeline: timeline(&report.series)?,
            past_operations: Some(
                report
                    .operations
                    .iter()
                    .map(|entry| (entry.name.clone(), Outcomes { succeeded: entry.succeeded, failed: entry.failed }))
                    .collect(),
            ),
            annotations: Annotations::restored(report.annotations.clone()),
            bursts: ErrorBursts::default(),
            completions: Completions::default(),
            watch: Watch::past(report.thresholds.iter().cloned().map(ThresholdResult::from).collect()),
            homes: Homes::new(config.workers, &config.browsers),
            suspects: Suspects::default(),
            behind: Vec::new(),
            backlogs: Backlogs::past(report.health.workers.iter().map(|worker| worker.backlog_s)),
            rooms: Rooms::default(),
            clock_bound: Span::from_secs_f64(report.clock_bound_ms.unwrap_or_default() / 1e3),
            config,
        })
    }
}

fn population(tags: &BTreeMap<String, String>) -> String {
    tags.get("population").cloned().unwrap_or_default()
}

/// The entry over all populations is without a tag, or the only one.
fn metrics(entries: &[MetricEntry]) -> Result<BTreeMap<String, MetricTotal>, String> {
    let mut metrics = BTreeMap::<String, MetricTotal>::new();
    for entry in entries {
        let histogram =
            Histogram::decode(&entry.histogram, &entry.stats).map_err(|error| format!("{}: {error}", entry.name))?;
        let clean = entry.clean.as_ref().map(|clean| match &clean.stats {
            Some(stats) => Histogram::decode(&clean.histogram, stats),
            None => Ok(Histogram::new()),
        });
        let clean = clean.transpose().map_err(|error| format!("{}, clean samples: {error}", entry.name))?;
        let split = Split { all: histogram, clean: clean.map(Box::new) };
        let population = population(&entry.tags);
        let is_first = !metrics.contains_key(&entry.name);
        let metric = metrics.entry(entry.name.clone()).or_default();
        metric.populated |= !population.is_empty();
        if is_first {
            metric.seen = split.all.count();
            metric.split = split;
        } else {
            metric.by_population.insert(population, split);
        }
    }
    Ok(metrics)
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
    Listeners::past((&entry.all).into(), entry.users, worst)
}

fn health(entry: &HealthEntry) -> Result<Health, String> {
    let workers = entry.workers.iter().map(worker).collect::<Result<_, _>>()?;
    Ok(Health::past(workers, Span::from_secs_f64(entry.hidden_s)))
}

fn worker(entry: &WorkerEntry) -> Result<WorkerHealth, String> {
    let lag = entry.lag_histogram.as_ref().zip(entry.lag.as_ref());
    let lag = lag.map(|(text, stats)| Histogram::decode(text, stats)).transpose();
    Ok(WorkerHealth {
        lag: lag.map_err(|error| format!("lag of worker {}: {error}", entry.worker))?.unwrap_or_default(),
        busy_share: entry.busy_share,
        busy_max: entry.busy_max,
        buffered_max: entry.buffered_max_bytes,
        sockets_open: entry.sockets_open,
        handshake_queue_max: entry.handshake_queue_max,
        heard: Timestamp::ZERO,
        lost: entry.lost,
    })
}

fn timeline(series: &Series) -> Result<Timeline, String> {
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
    if longest > timeline::MAX_SECONDS as usize {
        return Err(format!("a series has {longest} seconds, expected at most {}", timeline::MAX_SECONDS));
    }
    Ok(Timeline::past(metrics, values))
}
