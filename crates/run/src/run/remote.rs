//! What a run knows of workers that live in other browsers: they vanish, come back, are stopped by their operators, and others
//! take up their parts.

use std::collections::BTreeMap;

use super::{Run, Stage, sum};
use crate::layout::Part;
use crate::member::{Counts, Member, MemberState, Quiet, Unheard};
use base::time::{Span, Timestamp};
use engine::wire::{LogLevel, LogLine, ToWorker};
use metrics::{AnnotationKind, UsersByState};

impl Run {
    /// Parts whose users nobody plays any more: their workers are dead, have stopped because nobody conducted them, or are away
    /// for so long (`gone_after`; `None`: they play on) that they must have.
    pub fn vacant_parts(&self, gone_after: Option<Span>) -> Vec<Vacancy> {
        if self.stage != Stage::Running {
            return Vec::new();
        }
        let now = self.now();
        let is_gone = |unheard: Unheard| match unheard.what {
            Quiet::Away => gone_after.is_some_and(|gone_after| now.since(unheard.since) >= gone_after),
            Quiet::Silent => false,
            Quiet::Lost => true,
        };
        let is_lost = |member: &Member| {
            member.state == MemberState::Dead || member.left_alone.is_some() || member.unheard.is_some_and(is_gone)
        };
        // Nobody else sees what this browser's own probe would see.
        let is_own_probe = |part: &Part| part.is_probe() && part.browser.is_none();
        let lost = self.members.iter().filter(|member| is_lost(member) && !is_own_probe(&member.part));
        let is_vacant = |member: &&Member| {
            let of_part = |other: &&Member| other.part.segment.part == member.part.segment.part;
            self.members.iter().filter(of_part).all(is_lost)
        };
        // Of those that played a part one after the other the last one counts.
        let vacant = lost.filter(is_vacant).map(|member| {
            let again = member.left_alone.and(member.part.browser.clone());
            (member.part.segment.part, Vacancy { part: member.part.clone(), again })
        });
        vacant.collect::<BTreeMap<_, _>>().into_values().collect()
    }

    /// A part waits for somebody whose users only left because nobody conducted them: the run is not over.
    pub(super) fn is_awaiting(&self) -> bool {
        self.members.iter().any(|member| {
            let of_part = |other: &&Member| other.part.segment.part == member.part.segment.part;
            member.left_alone.is_some()
                && self
                    .members
                    .iter()
                    .filter(of_part)
                    .all(|other| other.left_alone.is_some() || other.state == MemberState::Dead)
        })
    }

    /// The browsers of the run, its own (without a name) first, with their workers.
    pub fn browsers(&self) -> BTreeMap<Option<&str>, Vec<usize>> {
        let mut browsers: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
        for (worker, member) in self.members.iter().enumerate() {
            browsers.entry(member.part.browser.as_deref()).or_default().push(worker);
        }
        browsers
    }

    /// How wrong the comparison of the browsers' clocks can be; `None`: there is one browser.
    pub fn clock_bound(&self) -> Option<Span> {
        self.clock_bound
    }

    /// What some of the run's workers did: their users now, and their counts.
    pub fn share_of(&self, workers: &[usize]) -> (UsersByState, Counts) {
        let members = || workers.iter().filter_map(|&worker| self.members.get(worker));
        let mut counts = Counts::default();
        members().for_each(|member| counts += member.counts);
        (sum(members().flat_map(|member| &member.users)), counts)
    }

    /// It is started as soon as it is loaded.
    pub(super) fn add_worker(&mut self, part: Part) {
        let (now, text) = (self.now(), format!("{} takes up a part", browser_of(&part)));
        if !self.log.has_lately(now, &text) {
            self.mark(now, &text);
            self.log.note(now, LogLevel::Info, text);
        }
        self.dismiss(&part);
        self.aggregator.add_worker(part.browser.clone(), part.is_probe());
        self.members.push(Member::new(part, self.plan.populations.len()));
    }

    /// Somebody else plays this part from now on: two of the same user would be two too many.
    fn dismiss(&mut self, part: &Part) {
        for worker in 0..self.members.len() {
            let member = &self.members[worker];
            if member.part.segment.part != part.segment.part || member.state >= MemberState::Done {
                continue;
            }
            self.outbox.push_back((worker, ToWorker::Abort));
            if let (Some(unheard), Some(browser)) = (member.unheard, &member.part.browser) {
                let since = unheard.since.as_secs_f64();
                let text = format!("{browser} vanished after {since:.1} s: its part was given to {}", browser_of(part));
                self.problem.get_or_insert(text);
            }
        }
    }

    /// On the charts, once: what happens to a browser happens to each of its workers.
    fn mark(&mut self, at: Timestamp, text: &str) {
        if !self.aggregator.totals().annotations().has_lately(at.as_secs_f64(), text) {
            self.aggregator.annotate(at, AnnotationKind::Browser, text);
        }
    }

    pub(super) fn name_of(&self, worker: usize) -> String {
        match &self.members[worker].part.browser {
            Some(browser) => format!("a worker of {browser}"),
            None => format!("worker {} of {}", worker + 1, self.members.len()),
        }
    }

