//! The charts' data, taken from the run's columns of one value a second.

mod events;

use std::cmp::Reverse;
use std::collections::BTreeMap;

pub use self::events::{ChartMark, marks};
use base::time::{Span, Timestamp};
use catalogue::{self, Counter, Figure, Metric};
use metrics::{MetricColumns, Timeline, Totals};
use plan::{Plan, Schedule, Segment};
use run::RunResult;

/// Points per series at most. Beyond that a chart's pixels show no more, and drawing four times a second costs frames.
const POINTS: usize = 1_200;

/// Operations with a line of their own in the chart of errors: beyond ten nobody tells colours apart.
const MOST_FAILING: usize = 5;

/// The charts of the run page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChartKind {
    Users,
    Messages,
    Latency,
    Errors,
    Frames,
    Generator,
    FirstAudio,
    Conversations,
    Starving,
}

/// Columns of equal length; `NaN` where there is nothing to draw.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChartData {
    /// Seconds since the start.
    pub seconds: Vec<f64>,
    pub series: Vec<ChartSeries>,
    /// Where something happened, in order of time.
    pub marks: Vec<ChartMark>,
    /// Spans of time in which the generator may be what was measured: from and to, seconds.
    pub suspect: Vec<(f64, f64)>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChartSeries {
    pub label: String,
    pub values: Vec<f64>,
    /// Drawn as a thin dashed line: what was wanted, not what was.
    pub is_reference: bool,
    /// Not drawn until it is asked for in the legend.
    pub starts_hidden: bool,
}

/// How several seconds become one point.
#[derive(Debug, Clone, Copy)]
enum Merge {
    Mean,
    Last,
    Worst,
}

impl ChartKind {
    pub const ALL: [Self; 6] =
        [Self::Users, Self::Messages, Self::Latency, Self::Errors, Self::Frames, Self::Generator];

    /// Only of use where users speak.
    pub const VOICE: [Self; 3] = [Self::FirstAudio, Self::Conversations, Self::Starving];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Users => "Users",
            Self::Messages => "Messages per second",
            Self::Latency => "Latency",
            Self::Errors => "Errors per second",
            Self::Frames => "Frames per second",
            Self::Generator => "Generator delay",
            Self::FirstAudio => "Time to first audio",
            Self::Conversations => "Users in conversation",
            Self::Starving => "Players starving",
        }
    }

    pub const fn unit(self) -> &'static str {
        match self {
            Self::Users | Self::Conversations | Self::Starving => "",
            Self::Messages | Self::Errors | Self::Frames => "/s",
            Self::Latency | Self::Generator | Self::FirstAudio => "ms",
        }
    }
}

/// The data of one chart. `metric` is the one whose latency is shown.
pub fn data(kind: ChartKind, run: &RunResult<'_>, metric: &str) -> ChartData {
    let (plan, totals) = (&*run.plan, &*run.totals);
    let timeline = totals.timeline();
    let group = (timeline.seconds() as usize).div_ceil(POINTS).max(1);
    let series = match kind {
        ChartKind::Users => users(plan, timeline, group, load_end(run)),
        ChartKind::Messages => {
            vec![
                summed(timeline, "sent", Figure::Sent.name(), group),
                summed(timeline, "received", Figure::Arrived.name(), group),
            ]
        }
        ChartKind::Latency => latency(timeline.metric(metric), group),
        ChartKind::Errors => errors(totals, group),
        ChartKind::Frames => {
            vec![
                summed(timeline, "out", Counter::FramesOut.name(), group),
                summed(timeline, "in", Counter::FramesIn.name(), group),
            ]
        }
        ChartKind::Generator => generator(timeline, group),
        ChartKind::FirstAudio => first_audio_series(timeline.metric(metric), group),
        ChartKind::Conversations => conversations(timeline, group),
        ChartKind::Starving => {
            vec![value(timeline, "players starving", &Figure::Users.of("starving"), group, Merge::Worst)]
        }
    };
    let points = (timeline.seconds() as usize).div_ceil(group);
    let seconds = ends(timeline.seconds(), group).map(f64::from).collect();
    let mut data = ChartData { seconds, series, marks: marks(run), suspect: events::suspect(timeline) };
    for series in &mut data.series {
        series.values.resize(points, f64::NAN);
    }
    data
}

/// When each point's last second ends: what is drawn there is known from then on.
fn ends(seconds: u32, group: usize) -> impl Iterator<Item = u32> {
    (0..seconds).step_by(group).map(move |first| (first + group as u32).min(seconds))
}

/// Metrics that have a latency over time, the one that matters most first.
pub fn latencies(totals: &Totals) -> Vec<String> {
    let mut names: Vec<String> = totals.timeline().metrics().map(|(name, _)| name.to_owned()).collect();
    catalogue::by_importance(&mut names);
    names
}

