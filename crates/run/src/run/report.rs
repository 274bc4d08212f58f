//! What a run tells of itself.

use std::borrow::Cow;

use super::{Run, Stage, sum};
use crate::log::Log;
use crate::result::RunResult;
use crate::status::{Halt, RunPhase, Status, UsersNow};
use base::time::Timestamp;
use metrics::{Browser, Report, ThresholdResult, Totals, UsersByState};
use plan::Plan;

impl Run {
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Short id of the run, part of its accounts and messages.
    pub fn id(&self) -> &str {
        &self.supplies.run_id
    }

    pub fn totals(&self) -> &Totals {
        self.aggregator.totals()
    }

    /// What it has come to so far.
    pub fn result(&self) -> RunResult<'_> {
        RunResult {
            id: Cow::Borrowed(&self.supplies.run_id),
            plan: Cow::Borrowed(&self.plan),
            totals: Cow::Borrowed(self.aggregator.totals()),
            log: Cow::Borrowed(&self.log),
            status: self.status(),
            finished: self.is_done() && !self.page.is_cut_off,
            clock_bound: self.clock_bound,
            told: None,
            thresholds: self.thresholds(),
            search: self.search(),
            search_level: self.search_level(),
        }
    }

    /// As they were judged when the last second was over; a search judges them level by level.
    fn thresholds(&self) -> Cow<'_, [ThresholdResult]> {
        match &self.judging.judgement {
            Some(judgement) if self.searching.is_none() => Cow::Borrowed(&judgement.thresholds),
            _ => Cow::Owned(self.aggregator.thresholds()),
        }
    }

    /// The same as text, see [`RunResult::report`].
    pub fn report(&self, browsers: Vec<Browser>, started_at: String) -> Report {
        self.result().report(browsers, started_at)
    }

    /// The run's time zero in milliseconds since 1970; `None` before it is set.
    pub fn epoch_ms(&self) -> Option<f64> {
        self.clock.epoch_ms
    }

    /// Workers, the probe's included.
    pub fn worker_count(&self) -> usize {
        self.members.len()
    }

    pub fn log(&self) -> &Log {
        &self.log
    }

    /// What all its workers are to do now, whatever was told them before.
    pub fn halt(&self) -> Option<Halt> {
        match self.stage {
            Stage::Loading | Stage::Preparing { .. } | Stage::Running => None,
            Stage::Settling { .. } | Stage::Leaving { .. } => Some(Halt::Stop),
            Stage::Aborting { .. } | Stage::Accounting { .. } | Stage::Done => Some(Halt::Abort),
        }
    }

    pub fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }

    pub fn status(&self) -> Status {
        let now = self.now();
        let by_state = sum(self.members.iter().flat_map(|member| &member.users));
        Status {
            phase: self.phase(),
            elapsed_s: now.as_secs_f64(),
            planned_s: self.target.end().as_secs_f64(),
            users: UsersNow {
                target: self.wanted_users(now, &by_state),
                connected: by_state.flow + by_state.active,
                by_state,
            },
            sent: self.aggregator.totals().delivery().sent,
            received: self.aggregator.totals().delivery().arrived,
            errors: self.aggregator.totals().errors().values().map(|error| error.count).sum(),
            problem: self.problem.clone(),
            // The page knows.
            not_kept: None,
            verdict: self.verdict().cloned(),
        }
    }

    pub fn phase(&self) -> RunPhase {
        match self.stage {
            Stage::Loading | Stage::Preparing { .. } => RunPhase::Ramping,
            Stage::Running if self.target.is_rising(self.now()) => RunPhase::Ramping,
            Stage::Running => RunPhase::Holding,
            Stage::Done => RunPhase::Done,
            _ => RunPhase::Stopping,
        }
    }

    fn wanted_users(&self, now: Timestamp, by_state: &UsersByState) -> u32 {
        match self.stage {
            Stage::Running => self.target.users(now).unwrap_or(alive(by_state)),
            _ => 0,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

pub(super) fn alive(users: &UsersByState) -> u32 {
    users.preparing + users.connecting + users.flow + users.active + users.reconnecting + users.finishing
}