    /// Its users are gone at this moment; what they did up to now stays, and what they do now may still come.
    pub(super) fn on_away(&mut self, worker: usize) {
        let at = self.now();
        let member = self.members.get_mut(worker);
        let is_heard = |member: &&mut Member| member.unheard.is_none_or(|unheard| unheard.what != Quiet::Away);
        let Some(member) = member.filter(|member| member.state < MemberState::Finished).filter(is_heard) else {
            return;
        };
        if self.clock.epoch_ms.is_none() {
            let browser = member.part.browser.clone().unwrap_or_default();
            return self.give_up(format!("{browser} vanished before the start"));
        }
        let since = member.unheard.map_or(at, |unheard| unheard.since);
        let lost = member.leave_for(Unheard { since, what: Quiet::Away });
        self.aggregator.lose(worker, at, &self.members[worker].users);
        self.mark(
            at,
            &format!("{} does not answer: its users are not counted", browser_of(&self.members[worker].part)),
        );
        let text = format!("{} does not answer: its {lost} users are not counted", self.name_of(worker));
        self.log.note(at, LogLevel::Error, text);
    }

    /// Its browser has lost its conductor for longer than it waits, and is back.
    pub(super) fn on_alone(&mut self, worker: usize, at_s: f64) {
        let now = self.now();
        let Some(member) = self.members.get_mut(worker).filter(|_| self.stage != Stage::Done) else { return };
        let at = Timestamp::from_millis_f64(at_s * 1e3).min(now);
        member.left_alone = Some(at);
        let text = format!("stopped after {:.1} s: nobody conducted it any more", at.as_secs_f64());
        self.mark(at, &format!("{} {text}", browser_of(&self.members[worker].part)));
        let text = format!("{} {text}", self.name_of(worker));
        self.log.note(now, LogLevel::Warning, text.clone());
        self.problem.get_or_insert(text);
    }

    pub(super) fn on_stopped(&mut self, worker: usize, why: &str) {
        if worker < self.members.len() && !self.is_done() {
            let at = self.now();
            self.members[worker].is_stopped = true;
            let text = format!("{} stopped after {:.1} s: {why}", self.name_of(worker), at.as_secs_f64());
            self.log.note(at, LogLevel::Warning, text.clone());
            self.mark(at, &text);
            self.problem.get_or_insert(text);
        }
    }

    /// Lines of a worker that are no user's: what its operator's limits do not let it do.
    pub(super) fn tell_limits(&mut self, worker: usize, lines: Vec<LogLine>) {
        for mut line in lines {
            let browser = browser_of(&self.members[worker].part);
            line.text = format!("{browser}: {}", line.text);
            // Every worker of a browser meets the same limits.
            if self.log.has_lately(line.at, &line.text) {
                continue;
            }
            self.mark(line.at, &line.text);
            self.log.extend(vec![line], 0);
        }
    }

    pub(super) fn on_limited(&mut self, worker: usize, text: String) {
        if worker < self.members.len() && !self.is_done() {
            let (at, population) = (self.now(), String::new());
            self.tell_limits(worker, vec![LogLine { at, level: LogLevel::Warning, population, user: None, text }]);
        }
    }

    pub(super) fn on_back(&mut self, worker: usize) {
        let at = self.now();
        let heard = self.watchdog.heard();
        let is_away = |unheard: &mut Unheard| unheard.what == Quiet::Away;
        let Some(member) = self.members.get_mut(worker) else { return };
        let Some(unheard) = member.unheard.take_if(is_away) else { return };
        if member.hearing.has_begun() {
            member.hearing = heard;
        }
        self.aggregator.regain(worker);
        let after = format!("is back after {:.1} s", at.since(unheard.since).as_secs_f64());
        self.mark(at, &format!("{} {after}", browser_of(&self.members[worker].part)));
        self.log.note(at, LogLevel::Info, format!("{} {after}", self.name_of(worker)));
    }

    /// What the results lack, if anything.
    pub(super) fn note_the_missing(&mut self) {
        let unheard = (0..self.members.len()).filter_map(|worker| {
            let member = &self.members[worker];
            let unheard = member.unheard.filter(|_| member.state != MemberState::Dead)?;
            let since = unheard.since.as_secs_f64();
            Some(match (&member.part.browser, unheard.what) {
                (Some(browser), Quiet::Away) => format!("{browser} vanished after {since:.1} s"),
                _ => format!("{} is silent since {since:.1} s", self.name_of(worker)),
            })
        });
        let mut unheard: Vec<_> = unheard.collect();
        unheard.dedup();
        for who in unheard {
            let text = format!("{who}: the results lack its part from then on");
            self.log.note(self.now(), LogLevel::Error, text.clone());
            self.problem.get_or_insert(text);
        }
    }
}

fn browser_of(part: &Part) -> &str {
    part.browser.as_deref().unwrap_or("this browser")
}

/// A part that nobody plays.
#[derive(Debug, Clone, PartialEq)]
pub struct Vacancy {
    pub part: Part,
    /// The browser that played it, if it stopped only because nobody conducted it.
    pub again: Option<String>,
}