/// Times to first audio, the one that matters most first: to any answer, to the greeting, then their details.
pub fn first_audio(totals: &Totals) -> Vec<String> {
    let mut names: Vec<String> = totals.timeline().metrics().map(|(name, _)| name.to_owned()).collect();
    catalogue::first_audio(&mut names);
    names
}

fn conversations(timeline: &Timeline, group: usize) -> Vec<ChartSeries> {
    const STATES: [(&str, &str); 3] =
        [("speaking", "speaking"), ("waiting for audio", "awaiting"), ("listening", "listening")];
    STATES.iter().map(|(label, state)| value(timeline, label, &Figure::Users.of(state), group, Merge::Last)).collect()
}

fn users(plan: &Plan, timeline: &Timeline, group: usize, end: Option<u32>) -> Vec<ChartSeries> {
    const STATES: [(&str, &str); 6] = [
        ("active", "active"),
        ("in flow", "flow"),
        ("connecting", "connecting"),
        ("preparing", "preparing"),
        ("reconnecting", "reconnecting"),
        ("finishing", "finishing"),
    ];
    let mut all: Vec<_> = STATES
        .iter()
        .map(|(label, state)| value(timeline, label, &Figure::Users.of(state), group, Merge::Last))
        .collect();
    all.extend(wanted(plan, timeline.seconds(), group, end));
    all
}

/// When nobody was wanted any more, in seconds; `None`: the load goes on, or an old report does not say it. A stop or the end of a search
/// comes before the plan's own end.
fn load_end(run: &RunResult<'_>) -> Option<u32> {
    run.totals.ending().map(|ending| ending.at.as_secs_f64().ceil() as u32)
}

/// The line that closed loads draw; an open load wants arrivals, not a number of users. `end`: of the load.
fn wanted(plan: &Plan, seconds: u32, group: usize, end: Option<u32>) -> Option<ChartSeries> {
    let closed = (0..plan.populations.len()).filter(|&index| !plan.populations[index].load.is_open());
    let schedules: Vec<_> = closed.map(|index| Schedule::planned(plan, index, &Segment::whole())).collect();
    let at = |second: u32| Timestamp::ZERO + Span::from_secs(second.into());
    let target = |second| match end {
        Some(end) if second > end => 0.0,
        _ => schedules.iter().map(|schedule| schedule.target(at(second))).sum(),
    };
    let values = ends(seconds, group).map(target).collect();
    (!schedules.is_empty()).then(|| ChartSeries {
        label: "wanted".into(),
        values,
        is_reference: true,
        ..ChartSeries::default()
    })
}

/// Percentiles are never averaged: of several seconds the worst is shown.
fn latency(columns: Option<&MetricColumns>, group: usize) -> Vec<ChartSeries> {
    let column = |label, pick: fn(&MetricColumns) -> &Vec<f32>| {
        series(label, columns.map(|columns| merged(pick(columns), group, Merge::Worst)).unwrap_or_default())
    };
    let max = ChartSeries { starts_hidden: true, ..column("max", |columns| &columns.max) };
    vec![
        column("p50", |columns| &columns.p50),
        column("p95", |columns| &columns.p95),
        column("p99", |columns| &columns.p99),
        max,
    ]
}

/// The same, with what few answers a second can tell in front.
fn first_audio_series(columns: Option<&MetricColumns>, group: usize) -> Vec<ChartSeries> {
    let mut all = latency(columns, group);
    for series in all.iter_mut().skip(2) {
        series.starts_hidden = true;
    }
    all
}

/// Errors in all, lost connections, and the errors of the operations that fail most.
fn errors(totals: &Totals, group: usize) -> Vec<ChartSeries> {
    let timeline = totals.timeline();
    let mut all = vec![
        summed(timeline, "all", Figure::Errors.name(), group),
        summed(timeline, Figure::Disconnects.name(), Figure::Disconnects.name(), group),
    ];
    let of_operation = |operation: &String| summed(timeline, operation, &Figure::ErrorsOf.of(operation), group);
    all.extend(failing_most(totals).iter().map(of_operation));
    all
}

/// In alphabetical order, so that a chart changes only when another operation gets among them.
fn failing_most(totals: &Totals) -> Vec<String> {
    let mut counts = BTreeMap::<&String, u64>::new();
    for (key, error) in totals.errors() {
        *counts.entry(&key.operation).or_default() += error.count;
    }
    let mut worst: Vec<_> = counts.into_iter().collect();
    worst.sort_by_key(|(_, count)| Reverse(*count));
    let mut names: Vec<String> = worst.into_iter().take(MOST_FAILING).map(|(name, _)| name.clone()).collect();
    names.sort_unstable();
    names
}

fn generator(timeline: &Timeline, group: usize) -> Vec<ChartSeries> {
    let pacing = timeline.metric(Metric::PacingError.name()).map(|columns| merged(&columns.p99, group, Merge::Worst));
    vec![
        value(timeline, "worker lag, worst", Figure::HealthLag.name(), group, Merge::Worst),
        series("pacing error p99", pacing.unwrap_or_default()),
        value(timeline, "staleness", Figure::HealthStaleness.name(), group, Merge::Worst),
    ]
}

