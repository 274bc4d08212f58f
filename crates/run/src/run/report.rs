//! What a run tells of itself.

use super::{Run, Stage, sum};
use crate::log::Log;
use crate::status::{Halt, RunPhase, Status, UsersNow};
use base::time::{Span, Timestamp};
use metrics::{Browser, Report, ReportFacts, Totals, UsersByState};
use plan::Plan;

impl Run {
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Short id of the run, part of its accounts and messages.
    pub fn id(&self) -> &str {
        &self.run_id
    }

    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// What the run has shown so far. `browsers` and `started_at` (RFC 3339, see [`Self::epoch_ms`]) are the page's to know.
    pub fn report(&self, browsers: Vec<Browser>, started_at: String) -> Report {
        let facts = ReportFacts {
            run: self.run_id.clone(),
            browsers,
            started_at,
            problem: self.problem.clone(),
            clock_bound_ms: self.clock_bound.map(Span::as_millis_f64),
            verdict: self.verdict.clone(),
            finished: self.is_done() && !self.is_cut_off,
            is_cut_off: self.is_cut_off,
            search: self.search(),
            log: self.log.entry(),
        };
        Report::new(&self.plan, &self.totals, facts)
    }

    /// The run's time zero in milliseconds since 1970; `None` before it is set.
    pub fn epoch_ms(&self) -> Option<f64> {
        self.epoch_ms
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
            sent: self.totals.delivery().sent,
            received: self.totals.delivery().arrived,
            errors: self.totals.errors().values().map(|error| error.count).sum(),
            problem: self.problem.clone(),
            // The page knows.
            not_kept: None,
            verdict: self.verdict.clone(),
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

    /// Time of the run; stands still before its start and after its end.
    pub(super) fn now(&self) -> Timestamp {
        self.epoch_ms.map_or(Timestamp::ZERO, |epoch_ms| {
            Timestamp::from_millis_f64(self.ended_ms.unwrap_or(self.now_ms) - epoch_ms)
        })
    }
}

pub(super) fn alive(users: &UsersByState) -> u32 {
    users.preparing + users.connecting + users.flow + users.active + users.reconnecting + users.finishing
}
