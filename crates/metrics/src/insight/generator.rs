//! The generator was late.

use super::InsightKind;
use super::course::Course;

/// In at least three seconds, and in a twentieth of the time without the warm-up.
pub(super) fn late(course: &Course<'_>) -> Option<InsightKind> {
    let late = &course.late;
    let warmup = (course.totals.warmup().as_secs_f64() as usize).min(late.len());
    let seconds: Vec<usize> = (warmup..late.len()).filter(|second| late[*second] > 0.0).collect();
    let of = late.len() - warmup;
    if seconds.len() < LEAST || seconds.len() * PART < of {
        return None;
    }
    let worst = course.totals.suspects().late().worst();
    let browser = worst.and_then(|(worker, _)| course.totals.browser_of(worker));
    Some(InsightKind::GeneratorLate {
        at_s: *seconds.first()? as f64,
        late_s: seconds.len() as f64,
        of_s: of as f64,
        browser: browser.map(str::to_owned),
    })
}

/// Seconds.
const LEAST: usize = 3;
/// One second of so many.
const PART: usize = 20;
