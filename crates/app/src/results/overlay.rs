//! Charts of several runs laid over each other, each from its own start.

use crate::past::PastRun;
use crate::run::view::charts::{ChartData, ChartKind, ChartMark, ChartSeries, data};

/// What is laid over each other: one line for each run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlay {
    Latency(&'static str),
    Users,
    Received,
    Errors,
}

impl Overlay {
    pub const ALL: [Self; 6] =
        [Self::Latency("p50"), Self::Latency("p95"), Self::Latency("p99"), Self::Users, Self::Received, Self::Errors];

    pub fn title(self) -> String {
        match self {
            Self::Latency(which) => format!("Latency, {which}"),
            Self::Users => "Active users".to_owned(),
            Self::Received => "Messages received per second".to_owned(),
            Self::Errors => "Errors per second".to_owned(),
        }
    }

    pub const fn unit(self) -> &'static str {
        self.source().0.unit()
    }

    /// The chart of a single run and the series of it.
    const fn source(self) -> (ChartKind, &'static str) {
        match self {
            Self::Latency(which) => (ChartKind::Latency, which),
            Self::Users => (ChartKind::Users, "active"),
            Self::Received => (ChartKind::Messages, "received"),
            Self::Errors => (ChartKind::Errors, "all"),
        }
    }
}

/// `names`: what the runs are called. `metric`: the one whose latency is shown.
pub fn overlay(what: Overlay, names: &[String], runs: &[&PastRun], metric: &str) -> ChartData {
    let (kind, wanted) = what.source();
    let charts: Vec<ChartData> = runs.iter().map(|run| data(kind, &run.result, metric)).collect();
    // A long run has several seconds to a point, and a short one has none there.
    let mut seconds: Vec<f64> = charts.iter().flat_map(|chart| chart.seconds.iter().copied()).collect();
    seconds.sort_by(f64::total_cmp);
    seconds.dedup();
    let line = |(at, chart): (usize, &ChartData)| {
        let values = chart.series.iter().find(|series| series.label == wanted).map(|series| &series.values);
        let known = chart.seconds.iter().zip(values.into_iter().flatten());
        let mut line = vec![f64::NAN; seconds.len()];
        for (second, value) in known {
            if let Ok(place) = seconds.binary_search_by(|one| one.total_cmp(second)) {
                line[place] = *value;
            }
        }
        // Two runs may be called the same, and legends tell lines by their names.
        let label = format!("{} {}", at + 1, names.get(at).map_or("", String::as_str));
        ChartSeries { label, values: line, ..ChartSeries::default() }
    };
    let series = charts.iter().enumerate().map(line).collect();
    let marks =
        charts.iter().enumerate().flat_map(|(run, chart)| chart.marks.iter().map(move |mark| of_run(run, mark)));
    // Which run's seconds are suspect is not told by a band behind the lines of all.
    ChartData { seconds, series, marks: marks.collect(), suspect: Vec::new() }
}

fn of_run(run: usize, mark: &ChartMark) -> ChartMark {
    ChartMark { label: mark_of(run, &mark.label), series: Some(run), at_s: mark.at_s }
}

/// A mark of one of several runs: `2.1` is the first of the second.
pub fn mark_of(run: usize, label: &str) -> String {
    format!("{}.{label}", run + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_says_which_run_it_is_of() {
        let third = ChartMark { at_s: 4.5, label: "3".into(), series: None };
        assert_eq!(of_run(1, &third), ChartMark { at_s: 4.5, label: "2.3".into(), series: Some(1) });
    }
}
