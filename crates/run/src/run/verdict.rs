//! What a run thinks of its own generators: how many sockets each worker may hold, which browser is full, and the verdict so far.

use super::{MemberState, Run, Stage};
use base::time::{Span, Timestamp};
use engine::wire::{LogLevel, ToWorker};
use metrics::{Full, JudgedRun, Proof, RunJudgement, Stall, Verdict};

/// What was said and asked of a browser about its sockets.
#[derive(Debug, Clone, Default)]
pub(super) struct BrowserSeen {
    /// Its workers know that it is full.
    is_full: bool,
    /// So does the log.
    is_told: bool,
    stalled_since: Option<Timestamp>,
    tried_at: Option<Timestamp>,
    /// It gave back what it was given.
    pub has_no_room_until: Timestamp,
}

/// The verdict so far.
#[derive(Debug, Default)]
pub(super) struct Judging {
    /// As of the last second that is over.
    pub judgement: Option<RunJudgement>,
    /// When that was: closed seconds, whether the run was done, and whether it had a problem.
    as_of: Option<(u32, bool, Option<String>)>,
    /// Seconds after which thresholds were looked at.
    pub heeded: u32,
}

impl Judging {
    /// It was not judged like this yet.
    fn is_new(&mut self, closed: u32, is_done: bool, problem: Option<&str>) -> bool {
        let as_of = Some((closed, is_done, problem.map(str::to_owned)));
        let is_new = self.as_of != as_of;
        self.as_of = as_of;
        is_new
    }
}

impl Run {
    /// A browser whose part of the plan needs more sockets than it can hold is not asked for them: whoever asks too much of it is
    /// refused like by a server. What it has is shared in proportion to the users; `None`: there is room for all.
    pub(super) fn sockets_of(&self, worker: usize) -> Option<u32> {
        let budget = self.members[worker].part.budget;
        let part = |other: usize| &self.members[other].part;
        // Whoever played the same part before has left his sockets.
        let is_over = |other: usize| {
            (other + 1..self.members.len()).any(|later| part(later).segment.part == part(other).segment.part)
        };
        let of_home = |other: &usize| part(*other).browser == part(worker).browser && !is_over(*other);
        let users = |other: usize| u64::from(self.plan.users_of(&part(other).segment));
        let total: u64 = (0..self.members.len()).filter(of_home).map(users).sum();
        let sockets = u64::from(budget.sockets);
        if !budget.is_fixed || total <= sockets {
            return None;
        }
        let before: u64 = (0..worker).filter(of_home).map(users).sum();
        let up_to = |users: u64| users * sockets / total;
        Some((up_to(before + users(worker)) - up_to(before)) as u32)
    }

    /// Says of each browser that is full that it is, and lets its users wait instead of fail; and takes it back.
    pub(super) fn note_full_browsers(&mut self) {
        self.relief.browsers.resize_with(self.aggregator.totals().homes().count(), BrowserSeen::default);
        for home in 0..self.relief.browsers.len() {
            let rooms = self.aggregator.totals().rooms();
            let (full, stall, wants_trial) = (rooms.full_now(home), rooms.stall(home), rooms.wants_trial(home));
            self.note_full(home, full);
            self.note_stall(home, stall);
            if wants_trial {
                self.try_another_place(home);
            }
        }
    }

    fn note_full(&mut self, home: usize, full: Option<Full>) {
        let seen = &mut self.relief.browsers[home];
        let was_full = std::mem::replace(&mut seen.is_full, full.is_some());
        let is_told = full.is_some_and(|_| std::mem::replace(&mut seen.is_told, true));
        let name = self.name_of_browser(home);
        match full {
            Some(full) if !was_full => {
                // A worker that was told how many sockets it may hold keeps to that by itself.
                if full.proof != Proof::Held {
                    self.tell_browser(home, &ToWorker::Full);
                }
                if !is_told {
                    self.log.note(self.now(), LogLevel::Warning, said_of(&name, full));
                }
            }
            None if was_full => self.tell_browser(home, &ToWorker::Free),
            _ => {}
        }
    }