/// A rate: a second without an entry is a zero, not a gap.
fn summed(timeline: &Timeline, label: &str, name: &str, group: usize) -> ChartSeries {
    match timeline.value(name) {
        // The second that is running is not over: its sum would look like a drop.
        Some(values) => series(label, merged(&values[..values.len().saturating_sub(1)], group, Merge::Mean)),
        None => series(label, vec![0.0; (timeline.seconds() as usize).saturating_sub(1).div_ceil(group)]),
    }
}

fn value(timeline: &Timeline, label: &str, name: &str, group: usize, merge: Merge) -> ChartSeries {
    series(label, timeline.value(name).map(|values| merged(values, group, merge)).unwrap_or_default())
}

fn series(label: &str, values: Vec<f64>) -> ChartSeries {
    ChartSeries { label: label.to_owned(), values, ..ChartSeries::default() }
}

fn merged(values: &[f32], group: usize, merge: Merge) -> Vec<f64> {
    values.chunks(group).map(|chunk| merge_seconds(chunk, merge)).collect()
}

fn merge_seconds(seconds: &[f32], merge: Merge) -> f64 {
    let mut known = seconds.iter().copied().filter(|value| !value.is_nan()).map(f64::from);
    match merge {
        Merge::Last => known.next_back().unwrap_or(f64::NAN),
        Merge::Worst => known.fold(f64::NAN, f64::max),
        Merge::Mean => {
            let first = known.next();
            first.map_or(f64::NAN, |first| (first + known.sum::<f64>()) / seconds.len() as f64)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics::{ErrorKey, Phase, Recorder, SnapshotPart, TotalsConfig};

    #[track_caller]
    fn check(values: &[f32], group: usize, merge: Merge, expected: &[f64]) {
        let found = merged(values, group, merge);
        let same = |(a, b): (&f64, &f64)| a == b || a.is_nan() && b.is_nan();
        assert!(found.len() == expected.len() && found.iter().zip(expected).all(same), "{found:?} is not {expected:?}");
    }

    #[test]
    fn the_operations_that_fail_most_are_drawn_and_not_the_first_of_the_alphabet() {
        let mut adding = metrics::Aggregator::new(TotalsConfig { workers: 1, ..TotalsConfig::default() });
        let mut recorder = Recorder::new(Timestamp::ZERO);
        for (operation, count) in [("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5), ("f", 6), ("z", 100)] {
            for code in 0..count {
                let key = ErrorKey {
                    population: String::new(),
                    operation: operation.to_owned(),
                    code: code.to_string(),
                    phase: Phase::Active,
                };
                recorder.error(Timestamp::ZERO, key, String::new);
            }
        }
        let (metrics, at) = (recorder.drain(), Timestamp::ZERO + Span::from_secs(3));
        adding.absorb(
            0,
            SnapshotPart {
                at,
                metrics: &metrics,
                users: &[],
                ledger: &<_>::default(),
                completions: &[],
                health: &<_>::default(),
            },
        );
        let labels: Vec<_> = errors(adding.totals(), 1).into_iter().map(|series| series.label).collect();
        assert_eq!(labels, ["all", "disconnects", "c", "d", "e", "f", "z"]);
    }

    #[test]
    fn nobody_is_wanted_behind_the_end_of_a_load_that_ended_early() {
        let plan = serde_json::json!({"version": 1, "name": "n", "seed": 1, "populations": [{
            "name": "p", "scenario": "ktb-chat",
            "load": {"model": "closed", "start": 5, "stages": [{"duration_s": 60, "target": 5}]}}]});
        let plan = Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:?}"));
        let line = |end| wanted(&plan, 4, 1, end).map(|series| series.values);
        assert_eq!(line(Some(2)), Some(vec![5.0, 5.0, 0.0, 0.0]));
        assert_eq!(line(None), Some(vec![5.0; 4]));
    }

    #[test]
    fn a_point_stands_where_its_seconds_end() {
        assert_eq!(ends(3, 1).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(ends(5, 2).collect::<Vec<_>>(), [2, 4, 5]);
        assert_eq!(ends(0, 1).count(), 0);
    }

    #[test]
    fn seconds_merge_by_what_they_mean() {
        let nan = f32::NAN;
        check(&[1.0, 3.0, 5.0], 2, Merge::Mean, &[2.0, 5.0]);
        check(&[1.0, 3.0, nan, nan], 2, Merge::Worst, &[3.0, f64::NAN]);
        check(&[4.0, nan, 3.0, 1.0], 2, Merge::Worst, &[4.0, 3.0]);
        check(&[1.0, 3.0, 5.0, nan], 2, Merge::Last, &[3.0, 5.0]);
        check(&[1.0, nan], 1, Merge::Last, &[1.0, f64::NAN]);
        check(&[], 3, Merge::Mean, &[]);
    }
}
