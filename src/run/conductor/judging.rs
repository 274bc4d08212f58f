//! What a run thinks of its own generators: how many sockets each worker may hold, which browser is full, and the verdict so far.

use super::{MemberState, Run, Stage};
use crate::metrics::{Case, Full, ThresholdResult, Verdict};
use crate::plan::Threshold;
use crate::wire::{Level, ToWorker};

impl Run {
    /// A browser whose part of the plan needs more sockets than it can hold is not asked for them: whoever asks too much of it is
    /// refused like by a server. What it has is shared in proportion to the users; `None`: there is room for all.
    pub(super) fn sockets_of(&self, worker: usize) -> Option<u32> {
        let room = self.members[worker].part.room;
        let part = |other: usize| &self.members[other].part;
        // Whoever played the same part before has left his sockets.
        let is_over = |other: usize| {
            (other + 1..self.members.len()).any(|later| part(later).segment.part == part(other).segment.part)
        };
        let of_home = |other: &usize| part(*other).browser == part(worker).browser && !is_over(*other);
        let users = |other: usize| u64::from(self.plan.users_of(&part(other).segment));
        let total: u64 = (0..self.members.len()).filter(of_home).map(users).sum();
        let sockets = u64::from(room.sockets);
        if !room.is_fixed || total <= sockets {
            return None;
        }
        let before: u64 = (0..worker).filter(of_home).map(users).sum();
        let up_to = |users: u64| users * sockets / total;
        Some((up_to(before + users(worker)) - up_to(before)) as u32)
    }

    /// Says once of each browser that is full that it is, and lets its users wait instead of fail.
    pub(super) fn note_full_browsers(&mut self) {
        let homes = self.totals.homes();
        self.full_told.resize(homes.count(), false);
        for home in 0..self.full_told.len() {
            if let Some(full) = self.totals.rooms().full(home).filter(|_| !self.full_told[home]) {
                self.full_told[home] = true;
                self.note_full(home, full);
            }
        }
    }

    fn note_full(&mut self, home: usize, full: Full) {
        let homes = self.totals.homes();
        let name = homes.name(home).map_or_else(|| "this browser".to_owned(), str::to_owned);
        let text = format!(
            "{name} is full at {} sockets: {} users wait; that is its own limit, not the server's",
            full.sockets, full.waiting
        );
        let workers: Vec<usize> = (0..self.members.len())
            .filter(|&worker| homes.of(worker) == home && self.members[worker].state != MemberState::Dead)
            .collect();
        self.log.note(self.now(), Level::Warning, text);
        self.outbox.extend(workers.into_iter().map(|worker| (worker, ToWorker::Full)));
    }

    /// As of the last second that is over.
    pub fn verdict(&self) -> Option<&Verdict> {
        self.verdict.as_ref()
    }

    /// At each second's end, and at the run's.
    pub(super) fn judge(&mut self) {
        let problem = self.problem.clone().or_else(|| self.unheard_now());
        let second = (self.totals.timeline().closed(), self.is_done(), problem.clone());
        if self.judged.as_ref() == Some(&second) || (self.epoch_ms.is_none() && !self.is_done()) {
            return;
        }
        self.judged = Some(second);
        let judge = |text: &String| Some(text.parse::<Threshold>().ok()?.evaluate(&self.totals));
        // A search breaks its thresholds on purpose, level by level: what it has found is no failure of the run.
        let thresholds: Option<Vec<ThresholdResult>> =
            self.searching.is_none().then(|| self.plan.thresholds.iter().filter_map(judge).collect());
        self.verdict = Some(Verdict::of(Case {
            rules: &self.plan.verdict,
            totals: &self.totals,
            thresholds: thresholds.as_deref(),
            problem: problem.as_deref(),
            so_far: self.stage != Stage::Done,
        }));
    }
}
