//! Operations that never went well, did not any more, or were refused.

use std::collections::BTreeMap;

use super::InsightKind;
use super::course::{Course, sum};
use crate::delta::ErrorKey;
use crate::totals::is_timeout;
use crate::user::Phase;
use base::time::Timestamp;
use catalogue::{Figure, Metric};

/// The errors of one operation with one code, whoever had them.
struct Failures<'a> {
    operation: &'a str,
    code: &'a str,
    count: u64,
    first: Timestamp,
}

/// It failed at least three times and never went well. Of several the one that users come to first: the rest may follow from it.
pub(super) fn never_succeeded(course: &Course<'_>) -> Option<InsightKind> {
    let never = |name: &&str| {
        let outcomes = course.totals.operations().get(*name);
        outcomes.is_some_and(|outcomes| outcomes.succeeded == 0 && outcomes.failed >= LEAST_FAILED)
    };
    let operation = course.totals.life().into_iter().find(never)?;
    let of_it = |failures: &Failures<'_>| failures.operation == operation;
    let failures: Vec<_> = failures(course, |_| true).into_iter().filter(of_it).collect();
    let most = failures.iter().rev().max_by_key(|failures| failures.count)?;
    let first = failures.iter().map(|failures| failures.first).min()?;
    let failed = course.totals.operations().get(operation)?.failed;
    Some(InsightKind::NeverSucceeded {
        at_s: first.as_secs_f64(),
        operation: operation.to_owned(),
        failed,
        code: most.code.to_owned(),
    })
}

/// The same code, and not a time-out, came at least five times and to a twentieth of the attempts. A browser that is full refuses by itself.
pub(super) fn refused(course: &Course<'_>) -> Option<InsightKind> {
    let life = course.totals.life();
    let failures = failures(course, is_refusal);
    let attempts = |operation: &str| {
        let succeeded = course.totals.operations().get(operation).map_or(0, |outcomes| outcomes.succeeded);
        let failed = failures.iter().filter(|failures| failures.operation == operation).map(|failures| failures.count);
        (succeeded, failed.fold(succeeded, u64::saturating_add))
    };
    let refused = failures.iter().filter(|failures| {
        let (succeeded, attempts) = attempts(failures.operation);
        let is_own = failures.operation == Metric::Connect.name() && is_any_full(course);
        failures.count >= LEAST_REFUSED
            && failures.count.saturating_mul(REFUSED_PART) >= attempts
            && succeeded > 0
            && !is_timeout(failures.code)
            && !is_own
            && life.contains(&failures.operation)
    });
    let most = refused.max_by_key(|failures| (failures.count, std::cmp::Reverse(failures.first)))?;
    Some(InsightKind::Refused {
        at_s: most.first.as_secs_f64(),
        operation: most.operation.to_owned(),
        code: most.code.to_owned(),
        count: most.count,
        of: attempts(most.operation).1,
    })
}

/// Who loses a connection, or is connected and not greeted, was not refused; both may be errors of `connect`.
fn is_refusal(key: &ErrorKey) -> bool {
    key.phase != Phase::BeforeGreeting && (key.operation != Metric::Connect.name() || key.phase == Phase::Connecting)
}

/// It had gone well, then failed five times and more, and never went well again. A generator that was late since then is no witness.
pub(super) fn ceased(course: &Course<'_>) -> Option<InsightKind> {
    let of_operation = |operation: &str| {
        let successes = successes(course, operation);
        let at = successes.iter().rposition(|count| *count > 0.0)? + 1;
        let errors = sum(&course.value(&Figure::ErrorsOf.of(operation)), at..course.seconds);
        // A lost connection is an error of `connect`, and no attempt.
        let is_connect = operation == Metric::Connect.name();
        let lost = if is_connect { sum(&course.value(Figure::Disconnects.name()), at..course.seconds) } else { 0.0 };
        let failed = errors - lost;
        let is_seen = failed >= LEAST_REFUSED as f64 && at + SHORT <= course.seconds;
        (is_seen && !course.is_late(at..course.seconds)).then(|| InsightKind::Ceased {
            at_s: at as f64,
            operation: operation.to_owned(),
            before: sum(&successes, 0..at) as u64,
            failed: failed as u64,
        })
    };
    // Of several the one that failed most, and of those the first of a user's life.
    let failed = |ceased: &InsightKind| if let InsightKind::Ceased { failed, .. } = ceased { *failed } else { 0 };
    course.totals.life().into_iter().rev().filter_map(of_operation).max_by_key(failed)
}

/// How often it went well in each second: as often as it was measured.
fn successes(course: &Course<'_>, operation: &str) -> Vec<f64> {
    let mut all = vec![0.0; course.seconds];
    for (name, columns) in course.totals.timeline().metrics() {
        let named = Metric::read(name);
        if named.whose == operation && named.definition().proves.is_some() {
            let counts = columns.count.iter().map(|count| f64::from(*count));
            all.iter_mut().zip(counts).for_each(|(most, count)| *most = count.max(*most));
        }
    }
    all
}

fn failures<'a>(course: &Course<'a>, is_counted: fn(&ErrorKey) -> bool) -> Vec<Failures<'a>> {
    let mut all = BTreeMap::<(&str, &str), (u64, Timestamp)>::new();
    for (key, error) in course.totals.errors().iter().filter(|(key, _)| is_counted(key)) {
        let (count, first) = all.entry((&key.operation, &key.code)).or_insert((0, Timestamp::NEVER));
        *count = count.saturating_add(error.count);
        *first = (*first).min(error.first);
    }
    let failures = |((operation, code), (count, first))| Failures { operation, code, count, first };
    all.into_iter().map(failures).collect()
}

fn is_any_full(course: &Course<'_>) -> bool {
    (0..course.totals.homes().count()).any(|home| course.totals.rooms().full(home).is_some())
}

const LEAST_FAILED: u64 = 3;
const LEAST_REFUSED: u64 = 5;
/// One attempt of so many.
const REFUSED_PART: u64 = 20;
/// Seconds in which it can have been chance.
const SHORT: usize = 5;
