//! A browser that takes part in a swarm and has no users at all: it says what its program was altered to say.
//!
//! Link, consent and orders are those of an honest browser. Only what its workers did is made up, so the server has seen nothing of
//! it, and the honest browsers' counts have to be the server's.

use std::collections::BTreeMap;

use base::time::Timestamp;
use engine::wire::{FromWorker, Snapshot, ToWorker};
use metrics::UsersByState;

#[derive(Default)]
pub struct Pretender {
    /// The users that each of its workers was given, by population.
    users: BTreeMap<u32, Vec<u32>>,
    epoch_ms: Option<f64>,
    /// Users are gone.
    has_left: bool,
}

impl Pretender {
    /// What that worker would answer.
    pub fn obey(&mut self, worker: u32, order: &ToWorker) -> Option<FromWorker> {
        match order {
            ToWorker::Load(load) => {
                let mut users = vec![0; load.plan.populations.len()];
                users[0] = load.plan.users_of(&load.segment);
                self.users.insert(worker, users);
                return Some(FromWorker::Loaded);
            }
            ToWorker::Start { epoch_ms, .. } => self.epoch_ms = Some(*epoch_ms),
            ToWorker::Leave | ToWorker::Abort => {
                self.has_left = true;
                return Some(FromWorker::Done);
            }
            ToWorker::Finish => return Some(FromWorker::Finished),
            _ => {}
        }
        None
    }

    pub fn workers(&self) -> Vec<u32> {
        self.users.keys().copied().collect()
    }

    /// What that worker would hand over: nobody has said anything. `None`: the run has not begun.
    pub fn hand_over(&self, worker: u32, now_ms: f64) -> Option<Snapshot> {
        let at = Timestamp::from_millis_f64(now_ms - self.epoch_ms.filter(|epoch_ms| *epoch_ms <= now_ms)?);
        let users = self.users.get(&worker)?.iter().map(|&active| UsersByState { active, ..UsersByState::default() });
        let users = if self.has_left { Vec::new() } else { users.collect() };
        Some(Snapshot { at, users, settled: true, ..Snapshot::default() })
    }
}
