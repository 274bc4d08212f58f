//! What is drawn over and behind the lines: marks where something happened, and the seconds whose samples are suspect.

use serde::Serialize;

use crate::metrics::{Timeline, Totals};

/// A line across a chart, at a moment in which something happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mark {
    pub at_s: f64,
    /// Stands beside the line, and in the list of what happened.
    pub label: String,
    /// Where several runs are drawn: the series that it belongs to, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<usize>,
}

/// Numbered from 1, like the list of what happened.
pub fn marks(totals: &Totals) -> Vec<Mark> {
    let mark = |(at, annotation): (usize, &crate::metrics::Annotation)| Mark {
        at_s: annotation.at_s,
        label: (at + 1).to_string(),
        series: None,
    };
    totals.annotations().all().iter().enumerate().map(mark).collect()
}

/// Seconds with suspect samples, those that follow each other as one span.
pub fn suspect(timeline: &Timeline) -> Vec<(f64, f64)> {
    spans(timeline.value("health.suspect").unwrap_or_default())
}

fn spans(counts: &[f32]) -> Vec<(f64, f64)> {
    let mut spans: Vec<(f64, f64)> = Vec::new();
    for (second, _) in counts.iter().enumerate().filter(|(_, count)| **count > 0.0) {
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
    fn check(counts: &[f32], expected: &[(f64, f64)]) {
        assert_eq!(spans(counts), expected, "{counts:?}");
    }

    #[test]
    fn seconds_with_suspect_samples_become_spans() {
        check(&[], &[]);
        check(&[0.0, 0.0], &[]);
        check(&[3.0], &[(0.0, 1.0)]);
        check(&[0.0, 1.0, 9.0, 0.0, f32::NAN, 2.0], &[(1.0, 3.0), (5.0, 6.0)]);
    }
}
