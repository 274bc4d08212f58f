//! Slow since a moment.

use super::InsightKind;
use super::course::{Course, median};
use catalogue::most_important;

/// One stretch of the run.
struct Part {
    second: usize,
    ms: f64,
    users: f64,
}

/// The median of the metric that matters most doubled at least, and by 50 ms, and stayed so: nine tenths of the time before the moment are
/// on the one side of the middle, nine tenths after it on the other. Not told where the generator was late in a fifth of the time after.
pub(super) fn slow_since(course: &Course<'_>) -> Option<InsightKind> {
    let names = course.totals.timeline().metrics().map(|(name, _)| name);
    let metric = most_important(names.collect::<Vec<_>>().into_iter())?;
    let parts = parts(course, metric);
    let moments = LEAST_PARTS..parts.len().saturating_sub(LEAST_PARTS);
    let split = |at: usize| {
        let (before, after) = parts.split_at(at);
        let level = |parts: &[Part]| median(&parts.iter().map(|part| part.ms).collect::<Vec<_>>());
        let (low, high) = (level(before), level(after));
        let middle = f64::midpoint(low, high);
        let slow_before = before.iter().filter(|part| part.ms >= middle).count();
        let fast_after = after.iter().filter(|part| part.ms < middle).count();
        let is_apart = high >= low * TIMES
            && high - low >= LEAST_MS
            && slow_before * TRIFLE <= before.len()
            && fast_after * TRIFLE <= after.len();
        is_apart.then_some((slow_before + fast_after, at, low, high))
    };
    let (_, at, before_ms, after_ms) = moments.filter_map(split).min_by_key(|(wrong, at, ..)| (*wrong, *at))?;
    let second = parts[at].second;
    let users = |parts: &[Part]| median(&parts.iter().map(|part| part.users).collect::<Vec<_>>()) as u64;
    (!course.is_late(second..course.seconds)).then(|| InsightKind::SlowSince {
        at_s: second as f64,
        metric: metric.to_owned(),
        before_ms,
        after_ms,
        users_before: users(&parts[..at]),
        users_after: users(&parts[at..]),
    })
}

/// At most so many parts that a run of any length takes the same time.
fn parts(course: &Course<'_>, metric: &str) -> Vec<Part> {
    let Some(columns) = course.totals.timeline().metric(metric) else { return Vec::new() };
    let warmup = course.totals.warmup().as_secs_f64().ceil() as usize;
    let (length, users) = (course.seconds.div_ceil(MOST_PARTS).max(1), course.connected());
    let part = |first: usize| {
        let seconds = first..(first + length).min(course.seconds);
        let known = columns.p50.get(seconds.clone()).unwrap_or_default().iter().filter(|ms| ms.is_finite());
        let known: Vec<f64> = known.map(|ms| f64::from(*ms)).collect();
        (!known.is_empty()).then(|| Part { second: first, ms: median(&known), users: median(&users[seconds]) })
    };
    (warmup..course.seconds).step_by(length).filter_map(part).collect()
}

const MOST_PARTS: usize = 120;
/// On each side.
const LEAST_PARTS: usize = 8;
const TIMES: f64 = 2.0;
const LEAST_MS: f64 = 50.0;
/// One of so many may be wrong.
const TRIFLE: usize = 10;
