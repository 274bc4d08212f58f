//! Users that a voice service lets in and does not greet.

use super::InsightKind;
use super::course::{Course, sum};
use crate::user::Phase;
use base::time::Timestamp;
use catalogue::Metric;

/// At least three times something failed between the connection and the greeting. A generator that was late in a fifth of the run is no
/// witness: it may have given up too soon.
pub(super) fn no_greeting(course: &Course<'_>) -> Option<InsightKind> {
    let silent = course.totals.errors().iter().filter(|(key, _)| key.phase == Phase::BeforeGreeting);
    let add = |(count, first): (u64, Timestamp), total: &crate::totals::ErrorTotal| {
        (count.saturating_add(total.count), first.min(total.first))
    };
    let (count, first) = silent.map(|(_, total)| total).fold((0, Timestamp::NEVER), add);
    (count >= LEAST && !course.is_late(0..course.seconds)).then(|| InsightKind::NoGreeting {
        at_s: first.as_secs_f64(),
        silent: count,
        greeted: greeted(course),
    })
}

/// How often the first thing was heard that users listen for.
fn greeted(course: &Course<'_>) -> u64 {
    let life = course.totals.life();
    let heard = life.iter().find_map(|operation| course.totals.timeline().metric(&Metric::FirstAudio.of(operation)));
    let counts = heard.map(|columns| columns.count.iter().map(|count| f64::from(*count)).collect::<Vec<_>>());
    counts.map_or(0, |counts| sum(&counts, 0..course.seconds) as u64)
}

const LEAST: u64 = 3;
