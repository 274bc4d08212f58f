//! The run in the shape that k6 hands to `handleSummary` (<https://grafana.com/docs/k6/latest/results-output/end-of-test/custom-summary/>):
//! metrics with `type`, `contains`, `values` and `thresholds`. Names are ours with underscores, as k6 allows no dots.

use serde_json::{Map, Value, json};

use crate::past::PastRun;
use catalogue::{Counter, Figure, Measure};
use metrics::{CloseKind, PERCENTILES, Report, Stats};

pub fn write(past: &PastRun) -> String {
    let report = &past.report;
    let mut metrics = Map::new();
    trends(report, &mut metrics);
    counters(report, &mut metrics);
    errors(report, &mut metrics);
    delivery(report, &mut metrics);
    users(report, &mut metrics);
    thresholds(report, &mut metrics);
    let document = json!({
        "root_group": {"name": "", "path": "", "id": ROOT_ID, "groups": [], "checks": []},
        "options": {"summaryTrendStats": trend_stats(), "summaryTimeUnit": "ms", "noColor": false},
        "state": {"isStdOutTTY": false, "isStdErrTTY": false, "testRunDurationMs": report.duration_s * 1e3},
        "metrics": metrics,
    });
    let mut text = serde_json::to_string_pretty(&document).expect("plain JSON values");
    text.push('\n');
    text
}

/// What k6 always gives the group that holds everything.
const ROOT_ID: &str = "d41d8cd98f00b204e9800998ecf8427e";
/// What it has of a trend, in the order of its own summary.
fn trend_stats() -> Vec<String> {
    let percentiles = PERCENTILES.into_iter().map(|(name, _)| percentile(name));
    ["min", "avg"].into_iter().map(str::to_owned).chain(percentiles).chain(["max".to_owned()]).collect()
}

/// Of each metric the entry over all populations, and those of populations with k6's notation for tags.
fn trends(report: &Report, metrics: &mut Map<String, Value>) {
    for entry in &report.metrics {
        let base = name_of(&entry.name);
        let name = match entry.tags.get("population").filter(|_| metrics.contains_key(&base)) {
            Some(population) => format!("{base}{{population:{population}}}"),
            None => base,
        };
        metrics.insert(name, json!({"type": "trend", "contains": "time", "values": trend(&entry.stats)}));
    }
}

fn trend(stats: &Stats) -> Value {
    let mut values = json!({"count": stats.count, "min": stats.min, "avg": stats.mean, "max": stats.max});
    for ((name, _), millis) in PERCENTILES.into_iter().zip(stats.percentiles()) {
        values[percentile(name)] = millis.into();
    }
    values
}

/// k6's word for `p50`, `p95` and so on.
fn percentile(name: &str) -> String {
    if name == "p50" { "med".to_owned() } else { format!("p({})", &name[1..]) }
}

fn counter(count: f64, seconds: f64, contains: &str) -> Value {
    let rate = (seconds > 0.0).then(|| count / seconds);
    json!({"type": "counter", "contains": contains, "values": {"count": count, "rate": rate}})
}

fn counters(report: &Report, metrics: &mut Map<String, Value>) {
    let mut sums = std::collections::BTreeMap::<&str, u64>::new();
    for entry in &report.counters {
        *sums.entry(&entry.name).or_default() += entry.count;
    }
    for (name, count) in sums {
        let counter_of = Counter::read(name).map(|(counter, _)| counter);
        let of_bytes = counter_of.is_some_and(|counter| counter.definition().unit == Measure::Bytes);
        let contains = if of_bytes { "data" } else { "default" };
        let known = match counter_of {
            Some(Counter::BytesIn) => "data_received",
            Some(Counter::BytesOut) => "data_sent",
            _ => name,
        };
        put(metrics, name_of(known), counter(count as f64, report.duration_s, contains));
    }
}

/// Attempts are what k6 calls a rate: how many of them were an error.
fn errors(report: &Report, metrics: &mut Map<String, Value>) {
    let rate = |failed: u64, succeeded: u64| {
        let attempts = failed + succeeded;
        let rate = (attempts > 0).then(|| failed as f64 / attempts as f64);
        json!({"type": "rate", "contains": "default", "values": {"rate": rate, "passes": failed, "fails": succeeded}})
    };
    let sum = |pick: fn(&metrics::OperationEntry) -> u64| report.operations.iter().map(pick).sum();
    put(metrics, Figure::Errors.name().to_owned(), rate(sum(|entry| entry.failed), sum(|entry| entry.succeeded)));
    for entry in &report.operations {
        put(metrics, name_of(&Figure::ErrorsOf.of(&entry.name)), rate(entry.failed, entry.succeeded));
    }
    let lost = report.disconnects.iter().filter(|entry| entry.by.kind(entry.phase) == CloseKind::Lost);
    let lost = lost.map(|entry| entry.count).sum::<u64>();
    put(metrics, Figure::Disconnects.name().to_owned(), counter(lost as f64, report.duration_s, "default"));
}

fn delivery(report: &Report, metrics: &mut Map<String, Value>) {
    for (figure, count) in report.delivery.figures() {
        put(metrics, name_of(figure.name()), counter(count as f64, report.duration_s, "default"));
    }
}

/// What k6 calls virtual users: ours that have a working connection.
fn users(report: &Report, metrics: &mut Map<String, Value>) {
    let column = |state: &str| report.series.values.get(&Figure::Users.of(state)).map_or(&[][..], Vec::as_slice);
    let (flow, active) = (column("flow"), column("active"));
    let seconds = flow.iter().zip(active).filter_map(|(flow, active)| Some((*flow)? + (*active)?));
    let known: Vec<f64> = seconds.collect();
    if let (Some(last), Some(min), Some(max)) =
        (known.last(), known.iter().copied().reduce(f64::min), known.iter().copied().reduce(f64::max))
    {
        let gauge = |value: f64| json!({"type": "gauge", "contains": "default", "values": {"value": value, "min": min, "max": max}});
        put(metrics, "vus".to_owned(), gauge(*last));
        put(metrics, "vus_max".to_owned(), gauge(max));
    }
}

/// Each stands at the metric that it is about; what nobody measured has no values.
fn thresholds(report: &Report, metrics: &mut Map<String, Value>) {
    for entry in &report.thresholds {
        let name = name_of(subject(&entry.expression));
        let metric =
            metrics.entry(name).or_insert_with(|| json!({"type": "trend", "contains": "default", "values": {}}));
        metric["thresholds"][&entry.expression] = json!({"ok": entry.ok});
    }
}

/// `errors[join/timeout] == 0` is about `errors.join`, everything else about its first word.
fn subject(expression: &str) -> &str {
    let end = expression.find(|c: char| c.is_whitespace() || "<>=!{".contains(c)).unwrap_or(expression.len());
    expression[..end].split('/').next().unwrap_or_default()
}

/// What k6 allows in a name; `errors[join]` becomes `errors_join`.
fn name_of(name: &str) -> String {
    let known = name.trim_end_matches(']');
    known.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// Two of our names may be one of k6's; the first, which is the metric, stays.
fn put(metrics: &mut Map<String, Value>, name: String, metric: Value) {
    metrics.entry(name).or_insert(metric);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expression: &str, name: &str) {
        assert_eq!(name_of(subject(expression)), name);
    }

    #[test]
    fn a_threshold_finds_its_metric() {
        check("message.round_trip p95 < 300 ms", "message_round_trip");
        check("errors[join] == 0", "errors_join");
        check("errors[join/timeout]==0", "errors_join");
        check("errors rate<1%", "errors");
        check("delivery.missing <= 0.1 %", "delivery_missing");
    }
}
