//! Everything stands still: connections are open, and nothing comes.

use std::ops::Range;

use super::InsightKind;
use super::course::{Course, longest, median};
use crate::annotation::AnnotationKind;
use catalogue::Counter;

/// For two seconds and longer nearly no frame came, after eight seconds of a steady flow of at least ten a second, while users kept their
/// connections. Not told where the generator was late, where the tester had just done something, and, until it is over, under five seconds.
pub(super) fn stalled(course: &Course<'_>) -> Option<InsightKind> {
    let (frames, open) = (course.value(Counter::FramesIn.name()), course.connected());
    let mut found = silences(&frames);
    found.retain(|stretch| {
        let (from, until) = (stretch.start, stretch.end);
        let least = if until < course.seconds { SHORT } else { UNTIL_NOW };
        let kept = open[from - 1] * KEPT;
        stretch.len() >= least
            && kept >= 1.0
            && open[from..until].iter().all(|open| *open >= kept)
            && !course.is_late(from - 1..until + 1)
            && !is_done(course, from)
    });
    let stretch = longest(&found)?;
    Some(InsightKind::Stalled {
        at_s: stretch.start as f64,
        until_s: (stretch.end < course.seconds).then_some(stretch.end as f64),
        lasted_s: stretch.len() as f64,
        times: found.len() as u64,
        usual: usual(&frames, stretch.start)?,
    })
}

/// Seconds after a steady flow in which nearly nothing came. None begins with the run.
fn silences(frames: &[f64]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut second = BEFORE;
    while second < frames.len() {
        let least = usual(frames, second).map_or(-1.0, |usual| usual * NOTHING);
        let until = (second..frames.len()).find(|at| frames[*at] > least).unwrap_or(frames.len());
        if until > second {
            found.push(second..until);
        }
        second = until.max(second + 1);
    }
    found
}

/// How many frames a second came in the seconds before, if they came steadily.
fn usual(frames: &[f64], second: usize) -> Option<f64> {
    let before = &frames[second.checked_sub(BEFORE)?..second];
    let usual = median(before);
    let is_steady = before.iter().all(|count| *count >= usual * STEADY);
    (is_steady && usual >= LEAST_USUAL).then_some(usual)
}

/// Somebody had just done something.
fn is_done(course: &Course<'_>, second: usize) -> bool {
    let at = second as f64;
    let mut actions = course.totals.annotations().all().iter().filter(|mark| mark.kind == AnnotationKind::Action);
    actions.any(|mark| mark.at_s > at - JUST && mark.at_s < at + 1.0)
}

/// Seconds.
const BEFORE: usize = 8;
const SHORT: usize = 2;
const UNTIL_NOW: usize = 5;
const JUST: f64 = 3.0;
/// Frames a second: fewer can miss by chance.
const LEAST_USUAL: f64 = 10.0;
/// Shares of what is usual.
const NOTHING: f64 = 0.05;
const STEADY: f64 = 0.2;
const KEPT: f64 = 0.8;
