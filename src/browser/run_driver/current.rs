//! The run that goes on: its inputs reach the run, what it says reaches the workers, and both are written down.

use super::{Current, Host, SHOW_MS, TICK_MS};
use crate::browser::swarm_driver::SwarmDriver;
use app::run::view::picture;
use run::{Part, Run, RunInput, Vacancy};
use swarm::{Journal, SessionId};

impl Current {
    pub(super) fn new(run: Run, hosts: Vec<Host>, swarm: SwarmDriver, journal: Option<Journal>) -> Self {
        Self {
            run,
            hosts,
            swarm,
            journal,
            recorder: None,
            lab: None,
            page: 0,
            last_told_ms: 0.0,
            last_shown_ms: 0.0,
            watches: None,
        }
    }

    /// Gives parts that nobody plays any more to whoever stands by.
    pub(super) fn fill_in(&mut self, now_ms: f64) {
        let mut latest: Option<(SessionId, String)> = None;
        for Vacancy { part, again } in self.run.vacant_parts(self.swarm.patience().gone_after()) {
            // Who takes up a browser's load takes its probe's user along, which is hardly any work.
            let stand_in = self.swarm.stand_in(again.as_deref());
            let stand_in = stand_in.or_else(|| latest.clone().filter(|_| part.is_probe()));
            let Some((session, name)) = stand_in else { continue };
            latest = Some((session, name.clone()));
            let input = RunInput::Add { part: Part { browser: Some(name), ..part } };
            if let Some(journal) = &mut self.journal {
                journal.input(now_ms, &input);
                journal.seated(session);
            }
            self.write_down(now_ms, &input);
            self.run.handle(now_ms, input);
            // In the order in which the journal plays it again.
            self.deliver(now_ms);
            self.hosts.push(Host::Elsewhere);
            self.swarm.begin_more(session);
        }
    }

    /// Time has passed: whoever has been silent for too long is noticed.
    fn mind_the_silent(&mut self, now_ms: f64) {
        for input in self.run.overdue() {
            if let Some(journal) = &mut self.journal {
                journal.input(now_ms, &input);
            }
            self.write_down(now_ms, &input);
            self.run.handle(now_ms, input);
        }
    }

    /// Writes down what has happened, and shows it to the others.
    pub(super) fn share(&mut self, now_ms: f64) {
        self.last_shown_ms = now_ms;
        self.fill_in(now_ms);
        if let Some(journal) = &mut self.journal {
            // Pages of a later run, or of a page that was loaded anew, come behind.
            self.page = (self.page + 1).max((now_ms / 1e3) as u64);
            self.swarm.write_down(self.page, journal);
            self.swarm.show(&picture(&self.run));
        }
    }

    /// Whether listeners should hear of it.
    pub(super) fn handle(&mut self, now_ms: f64, input: RunInput) -> bool {
        if self.run.is_done() {
            return false;
        }
        if let RunInput::WorkerDied { worker, .. } = &input {
            self.hosts[*worker] = Host::Ended;
        }
        let before = self.run.phase();
        if let Some(journal) = &mut self.journal {
            journal.input(now_ms, &input);
        }
        self.write_down(now_ms, &input);
        let (is_tick, is_vacancy) = (input == RunInput::Tick, matches!(input, RunInput::Alone { .. }));
        self.run.handle(now_ms, input);
        if is_tick {
            self.mind_the_silent(now_ms);
        }
        self.deliver(now_ms);
        if is_vacancy {
            self.fill_in(now_ms);
        }
        if let (Some(lab), Some(epoch_ms)) = (&mut self.lab, self.run.epoch_ms()) {
            lab.on_time(now_ms - epoch_ms);
        }
        if self.run.is_done() {
            self.hosts.clear();
            self.lab = None;
            self.watches = None;
        }
        let is_news = self.run.phase() != before || now_ms >= self.last_told_ms + TICK_MS;
        if self.run.phase() != before || now_ms >= self.last_shown_ms + SHOW_MS {
            self.share(now_ms);
        }
        if self.run.is_done() {
            self.swarm.end();
        }
        if is_news {
            self.last_told_ms = now_ms;
        }
        is_news
    }

    pub(super) fn write_down(&mut self, now_ms: f64, input: &RunInput) {
        if let Some(recorder) = &mut self.recorder {
            recorder.input(now_ms, input);
        }
    }

    pub(super) fn deliver(&mut self, now_ms: f64) {
        while let Some((worker, message)) = self.run.poll() {
            let host = match self.hosts.get(worker) {
                Some(Host::Here(host)) => host,
                Some(Host::Elsewhere) => {
                    self.swarm.tell(worker, message);
                    continue;
                }
                Some(Host::Ended) | None => continue,
            };
            if let Err(error) = host.send(&message) {
                self.hosts[worker] = Host::Ended;
                let died = RunInput::WorkerDied { worker, message: error.to_string() };
                self.write_down(now_ms, &died);
                self.run.handle(now_ms, died);
            }
        }
        self.run.take_put_out().into_iter().for_each(|worker| self.swarm.put_out(worker));
    }
}
