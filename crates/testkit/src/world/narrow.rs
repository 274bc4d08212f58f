//! A browser that opens fewer sockets than its kind should: further ones wait in it without a word, as Chromium's do.

use std::collections::{BTreeSet, VecDeque};

use super::packet::Endpoint;

/// What is wanted of one socket.
pub struct Dial {
    pub peer: Endpoint,
    pub url: String,
    pub protocols: Vec<String>,
}

pub struct Narrow {
    most: usize,
    workers: BTreeSet<usize>,
    open: BTreeSet<Endpoint>,
    pending: VecDeque<Dial>,
}

impl Narrow {
    pub fn new(most: usize) -> Self {
        Self { most, workers: BTreeSet::new(), open: BTreeSet::new(), pending: VecDeque::new() }
    }

    pub fn house(&mut self, worker: usize) {
        self.workers.insert(worker);
    }

    pub fn houses(&self, worker: usize) -> bool {
        self.workers.contains(&worker)
    }

    pub fn is_full(&self) -> bool {
        self.open.len() >= self.most
    }

    pub fn ask(&mut self, wanted: Dial) {
        self.pending.push_back(wanted);
    }

    /// The next one that is opened now.
    pub fn next(&mut self) -> Option<Dial> {
        if self.is_full() {
            return None;
        }
        let wanted = self.pending.pop_front()?;
        self.open.insert(wanted.peer);
        Some(wanted)
    }

    /// Nobody wants it any more; `true`: it had not been opened.
    pub fn call_back(&mut self, peer: Endpoint) -> bool {
        let before = self.pending.len();
        self.pending.retain(|wanted| wanted.peer != peer);
        self.pending.len() < before
    }

    pub fn on_closed(&mut self, peer: Endpoint) {
        self.open.remove(&peer);
    }
}
