//! How a run ends: users leave, ledgers are settled, and who does not answer is not waited for without end.

use super::report::alive;
use super::{MARGIN_MS, Run, Stage, sum};
use crate::member::MemberState;
use base::time::Span;
use engine::wire::{LogLevel, ToWorker};
use metrics::EndedBy;
use plan::LEAVES_A_SECOND;

impl Run {
    pub(super) fn leave(&mut self) {
        self.note_the_end();
        let users = alive(&sum(self.members.iter().flat_map(|member| &member.users)));
        // Four times as long as they need at their pace, as workers do, and as long again for one that has more than its share.
        let patience_s = self.plan.graceful_stop_s + 8.0 * f64::from(users) / f64::from(LEAVES_A_SECOND);
        self.stage = Stage::Leaving { since_ms: self.clock.now_ms, patience_s };
        self.tell_all(&ToWorker::Leave);
    }

    /// Workers end by themselves when their time is over, or when nobody is left: that is the plan's doing only if nobody gave up.
    fn note_the_end(&mut self) {
        if self.stage != Stage::Running {
            return;
        }
        let has_time_left = self.now() + ABOUT_NOW < self.target.end();
        let has_failed = self.members.iter().flat_map(|member| &member.users).any(|users| users.gave_up() > 0);
        self.end_load(if has_time_left && has_failed { EndedBy::Nobody } else { EndedBy::Plan });
    }

    pub(super) fn account(&mut self) {
        self.note_the_end();
        self.stage = Stage::Accounting { since_ms: self.clock.now_ms };
        self.tell_all(&ToWorker::Finish);
        // The dead answer nothing.
        self.advance();
    }

    /// Who still hands over is late and not dead: it is waited for, within reason.
    pub(super) fn bury_the_silent(&mut self, since_ms: f64) {
        let is_awaited =
            |run: &Self, worker: usize| run.speaks_still(worker) && run.clock.now_ms < since_ms + LATE_PATIENCE_MS;
        let all = 0..self.members.len();
        let open: Vec<_> = all.filter(|&worker| !self.members[worker].has_reached(MemberState::Done)).collect();
        if open.iter().any(|&worker| is_awaited(self, worker)) {
            return;
        }
        open.into_iter().for_each(|worker| self.on_death(worker, "it does not answer".to_owned()));
        self.account();
    }

    /// It has handed over not long ago.
    fn speaks_still(&self, worker: usize) -> bool {
        let member = &self.members[worker];
        member.state != MemberState::Dead && self.now().since(member.spoke_at).as_millis_f64() < MARGIN_MS
    }

    /// Not all ledgers are settled, and there was time for that: what is missing is not known.
    pub(super) fn end_unsettled(&mut self, since_ms: f64) {
        let all = 0..self.members.len();
        let open: Vec<_> = all.filter(|&worker| !self.members[worker].has_reached(MemberState::Finished)).collect();
        if open.iter().any(|&worker| self.speaks_still(worker)) && self.clock.now_ms < since_ms + LATE_PATIENCE_MS {
            return;
        }
        for worker in open {
            let text =
                format!("{} has not settled its deliveries: which of them miss is not known", self.name_of(worker));
            self.log.note(self.now(), LogLevel::Error, text.clone());
            self.problem.get_or_insert(text);
        }
        self.end();
    }

    pub(super) fn end(&mut self) {
        self.stage = Stage::Done;
        self.clock.end();
        if self.clock.epoch_ms.is_some() {
            self.note_the_missing();
        }
        self.aggregator.finish();
        self.log.note(self.now(), LogLevel::Info, "the run is over");
    }
}

/// Who ends so short before the planned end has ended with it.
const ABOUT_NOW: Span = Span::from_millis(500);

/// How long a worker that still hands over is waited for after that.
const LATE_PATIENCE_MS: f64 = 60_000.0;
