//! What a run knows of workers that live in other browsers: they vanish, come back, are stopped by their operators, and others
//! take up their parts.

use std::collections::BTreeMap;

use super::{Run, Stage, sum};
use crate::metrics::{AnnotationKind, UsersByState};
use crate::run::layout::Part;
use crate::run::member::{Counts, Member, MemberState};
use crate::time::{Span, Timestamp};
use crate::wire::{Level, LogLine};

impl Run {
    /// Parts whose users nobody plays any more: their workers are dead, or so long away that they have stopped by themselves.
    pub fn vacant_parts(&self) -> Vec<Part> {
        if self.stage != Stage::Running {
            return Vec::new();
        }
        let now = self.now();
        let is_lost = |member: &Member| {
            member.state == MemberState::Dead || member.away_since.is_some_and(|since| now.since(since) >= GONE_AFTER)
        };
        // Nobody else sees what this browser's own probe would see.
        let is_own_probe = |part: &Part| part.is_probe() && part.browser.is_none();
        let lost = self.members.iter().filter(|member| is_lost(member)).map(|member| &member.part);
        let parts = lost.filter(|part| !is_own_probe(part));
        let is_vacant = |part: &&Part| {
            let of_part = |member: &&Member| member.part.segment.part == part.segment.part;
            self.members.iter().filter(of_part).all(is_lost)
        };
        let mut vacant: Vec<Part> = parts.filter(is_vacant).cloned().collect();
        vacant.sort_by_key(|part| part.segment.part);
        vacant.dedup_by_key(|part| part.segment.part);
        vacant
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
            self.log.note(now, Level::Info, text);
        }
        self.totals.add_worker(part.browser.clone(), part.is_probe());
        self.members.push(Member::new(part, self.plan.populations.len()));
    }

    /// On the charts, once: what happens to a browser happens to each of its workers.
    fn mark(&mut self, at: Timestamp, text: &str) {
        if !self.totals.annotations().has_lately(at.as_secs_f64(), text) {
            self.totals.annotate(at, AnnotationKind::Browser, text);
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
        let Some(member) = member.filter(|member| member.state < MemberState::Finished && member.away_since.is_none())
        else {
            return;
        };
        if self.epoch_ms.is_none() {
            let browser = member.part.browser.clone().unwrap_or_default();
            return self.give_up(format!("{browser} vanished before the start"));
        }
        let lost = member.leave_for(at);
        self.totals.lose(worker, at, &self.members[worker].users);
        self.mark(at, &format!("{} does not answer: its users are gone", browser_of(&self.members[worker].part)));
        let text = format!("{} does not answer: its {lost} users are gone", self.name_of(worker));
        self.log.note(at, Level::Error, text);
    }

    pub(super) fn on_stopped(&mut self, worker: usize, why: &str) {
        if worker < self.members.len() && !self.is_done() {
            let at = self.now();
            let text = format!("{} stopped after {:.1} s: {why}", self.name_of(worker), at.as_secs_f64());
            self.log.note(at, Level::Warning, text.clone());
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
            self.tell_limits(worker, vec![LogLine { at, level: Level::Warning, population, user: None, text }]);
        }
    }

    pub(super) fn on_back(&mut self, worker: usize) {
        let at = self.now();
        let Some(since) = self.members.get_mut(worker).and_then(|member| member.away_since.take()) else { return };
        self.totals.regain(worker);
        let after = format!("is back after {:.1} s", at.since(since).as_secs_f64());
        self.mark(at, &format!("{} {after}", browser_of(&self.members[worker].part)));
        self.log.note(at, Level::Info, format!("{} {after}", self.name_of(worker)));
    }

    /// What the results lack, if anything.
    pub(super) fn note_the_missing(&mut self) {
        let mut away: Vec<_> = self
            .members
            .iter()
            .filter_map(|member| {
                Some((member.part.browser.clone()?, member.away_since.filter(|_| member.state != MemberState::Dead)?))
            })
            .collect();
        away.dedup_by(|a, b| a.0 == b.0);
        for (browser, since) in away {
            let text = format!(
                "{browser} vanished after {:.1} s: the results lack its part from then on",
                since.as_secs_f64()
            );
            self.log.note(self.now(), Level::Error, text.clone());
            self.problem.get_or_insert(text);
        }
    }
}

fn browser_of(part: &Part) -> &str {
    part.browser.as_deref().unwrap_or("this browser")
}

/// A browser that has lost its conductor has stopped by then.
const GONE_AFTER: Span = Span::from_secs(10);