    fn note_stall(&mut self, home: usize, stall: Option<Stall>) {
        let seen = &mut self.relief.browsers[home];
        let since = stall.map(|stall| stall.since);
        if let Some(stall) = stall.filter(|_| seen.stalled_since != since) {
            seen.stalled_since = since;
            let text = format!(
                "{} opens no socket beyond {} while {} users wait: whether that is the browser or the server is not known",
                self.name_of_browser(home),
                stall.sockets,
                stall.waiting
            );
            self.log.note(self.now(), LogLevel::Warning, text);
        }
    }

    /// Its probe has time for that; without one, another worker.
    fn try_another_place(&mut self, home: usize) {
        let now = self.now();
        let seen = &mut self.relief.browsers[home];
        if self.stage != Stage::Running || seen.tried_at.is_some_and(|tried| now.since(tried) < BETWEEN_TRIALS) {
            return;
        }
        seen.tried_at = Some(now);
        let worker = self.workers_of(home).max_by_key(|&worker| self.members[worker].part.is_probe());
        self.outbox.extend(worker.map(|worker| (worker, ToWorker::Try)));
    }

    pub(super) fn workers_of(&self, home: usize) -> impl Iterator<Item = usize> {
        let is_its = move |&worker: &usize| self.aggregator.totals().homes().of(worker) == home;
        (0..self.members.len()).filter(is_its).filter(|&worker| self.members[worker].state != MemberState::Dead)
    }

    fn tell_browser(&mut self, home: usize, message: &ToWorker) {
        let workers: Vec<usize> = self.workers_of(home).collect();
        self.outbox.extend(workers.into_iter().map(|worker| (worker, message.clone())));
    }

    pub(super) fn name_of_browser(&self, home: usize) -> String {
        self.aggregator.totals().homes().name(home).map_or_else(|| "this browser".to_owned(), str::to_owned)
    }

    /// As of the last second that is over.
    pub fn verdict(&self) -> Option<&Verdict> {
        self.judging.judgement.as_ref().map(|judgement| &judgement.verdict)
    }

    /// At each second's end, and at the run's.
    pub(super) fn judge(&mut self) {
        let problem = self.problem.clone().or_else(|| self.unheard_now());
        let (closed, is_done) = (self.aggregator.totals().timeline().closed(), self.is_done());
        let has_begun = self.clock.epoch_ms.is_some() || is_done;
        if !has_begun || !self.judging.is_new(closed, is_done, problem.as_deref()) {
            return;
        }
        // A search breaks its thresholds on purpose, level by level: what it has found is no failure of the run.
        let thresholds = self.searching.is_none().then(|| self.aggregator.thresholds());
        self.judging.judgement = Some(RunJudgement::of(JudgedRun {
            rules: &self.plan.verdict,
            totals: self.aggregator.totals(),
            thresholds: thresholds.as_deref(),
            problem: problem.as_deref(),
            so_far: self.stage != Stage::Done,
        }));
    }
}

fn said_of(name: &str, full: Full) -> String {
    let Full { sockets, waiting, .. } = full;
    match full.proof {
        Proof::Held => {
            format!(
                "{name} is full at {sockets} sockets: {waiting} users wait; that is its own limit, not the server's"
            )
        }
        Proof::NearLimit => {
            format!("{name} opens no socket beyond {sockets}, about as many as its kind can hold: {waiting} users wait")
        }
        Proof::Trial => format!(
            "{name} opens no socket beyond {sockets}, not even to another place: {waiting} users wait; that is the browser or its \
             network, not the server"
        ),
    }
}

/// A socket that does not open is given up after twice as long.
const BETWEEN_TRIALS: Span = Span::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_judged_when_something_has_changed() {
        let mut judging = Judging::default();
        let mut check = |closed, is_done, problem, expected| {
            assert_eq!(judging.is_new(closed, is_done, problem), expected, "{closed} {is_done} {problem:?}");
        };
        check(0, false, None, true);
        check(0, false, None, false);
        check(1, false, None, true);
        check(1, false, Some("lost"), true);
        check(1, true, Some("lost"), true);
        check(1, true, Some("lost"), false);
    }
}
