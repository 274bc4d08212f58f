//! From the workers' first sign of life to the start: each gets what it needs, and one of them does what is done once.

use serde_json::{Map, Value};

use super::{Run, Stage};
use crate::member::MemberState;
use base::time::Timestamp;
use engine::wire::{LogLevel, ToWorker, Trial, WorkerLoad};
use metrics::UserId;
use plan::Limits;
use protocol::audio::Clip;

/// What workers get besides the plan.
#[derive(Debug)]
pub(super) struct Supplies {
    pub run_id: String,
    pub csv: Vec<Vec<Vec<String>>>,
    pub clips: Vec<Clip>,
    /// What this browser's operator allows; other browsers have limits of their own.
    pub limits: Option<Limits>,
    /// Where this browser's workers try whether it still opens sockets.
    pub trial: Option<Trial>,
    /// See [`WorkerLoad::starve_ms`].
    pub starve_ms: u32,
    /// What `once` saved, per population.
    pub shared: Vec<Map<String, Value>>,
    /// Workers that come later are told, too.
    pub watched: Option<UserId>,
}

impl Supplies {
    pub fn new(run_id: String, csv: Vec<Vec<Vec<String>>>) -> Self {
        let (clips, shared) = (Vec::new(), Vec::new());
        Self { run_id, csv, clips, limits: None, trial: None, starve_ms: 0, shared, watched: None }
    }
}

impl Run {
    pub(super) fn on_ready(&mut self, worker: usize) {
        let part = &self.members[worker].part;
        let is_remote = part.browser.is_some();
        let csv =
            if is_remote { self.plan.rows_of(&part.segment, &self.supplies.csv) } else { self.supplies.csv.clone() };
        let lending = self.lending_of(part.segment.part);
        let part = &self.members[worker].part;
        let load = WorkerLoad {
            plan: self.plan.clone(),
            segment: part.segment.clone(),
            run: self.supplies.run_id.clone(),
            csv,
            clips: self.supplies.clips.clone(),
            handshakes_in_flight: part.handshakes,
            fetches_in_flight: part.fetches,
            sockets: self.sockets_of(worker),
            starve_ms: if part.is_probe() { 0 } else { self.supplies.starve_ms },
            limits: self.supplies.limits.clone(),
            trial: self.supplies.trial.clone().filter(|_| !is_remote),
            is_remote,
            life: self.members[..worker].iter().filter(|other| other.part.segment.part == part.segment.part).count()
                as u32,
            lending,
        };
        self.members[worker].has_load = true;
        self.outbox.push_back((worker, ToWorker::Load(Box::new(load))));
        // Without a load it knew of no users.
        if self.supplies.watched.is_some() {
            self.outbox.push_back((worker, ToWorker::Watch(self.supplies.watched)));
        }
    }

    pub(super) fn on_loaded(&mut self, worker: usize) {
        self.members[worker].state = MemberState::Loaded;
        if let (Some(epoch_ms), Stage::Running) = (self.clock.epoch_ms, self.stage) {
            self.outbox.push_back((worker, ToWorker::Start { epoch_ms, shared: self.supplies.shared.clone() }));
        }
    }

    pub(super) fn on_prepared(&mut self, worker: usize, population: usize, shared: Map<String, Value>) {
        if self.stage == (Stage::Preparing { population }) && worker == self.preparer() {
            self.supplies.shared.push(shared);
            self.prepare(population + 1);
        }
    }

    /// `once` runs in the worker of the first probe, which has time for it.
    pub(super) fn prepare(&mut self, population: usize) {
        if population < self.plan.populations.len() {
            self.stage = Stage::Preparing { population };
            self.outbox.push_back((self.preparer(), ToWorker::Prepare { population }));
        } else {
            self.start();
        }
    }

    fn preparer(&self) -> usize {
        self.members.iter().position(|member| member.part.segment.plays_once()).unwrap_or(0)
    }

    fn start(&mut self) {
        let epoch_ms = self.clock.start();
        self.stage = Stage::Running;
        let shared = self.supplies.shared.clone();
        self.tell_all(&ToWorker::Start { epoch_ms, shared });
        self.aggregator.hidden(Timestamp::ZERO, self.page.is_hidden);
        self.log.note(Timestamp::ZERO, LogLevel::Info, format!("run {} starts", self.supplies.run_id));
    }
}
