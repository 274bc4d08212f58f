//! The run as OpenMetrics text (<https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md>): a summary for
//! every metric, counters, errors, the ledger, thresholds and the verdict. Base units: seconds and bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::past::PastRun;
use catalogue::{self, Counter, Figure, Measure, Metric};
use metrics::{CloseKind, MetricEntry, Outcome, PERCENTILES, Report, VerdictOutcome};

pub fn write(past: &PastRun) -> String {
    let report = &past.report;
    let mut out = Exposition::default();
    about(report, &mut out);
    metrics(report, &mut out);
    failures(report, &mut out);
    results(report, &mut out);
    // Behind those whose names are fixed: a counter that is called like one of them gets a number.
    counters(report, &mut out);
    out.text.push_str("# EOF\n");
    out.text
}

/// Families one after the other, each with a name of its own.
#[derive(Default)]
struct Exposition {
    text: String,
    taken: BTreeSet<String>,
}

/// One family: where its samples go.
struct Family<'a> {
    text: &'a mut String,
    name: String,
}

impl Exposition {
    /// `ending`: unit or the like, which must stand at the name's end.
    fn family(&mut self, name: &str, ending: &str, kind: &str, help: &str) -> Family<'_> {
        let stem = sanitized(&format!("tabswarm_{name}"));
        let numbered = |n: usize| if n < 2 { format!("{stem}{ending}") } else { format!("{stem}_{n}{ending}") };
        let name = (1..).map(numbered).find(|name| self.taken.insert(name.clone())).expect("numbers do not end");
        let _ = writeln!(self.text, "# TYPE {name} {kind}");
        if let Some(unit) = ending.strip_prefix('_').filter(|unit| ["seconds", "bytes"].contains(unit)) {
            let _ = writeln!(self.text, "# UNIT {name} {unit}");
        }
        let _ = writeln!(self.text, "# HELP {name} {}", escaped(help));
        Family { text: &mut self.text, name }
    }
}

impl Family<'_> {
    fn sample(&mut self, ending: &str, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<_> = labels
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
            .collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let value = if value.is_nan() { "NaN".to_owned() } else { value.to_string() };
        let _ = writeln!(self.text, "{}{ending}{labels} {value}", self.name);
    }
}

fn about(report: &Report, out: &mut Exposition) {
    let plan = report.plan.get("name").and_then(|name| name.as_str()).unwrap_or_default();
    let labels =
        [("run", report.run.as_str()), ("plan", plan), ("started_at", &report.started_at), ("version", crate::VERSION)];
    out.family("run", "", "info", "The run.").sample("_info", &labels, 1.0);
    out.family("duration", "_seconds", "gauge", "How long the run took.").sample("", &[], report.duration_s);
}

fn metrics(report: &Report, out: &mut Exposition) {
    let mut by_name = BTreeMap::<&str, Vec<&MetricEntry>>::new();
    for entry in &report.metrics {
        by_name.entry(&entry.name).or_default().push(entry);
    }
    for (name, entries) in by_name {
        let of = Metric::read(name).definition();
        let until = if of.until.is_empty() { String::new() } else { format!("; until: {}", of.until) };
        let censored: u64 =
            entries.iter().filter_map(|entry| entry.stats.censored).map(|censored| censored.count).sum();
        let never = match censored {
            0 => String::new(),
            _ => format!(" Samples that never came ({censored}) stand at their limits."),
        };
        let help = catalogue::plain(&format!("{name}, without the warm-up. From: {}{until}.{never}", of.help));
        let mut family = out.family(name, "_seconds", "summary", &help);
        for entry in entries {
            let population = entry.tags.get("population").map_or("", String::as_str);
            let stats = &entry.stats;
            let shares = PERCENTILES.map(|(_, share)| share.to_string());
            let quantiles = shares.iter().map(String::as_str).zip(stats.percentiles());
            for (quantile, millis) in quantiles.chain([("1.0", stats.max)]) {
                family.sample("", &[("population", population), ("quantile", quantile)], millis / 1e3);
            }
            family.sample("_count", &[("population", population)], stats.count as f64);
            family.sample("_sum", &[("population", population)], stats.mean * stats.count as f64 / 1e3);
        }
    }
}

