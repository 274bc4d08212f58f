//! What a picture is made of: a run that goes on here, or one that was read from its report. Views ask here for what the two
//! keep differently, and for everything else the totals, which both have.

use super::thresholds::{self, ThresholdRow};
use super::{SearchView, StatusView};
use crate::past::PastRun;
use base::time::Span;
use metrics::{Totals, Verdict};
use plan::Plan;
use run::{Run, RunPhase};

#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    Live(&'a Run),
    Past(&'a PastRun),
}

impl<'a> Source<'a> {
    pub fn id(self) -> &'a str {
        match self {
            Self::Live(run) => run.id(),
            Self::Past(past) => &past.report.run,
        }
    }

    pub fn plan(self) -> &'a Plan {
        match self {
            Self::Live(run) => run.plan(),
            Self::Past(past) => &past.plan,
        }
    }

    pub fn totals(self) -> &'a Totals {
        match self {
            Self::Live(run) => run.totals(),
            Self::Past(past) => &past.totals,
        }
    }

    pub fn status(self) -> StatusView {
        match self {
            Self::Live(run) => StatusView::of(&run.status()),
            Self::Past(past) => of_past(past),
        }
    }

    /// With several browsers, how wrong the comparison of their clocks can be.
    pub fn clock_bound(self) -> Option<Span> {
        match self {
            Self::Live(run) => run.clock_bound(),
            Self::Past(past) => past.report.clock_bound_ms.map(Span::from_millis_f64),
        }
    }

    pub(super) fn search(self) -> Option<SearchView> {
        match self {
            Self::Live(run) => Some(SearchView::of(&run.search()?, run.search_level())),
            Self::Past(past) => past.report.search.as_ref().map(|search| SearchView::of(search, None)),
        }
    }

    pub(super) fn verdict(self) -> Option<&'a Verdict> {
        match self {
            Self::Live(run) => run.verdict(),
            Self::Past(past) => past.report.verdict.as_ref(),
        }
    }

    /// A past run's thresholds were judged when it was there: with its samples, and by the rules of then.
    pub(super) fn thresholds(self) -> Vec<ThresholdRow> {
        match self {
            Self::Live(run) => thresholds::rows(run.plan(), run.totals()),
            Self::Past(past) => past.report.thresholds.iter().map(thresholds::past).collect(),
        }
    }
}

/// Nothing goes on in a past run, also when its report was written before its end.
fn of_past(past: &PastRun) -> StatusView {
    let (report, users) = (&past.report, past.report.users);
    StatusView {
        phase: RunPhase::Done,
        elapsed_s: report.duration_s,
        planned_s: past.plan.duration_s(),
        connected: users.flow + users.active,
        target: 0,
        done: users.done,
        failed: users.failed,
        problem: report.problem.clone().or_else(|| (!report.finished).then(|| UNFINISHED.to_owned())),
    }
}

const UNFINISHED: &str = "this was written while the run was going on";
