//! Workers that fall silent: nobody counts on them or waits for them, and what they hand over later still counts.

use super::{Run, Stage};
use crate::input::RunInput;
use crate::member::{Member, MemberState, Quiet, Unheard};
use crate::watchdog::{ELSEWHERE, HERE, SilenceLimits};
use base::time::Timestamp;
use engine::wire::LogLevel;
use metrics::AnnotationKind;

impl Run {
    /// Who has been silent for too long: whoever feeds this run feeds it these as well. They are inputs of their own, so that a
    /// run that is played again does not depend on when time was looked at.
    pub fn overdue(&self) -> Vec<RunInput> {
        if !self.is_listening() {
            return Vec::new();
        }
        let overdue = self.members.iter().enumerate().filter_map(|(worker, member)| {
            let limits = if member.part.browser.is_some() { ELSEWHERE } else { HERE };
            self.finding(worker, limits)
        });
        overdue.collect()
    }

    fn finding(&self, worker: usize, limits: SilenceLimits) -> Option<RunInput> {
        let member = &self.members[worker];
        if !(MemberState::Loaded..MemberState::Done).contains(&member.state) {
            return None;
        }
        match member.unheard.map(|unheard| unheard.what) {
            None if self.watchdog.is_silent(member.hearing, limits) => Some(RunInput::Silent { worker }),
            Some(Quiet::Silent) if self.watchdog.is_lost(member.hearing, limits) => Some(RunInput::Lost { worker }),
            _ => None,
        }
    }

    /// Workers hand over from the run's epoch until their users are gone.
    fn is_listening(&self) -> bool {
        let is_under_way = matches!(
            self.stage,
            Stage::Running | Stage::Settling { .. } | Stage::Leaving { .. } | Stage::Aborting { .. }
        );
        is_under_way && self.clock.has_begun()
    }

    /// Time has passed. Who has his plan by now is listened for.
    pub(super) fn listen(&mut self) {
        self.watchdog.look(self.clock.now_ms);
        if self.is_listening() {
            let (heard, now) = (self.watchdog.heard(), self.now());
            let new = |member: &&mut Member| member.state >= MemberState::Loaded && !member.hearing.has_begun();
            for member in self.members.iter_mut().filter(new) {
                (member.hearing, member.spoke_at) = (heard, now);
            }
        }
    }

    /// It said something.
    pub(super) fn on_heard(&mut self, worker: usize, at: Timestamp) {
        let heard = self.watchdog.heard();
        let now = self.now();
        let member = &mut self.members[worker];
        if member.hearing.has_begun() {
            (member.hearing, member.spoke_at) = (heard, at.clamp(member.spoke_at, now.max(member.spoke_at)));
        }
        if let Some(unheard) = member.unheard.take_if(|unheard| unheard.what != Quiet::Away) {
            self.aggregator.regain(worker);
            let after = now.since(unheard.since).as_secs_f64();
            let text = format!("{} is heard again after {after:.1} s", self.name_of(worker));
            self.log.note(now, LogLevel::Info, text.clone());
            self.aggregator.annotate(now, AnnotationKind::Browser, text);
        }
    }

    pub(super) fn on_silent(&mut self, worker: usize) {
        let (now, is_listening) = (self.now(), self.is_listening());
        // Its own page may say so late, or when all is over.
        let is_meant = |member: &&mut Member| {
            member.unheard.is_none() && (MemberState::Loaded..MemberState::Done).contains(&member.state)
        };
        let Some(member) = self.members.get_mut(worker).filter(|_| is_listening).filter(is_meant) else { return };
        let lost = member.leave_for(Unheard { since: member.spoke_at, what: Quiet::Silent });
        self.aggregator.lose(worker, now, &self.members[worker].users);
        let text = format!("{}: its {lost} users are not counted", self.silence_of(worker));
        self.log.note(now, LogLevel::Error, text.clone());
        self.aggregator.annotate(now, AnnotationKind::Browser, text);
    }

    pub(super) fn on_lost(&mut self, worker: usize) {
        let Some(unheard) = self.members.get_mut(worker).and_then(|member| member.unheard.as_mut()) else { return };
        if unheard.what == Quiet::Silent {
            unheard.what = Quiet::Lost;
            let text = format!("{}: nobody counts on it any more", self.silence_of(worker));
            self.log.note(self.now(), LogLevel::Error, text.clone());
            self.problem.get_or_insert(text);
        }
    }

    /// Like `worker 1 of 3 is silent since 12.3 s`.
    fn silence_of(&self, worker: usize) -> String {
        format!("{} is silent since {:.1} s", self.name_of(worker), self.members[worker].spoke_at.as_secs_f64())
    }

    /// Since when nothing is heard of one of these workers.
    pub fn silent_since(&self, workers: &[usize]) -> Option<Timestamp> {
        let members = workers.iter().filter_map(|&worker| self.members.get(worker));
        let missed = members.filter(|member| member.state < MemberState::Done);
        missed.filter_map(|member| Some(member.unheard?.since)).min()
    }

    /// Those workers' users have left although the run goes on.
    pub fn has_stopped(&self, workers: &[usize]) -> bool {
        let mut members = workers.iter().filter_map(|&worker| self.members.get(worker)).peekable();
        let has_stopped = |member: &Member| member.is_stopped || member.left_alone.is_some();
        members.peek().is_some() && members.all(has_stopped)
    }

    /// Of whom nothing is heard right now, in words: of these users nobody knows what they do.
    pub fn unheard_now(&self) -> Option<String> {
        let is_missed = |worker: &usize| {
            let member = &self.members[*worker];
            member.unheard.is_some() && member.state < MemberState::Done
        };
        let worker = (0..self.members.len()).find(is_missed)?;
        let since = self.members[worker].unheard?.since.as_secs_f64();
        Some(match (&self.members[worker].part.browser, self.members[worker].unheard?.what) {
            (Some(browser), Quiet::Away) => format!("{browser} has not been heard of since {since:.1} s"),
            _ => self.silence_of(worker),
        })
    }
}
