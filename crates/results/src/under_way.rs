//! The run that a page conducts: its inputs reach the run, what it says reaches the workers, and both are written down.
//!
//! Workers of other browsers are told through the swarm's [`Conductor`]; a page without a swarm has one that knows nobody.

mod start;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

pub use self::start::{HostPage, Wanted};
use super::scribe::{NotedPage, Scribe};
use engine::wire::ToWorker;
use metrics::{Browser, Report};
use run::{Part, Run, RunInput, Vacancy};
use swarm::{Conductor, Journal, Picture, SessionId};

#[derive(Debug)]
pub struct UnderWay {
    run: Run,
    /// What a page that is loaded anew goes on with, while this one conducts a swarm.
    journal: Option<Journal>,
    /// Number of the journal's last page.
    page: u64,
    /// `None`: it was over when this page took it over.
    scribe: Option<Scribe>,
    /// What the others see of it.
    picture: fn(&Run) -> Picture,
    last_told_ms: f64,
    last_shown_ms: f64,
    out: VecDeque<UnderWayOutput>,
}

#[derive(Debug)]
pub enum UnderWayOutput {
    /// To a worker of this page.
    Tell { worker: usize, message: ToWorker },
    /// Goes to the kept runs; [`UnderWay::on_page_written`] is told how that went.
    Page(NotedPage),
    /// Goes to this tab's notes. After that parts below these numbers are safe: [`Conductor::keep`].
    Journal { number: u64, page: Vec<u8>, taken: Vec<(SessionId, u64)> },
    /// Its workers end, and its report is kept.
    Over,
    /// Whoever shows it has something new to show.
    News,
}

impl UnderWay {
    pub fn run(&self) -> &Run {
        &self.run
    }

    pub fn scribe(&self) -> Option<&Scribe> {
        self.scribe.as_ref()
    }

    pub fn poll(&mut self) -> Option<UnderWayOutput> {
        self.out.pop_front()
    }

    /// After the last output of the call before.
    pub fn handle(&mut self, now_ms: f64, input: RunInput, conductor: &mut Conductor) {
        if self.run.is_done() {
            return;
        }
        let before = self.run.phase();
        let (is_tick, is_vacancy) = (input == RunInput::Tick, matches!(input, RunInput::Alone { .. }));
        self.feed(now_ms, input);
        if is_tick {
            // Whoever has been silent for too long is noticed.
            self.run.overdue().into_iter().for_each(|input| self.feed(now_ms, input));
        }
        self.deliver(conductor);
        if is_vacancy {
            self.fill_in(now_ms, conductor);
        }
        let is_other_phase = self.run.phase() != before;
        if is_other_phase || now_ms >= self.last_shown_ms + SHOW_MS {
            self.share(now_ms, conductor);
        }
        if self.run.is_done() {
            conductor.end();
            self.out.push_back(UnderWayOutput::Over);
        }
        if is_other_phase || now_ms >= self.last_told_ms + TELL_MS {
            self.last_told_ms = now_ms;
            self.out.push_back(UnderWayOutput::News);
        }
    }

    pub fn on_page_written(&mut self, name: &str, is_safe: bool) {
        if let Some(scribe) = &mut self.scribe {
            scribe.on_written(name, is_safe);
        }
    }

    /// As it is now. `this` is the browser that conducts it, `date` makes RFC 3339 of milliseconds since 1970.
    pub fn report(&self, conductor: &Conductor, this: &Browser, date: impl Fn(f64) -> String) -> Report {
        let started_at = self.run.epoch_ms().map(date).unwrap_or_default();
        self.run.report(players(&self.run, conductor, this), started_at)
    }

    fn feed(&mut self, now_ms: f64, input: RunInput) {
        if let Some(journal) = &mut self.journal {
            journal.input(now_ms, &input);
        }
        let page = self.scribe.as_mut().and_then(|scribe| scribe.input(now_ms, &input));
        self.out.extend(page.map(UnderWayOutput::Page));
        self.run.handle(now_ms, input);
    }

    fn deliver(&mut self, conductor: &mut Conductor) {
        while let Some((worker, message)) = self.run.poll() {
            match conductor.place_of(worker) {
                Some(_) => conductor.tell(worker, message),
                None => self.out.push_back(UnderWayOutput::Tell { worker, message }),
            }
        }
        self.run.take_put_out().into_iter().for_each(|worker| conductor.put_out(worker));
    }

    /// Gives parts that nobody plays any more to whoever stands by.
    fn fill_in(&mut self, now_ms: f64, conductor: &mut Conductor) {
        let mut latest: Option<(SessionId, String)> = None;
        for Vacancy { part, again } in self.run.vacant_parts(conductor.patience().gone_after()) {
            // Who takes up a browser's load takes its probe's user along, which is hardly any work.
            let stand_in = conductor.stand_in(again.as_deref());
            let stand_in = stand_in.or_else(|| latest.clone().filter(|_| part.is_probe()));
            let Some((session, name)) = stand_in else { continue };
            latest = Some((session, name.clone()));
            self.feed(now_ms, RunInput::Add { part: Part { browser: Some(name), ..part } });
            if let Some(journal) = &mut self.journal {
                journal.seated(session);
            }
            // In the order in which the journal plays it again.
            self.deliver(conductor);
            conductor.seat_worker(Some(session));
            conductor.begin_more(session);
        }
    }

    /// Writes down what has happened, and shows it to the others.
    fn share(&mut self, now_ms: f64, conductor: &mut Conductor) {
        self.last_shown_ms = now_ms;
        self.fill_in(now_ms, conductor);
        if let Some(journal) = &mut self.journal {
            // Pages of a later run, or of a page that was loaded anew, come behind.
            self.page = (self.page + 1).max((now_ms / 1e3) as u64);
            let (number, taken) = (self.page, conductor.taken().collect());
            let page = journal.page_of(conductor);
            self.out.extend(page.map(|page| UnderWayOutput::Journal { number, page, taken }));
            conductor.show(&(self.picture)(&self.run));
        }
    }
}

/// Who plays, or played, this run.
fn players(run: &Run, conductor: &Conductor, this: &Browser) -> Vec<Browser> {
    let browser = |(name, workers): (Option<&str>, Vec<usize>)| {
        let counts = run.share_of(&workers).1;
        let card = name.and_then(|name| conductor.card_of(name));
        let known = match name {
            None => this.clone(),
            // Everybody in a swarm runs the same build, or is refused.
            Some(name) => Browser {
                name: Some(name.to_owned()),
                user_agent: card.map(|card| card.browser.clone()).unwrap_or_default(),
                cores: card.map_or(0, |card| card.cores),
                ..this.clone()
            },
        };
        let workers = workers.len() as u32;
        Browser { workers, sent: counts.sent, received: counts.received, errors: counts.errors, ..known }
    };
    run.browsers().into_iter().map(browser).collect()
}

/// How often the others are shown the run.
const SHOW_MS: f64 = 1_000.0;

/// How often there is news of a run that changes nothing but its numbers.
const TELL_MS: f64 = 250.0;
