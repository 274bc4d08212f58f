//! A generator's page listens for its own workers, with the watchdog that every page has: nobody is nearer to them.
//!
//! What it finds goes to the conductor at once. What that one then misses by itself is the page, not a worker of it.

use std::collections::BTreeMap;

use crate::message::{Said, What};
use base::time::Timestamp;
use engine::wire::FromWorker;
use run::{HERE, LastHeard, Watchdog};

#[derive(Debug, Default)]
pub struct Silence {
    watchdog: Watchdog,
    /// Those that play.
    workers: BTreeMap<u32, Listened>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Listened {
    hearing: LastHeard,
    /// The time of its last hand-over.
    spoke_at: Timestamp,
    is_silent: bool,
    is_lost: bool,
}

impl Silence {
    /// It begins to play at the run's epoch.
    pub fn expect(&mut self, worker: u32) {
        self.workers.entry(worker).or_default();
    }

    pub fn forget(&mut self, worker: u32) {
        self.workers.remove(&worker);
    }

    pub fn hear(&mut self, worker: u32, message: &FromWorker) {
        if matches!(message, FromWorker::Done | FromWorker::Finished | FromWorker::Failed { .. }) {
            return self.forget(worker);
        }
        let Some(listened) = self.workers.get_mut(&worker).filter(|listened| listened.hearing.has_begun()) else {
            return;
        };
        let spoke_at = if let FromWorker::Snapshot(snapshot) = message { snapshot.at } else { listened.spoke_at };
        *listened = Listened { hearing: self.watchdog.heard(), spoke_at, ..Listened::default() };
    }

    /// Time has passed; what there is to say now. `has_begun`: the run's epoch is over.
    pub fn look(&mut self, now_ms: f64, has_begun: bool) -> Vec<Said> {
        self.watchdog.look(now_ms);
        let Self { watchdog, workers } = self;
        let mut said = Vec::new();
        for (&worker, listened) in workers {
            if has_begun && !listened.hearing.has_begun() {
                listened.hearing = watchdog.heard();
            }
            let (silent, lost) = (watchdog.is_silent(listened.hearing, HERE), watchdog.is_lost(listened.hearing, HERE));
            for (is_so, known, what) in
                [(silent, &mut listened.is_silent, What::Silent), (lost, &mut listened.is_lost, What::Lost)]
            {
                if is_so && !std::mem::replace(known, true) {
                    said.push(Said { worker, what });
                }
            }
        }
        said
    }

    /// Since when one is silent.
    pub fn since(&self) -> Option<Timestamp> {
        self.workers.values().filter(|listened| listened.is_silent).map(|listened| listened.spoke_at).min()
    }
}
