//! Connections that were lost together, and the time in which nobody had one.

use std::collections::BTreeMap;

use super::InsightKind;
use super::course::{Course, longest, stretches, sum};
use crate::close::{CloseKind, ClosedBy, DisconnectKey};
use catalogue::Figure;

/// Many connections were lost within three seconds: at least five, and a third of those that were open. Not told where the users
/// themselves gave up while their generator was late.
pub(super) fn mass_close(course: &Course<'_>) -> Option<InsightKind> {
    let (lost, open) = (course.value(Figure::Disconnects.name()), course.connected());
    let mut worst: Option<(usize, f64)> = None;
    for second in (0..course.seconds).filter(|second| lost[*second] > 0.0) {
        let together = sum(&lost, second..second + TOGETHER);
        if worst.is_none_or(|(_, most)| together > most) {
            worst = Some((second, together));
        }
    }
    let (at, together) = worst?;
    // Those of the second before, which may have begun to fall already.
    let before = at.saturating_sub(2)..at;
    let of = open[before].iter().copied().fold(together, f64::max);
    if together < LEAST_LOST || together < of * LEAST_SHARE {
        return None;
    }
    let last = (at..(at + TOGETHER).min(course.seconds)).rev().find(|second| lost[*second] > 0.0).unwrap_or(at);
    let by = most_of(course, together, |key| key.by);
    if by == Some(ClosedBy::Timeout) && course.is_late(at.saturating_sub(PATIENCE)..last + 1) {
        return None;
    }
    Some(InsightKind::MassClose {
        at_s: at as f64,
        within_s: (last + 1 - at) as f64,
        lost: together as u64,
        of: of as u64,
        by,
        code: most_of(course, together, |key| key.code),
    })
}

/// What most of so many closes have in common, whenever the others of the run were.
fn most_of<T: Ord + Copy>(course: &Course<'_>, together: f64, part: fn(&DisconnectKey) -> T) -> Option<T> {
    let mut counts = BTreeMap::<T, f64>::new();
    for (key, total) in course.totals.disconnects().iter().filter(|(key, _)| key.kind() == CloseKind::Lost) {
        *counts.entry(part(key)).or_default() += total.count as f64;
    }
    let elsewhere = counts.values().sum::<f64>() - together;
    counts.into_iter().find(|(_, count)| count - elsewhere > together / 2.0).map(|(part, _)| part)
}

/// For five seconds and longer nearly nobody had a connection, at least three users wanted one, and some had had one before.
pub(super) fn no_service(course: &Course<'_>) -> Option<InsightKind> {
    let (open, wanting) = (course.connected(), course.wanting());
    let first = open.iter().position(|open| *open >= LEAST_USERS)?;
    let is_out =
        |second: usize| second > first && wanting[second] >= LEAST_USERS && open[second] <= wanting[second] * FEW;
    let out = longest(&stretches(course.seconds, is_out)).filter(|out| out.len() >= OUT_FOR)?;
    // Who stands still itself sees nobody come back.
    if course.is_late(out.clone()) {
        return None;
    }
    let users = wanting[out.clone()].iter().copied().fold(0.0, f64::max) as u64;
    let until_s = (out.end < course.seconds).then_some(out.end as f64);
    Some(InsightKind::NoService { at_s: out.start as f64, until_s, lasted_s: out.len() as f64, users })
}

/// Seconds.
const TOGETHER: usize = 3;
const LEAST_LOST: f64 = 5.0;
const LEAST_SHARE: f64 = 1.0 / 3.0;
/// A user gives a silent server up after so long, seconds: what its generator did meanwhile counts.
const PATIENCE: usize = 30;
const LEAST_USERS: f64 = 3.0;
/// A twentieth as many as want one.
const FEW: f64 = 0.05;
/// Seconds.
const OUT_FOR: usize = 5;
