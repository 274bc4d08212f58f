//! A browser whose part cannot be true is put out of the run, and the run goes on without it.

use super::Run;
use crate::member::{Member, MemberState};
use base::time::Span;
use engine::wire::{Implausible, LogLevel, PartOfRun, Snapshot, ToWorker};
use metrics::AnnotationKind;
use plan::Plan;

#[derive(Debug)]
pub(super) struct Eviction {
    /// What a part of another browser's is held against.
    part: PartOfRun,
    /// One worker of each browser that was put out, until the swarm's conductor has heard of it.
    put_out: Vec<usize>,
}

impl Eviction {
    pub fn new(plan: &Plan) -> Self {
        Self { part: PartOfRun::new(plan), put_out: Vec::new() }
    }
}

impl Run {
    /// Whether a hand-over can be. What this browser's own workers say is this program's. Of another's nothing stands later in the
    /// results than now, but for what its clock may be wrong by: how far ahead it may be is so much because this browser's own clock
    /// may have stood still in its sleep, and not because anything can have been measured then.
    ///
    /// # Errors
    /// What cannot be.
    pub(super) fn believe(&mut self, worker: usize, snapshot: &mut Snapshot) -> Result<(), Implausible> {
        let now = self.now();
        let member = &mut self.members[worker];
        if member.part.browser.is_none() {
            return Ok(());
        }
        snapshot.plausible(now, &self.eviction.part, &member.ledger)?;
        member.named += self.aggregator.strange_names(&snapshot.metrics);
        let most = self.eviction.part.most_names();
        if member.named > most {
            let what = "names of metrics that nobody else has";
            return Err(Implausible::Many { what, found: member.named, most });
        }
        member.ledger += snapshot.ledger;
        snapshot.at = snapshot.at.min(now + self.clock_bound.unwrap_or(Span::ZERO).min(MOST_APART));
        Ok(())
    }

    /// All workers of its browser are cut off, and nothing more is heard of them. What was believed before stays.
    pub(super) fn put_out(&mut self, worker: usize, why: &str) {
        let Some(browser) = self.members.get(worker).and_then(|member| member.part.browser.clone()) else { return };
        let lives =
            |member: &Member| member.part.browser.as_ref() == Some(&browser) && member.state != MemberState::Dead;
        if self.is_done() || !self.members.iter().any(lives) {
            return;
        }
        self.eviction.put_out.push(worker);
        let why: String = why.chars().take(LONGEST_WHY).collect();
        if self.clock.epoch_ms.is_none() {
            return self.give_up(format!("{browser} was put out before the start: {why}"));
        }
        let at = self.now();
        let mut lost = 0;
        for worker in 0..self.members.len() {
            if !lives(&self.members[worker]) {
                continue;
            }
            lost += self.members[worker].die();
            self.aggregator.lose(worker, at, &self.members[worker].users);
            self.outbox.push_back((worker, ToWorker::Abort));
        }
        let text = format!("{browser} was put out after {:.1} s with its {lost} users: {why}", at.as_secs_f64());
        self.log.note(at, LogLevel::Error, text.clone());
        self.aggregator.annotate(at, AnnotationKind::Browser, text.as_str());
        self.problem.get_or_insert(text);
    }

    /// A worker of each browser that was put out since the last call: nothing more is to be taken from it.
    pub fn take_put_out(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.eviction.put_out)
    }
}

/// A clock that is known less well makes its time suspect; nothing more is believed of it.
const MOST_APART: Span = Span::from_secs(1);

/// As much as belongs into a result.
const LONGEST_WHY: usize = 300;
