//! Errors that began with something that was done, noted, or happened to a browser.

use super::InsightKind;
use super::course::{Course, sum};
use crate::annotation::AnnotationKind;
use catalogue::Figure;

/// Within ten seconds of a mark at least ten errors came, and five times as many as in the ten seconds before it. Of several marks before
/// the same errors the last one is meant.
pub(super) fn errors_after(course: &Course<'_>) -> Option<InsightKind> {
    let errors = course.value(Figure::Errors.name());
    let marks = course.totals.annotations().all().iter().filter(|mark| mark.kind != AnnotationKind::Errors);
    let mut worst: Option<(u64, InsightKind)> = None;
    for mark in marks {
        // The second in which it was done may have seen errors before it: it counts as before only if there were as many.
        let at = mark.at_s.max(0.0) as usize;
        let (after, before) = (sum(&errors, at..at + AROUND), sum(&errors, at.saturating_sub(AROUND)..at));
        let has_begun = after >= LEAST && after >= before * TIMES;
        if has_begun && worst.as_ref().is_none_or(|(most, _)| after as u64 >= *most) {
            let (errors, before, done) = (after as u64, before as u64, mark.text.clone());
            worst = Some((errors, InsightKind::ErrorsAfter { at_s: mark.at_s, done, errors, before }));
        }
    }
    worst.map(|(_, kind)| kind)
}

/// Seconds.
const AROUND: usize = 10;
const LEAST: f64 = 10.0;
const TIMES: f64 = 5.0;
