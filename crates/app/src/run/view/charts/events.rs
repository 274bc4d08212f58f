//! What is drawn over and behind the lines: marks where something happened, and the seconds whose samples are suspect.

use serde::Serialize;

use catalogue::Figure;
use metrics::Timeline;
use run::RunResult;

/// A line across a chart, at a moment in which something happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChartMark {
    pub at_s: f64,
    /// Stands beside the line, and in the list of what happened.
    pub label: String,
    /// Where several runs are drawn: the series that it belongs to, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<usize>,
}

/// Numbered from 1, like the list of what happened; what happened to many at once is called by its name.
pub fn marks(run: &RunResult<'_>) -> Vec<ChartMark> {
    let mark = |(at, annotation): (usize, &metrics::Annotation)| ChartMark {
        at_s: annotation.at_s,
        label: (at + 1).to_string(),
        series: None,
    };
    let named = run.mass_events().into_iter().map(|(at_s, label)| ChartMark { at_s, label, series: None });
    run.totals.annotations().all().iter().enumerate().map(mark).chain(named).collect()
}

/// Seconds with suspect samples, or in which a worker was too late to have any; those that follow each other are one span.
pub fn suspect(timeline: &Timeline) -> Vec<(f64, f64)> {
    spans([Figure::HealthSuspect, Figure::HealthLate].map(|figure| timeline.value(figure.name()).unwrap_or_default()))
}

fn spans(series: [&[f32]; 2]) -> Vec<(f64, f64)> {
    let seconds = series.iter().map(|values| values.len()).max().unwrap_or(0);
    let is_so = |second: &usize| series.iter().any(|values| values.get(*second).is_some_and(|value| *value > 0.0));
    let mut spans: Vec<(f64, f64)> = Vec::new();
    for second in (0..seconds).filter(is_so) {
        let (from, to) = (second as f64, second as f64 + 1.0);
        match spans.last_mut().filter(|last| last.1 == from) {
            Some(last) => last.1 = to,
            None => spans.push((from, to)),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(samples: &[f32], late: &[f32], expected: &[(f64, f64)]) {
        assert_eq!(spans([samples, late]), expected, "{samples:?} {late:?}");
    }

    #[test]
    fn suspect_seconds_become_spans() {
        check(&[], &[], &[]);
        check(&[0.0, 0.0], &[], &[]);
        check(&[3.0], &[], &[(0.0, 1.0)]);
        check(&[0.0, 1.0, 9.0, 0.0, f32::NAN, 2.0], &[], &[(1.0, 3.0), (5.0, 6.0)]);
        check(&[0.0, 0.0, 0.0, 4.0], &[0.0, 0.2, 1.0, 1.0, 0.0], &[(1.0, 4.0)]);
    }
}
