//! Never more than so many at the same time, whoever came later.

use super::InsightKind;
use super::course::Course;

/// Users with a connection rose to a number and stayed there, while more and more wanted one: for ten seconds and longer, and by a fifth
/// and at least three. A browser that is full, or opens nothing and nobody knows why, is no witness.
pub(super) fn plateau(course: &Course<'_>) -> Option<InsightKind> {
    let rooms = course.totals.rooms();
    let is_doubted = |home| rooms.full(home).is_some() || rooms.stall(home).is_some();
    if (0..course.totals.homes().count()).any(is_doubted) {
        return None;
    }
    let (open, wanting) = (course.users(&["flow", "active"]), course.wanting());
    let most = open.iter().copied().fold(0.0, f64::max);
    let at = open.iter().position(|open| *open >= most * NEARLY).filter(|_| most >= LEAST)?;
    let wanted = |second: usize| open[second] + wanting[second];
    // As many as want more than there is room for: from the first of them on nobody leaves a place empty.
    let is_beyond = |second: &usize| wanted(*second) >= most + (most * BEYOND).max(3.0);
    let beyond: Vec<usize> = (at..course.seconds).filter(is_beyond).collect();
    let (first, last) = (*beyond.first()?, *beyond.last()?);
    let stays = open[first..=last].iter().all(|open| *open >= most * STAYS);
    // Those who came with the others are still on their way.
    let has_grown = wanted(at) < most + (most * BEYOND).max(3.0);
    (beyond.len() >= FOR && stays && has_grown && !course.is_late(first..last + 1)).then(|| InsightKind::Plateau {
        at_s: at as f64,
        most: most as u64,
        wanted: beyond.iter().map(|second| wanted(*second)).fold(0.0, f64::max) as u64,
    })
}

const LEAST: f64 = 5.0;
const NEARLY: f64 = 0.95;
const STAYS: f64 = 0.9;
const BEYOND: f64 = 0.2;
/// Seconds.
const FOR: usize = 10;