fn counters(report: &Report, out: &mut Exposition) {
    let mut by_name = BTreeMap::<&str, Vec<(&str, u64)>>::new();
    for entry in &report.counters {
        let population = entry.tags.get("population").map_or("", String::as_str);
        by_name.entry(&entry.name).or_default().push((population, entry.count));
    }
    for (name, counts) in by_name {
        let definition = Counter::definition_of(name);
        let (stem, unit) = match definition.map(|counter| counter.unit) {
            Some(Measure::Bytes) => (Counter::direction(name), "_bytes"),
            _ => (name, ""),
        };
        let counts_what =
            definition.map_or_else(String::new, |counter| format!(" Counts {}.", catalogue::plain(counter.help)));
        let mut family = out.family(stem, unit, "counter", &format!("{name}, over the whole run.{counts_what}"));
        for (population, count) in counts {
            family.sample("_total", &[("population", population)], count as f64);
        }
    }
}

/// Without reasons and samples: they are texts, and each would be a series of its own.
fn failures(report: &Report, out: &mut Exposition) {
    let mut errors = BTreeMap::<[String; 4], u64>::new();
    for entry in &report.errors {
        let labels = [&entry.operation, &entry.code, &word(&entry.phase), &entry.population];
        *errors.entry(labels.map(Clone::clone)).or_default() += entry.count;
    }
    let mut family = out.family(Figure::Errors.name(), "", "counter", "Operations that failed.");
    for ([operation, code, phase, population], count) in &errors {
        let labels = [("operation", operation.as_str()), ("code", code), ("phase", phase), ("population", population)];
        family.sample("_total", &labels, *count as f64);
    }
    let mut closes = BTreeMap::<[String; 5], u64>::new();
    for entry in &report.disconnects {
        let kind = match entry.by.kind(entry.phase) {
            CloseKind::Lost => "lost",
            CloseKind::NeverConnected => "never_connected",
            CloseKind::Planned => "planned",
        };
        let labels =
            [&kind.to_owned(), &entry.code.to_string(), &word(&entry.by), &word(&entry.phase), &entry.population];
        *closes.entry(labels.map(Clone::clone)).or_default() += entry.count;
    }
    let mut family = out.family(
        Figure::Disconnects.name(),
        "",
        "counter",
        "Sockets that closed; lost ones are what thresholds count.",
    );
    for ([kind, code, by, phase, population], count) in &closes {
        let labels =
            [("kind", kind.as_str()), ("code", code), ("by", by), ("phase", phase), ("population", population)];
        family.sample("_total", &labels, *count as f64);
    }
}

fn results(report: &Report, out: &mut Exposition) {
    let mut family =
        out.family("delivery", "", "gauge", "The delivery ledger: messages and deliveries by what became of them.");
    for (figure, count) in report.delivery.figures() {
        family.sample("", &[("fate", figure.field())], count as f64);
    }
    let mut family =
        out.family("threshold_kept", "", "gauge", "1: kept, 0: broken, not a number: not measured or not judged.");
    let mut known = BTreeSet::new();
    for entry in report.thresholds.iter().filter(|entry| known.insert(&entry.expression)) {
        let value = match entry.outcome {
            Outcome::Pass => 1.0,
            Outcome::Fail => 0.0,
            Outcome::NotMeasured | Outcome::Invalid => f64::NAN,
        };
        family.sample("", &[("expression", &entry.expression)], value);
    }
    if let Some(verdict) = &report.verdict {
        let mut family = out.family("verdict", "", "stateset", "What the numbers are worth.");
        let label = family.name.clone();
        for state in [VerdictOutcome::Pass, VerdictOutcome::Fail, VerdictOutcome::Invalid] {
            family.sample("", &[(&label, &word(&state))], f64::from(u8::from(verdict.outcome == state)));
        }
    }
}

/// As the report writes it.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn sanitized(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
