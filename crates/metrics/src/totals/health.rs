//! How the generator itself is doing, worker by worker.

use super::timeline::{Combine, Timeline};
use crate::delta::HealthDelta;
use crate::histogram::Histogram;
use base::time::{Span, Timestamp};
use catalogue::Figure;

#[derive(Debug, Clone, Default)]
pub struct Health {
    pub workers: Vec<WorkerHealth>,
    hidden_since: Option<Timestamp>,
    hidden: Span,
}

/// Since the start of the run, warm-up included: a generator that struggles then is a fact as well.
#[derive(Debug, Clone, Default)]
pub struct WorkerHealth {
    /// How much later than asked for the worker's timer fired.
    pub lag: Histogram,
    /// Share of the time that our own code ran, 0 to 1, and the highest between two snapshots.
    pub busy_share: f64,
    pub busy_max: f64,
    /// Largest `bufferedAmount` of one socket, bytes.
    pub buffered_max: u64,
    pub sockets_open: u32,
    pub handshake_queue_max: u32,
    /// The last hand-over.
    pub heard: Timestamp,
    /// Messages still came when it closed its sockets.
    pub unread: bool,
    /// It broke during the run.
    pub lost: bool,
}

impl Health {
    pub(crate) fn new(workers: usize) -> Self {
        Self { workers: vec![WorkerHealth::default(); workers], ..Self::default() }
    }

    /// As a report tells it.
    pub(crate) fn of_workers(workers: Vec<WorkerHealth>, hidden: Span) -> Self {
        Self { workers, hidden_since: None, hidden }
    }

    /// How long the page has been hidden.
    pub fn hidden_for(&self, now: Timestamp) -> Span {
        self.hidden_since.map_or(self.hidden, |since| self.hidden + now.since(since))
    }

    pub(crate) fn is_hidden(&self) -> bool {
        self.hidden_since.is_some()
    }

    pub(crate) fn hidden(&mut self, at: Timestamp, hidden: bool) {
        if hidden {
            self.hidden_since.get_or_insert(at);
        } else if let Some(since) = self.hidden_since.take() {
            self.hidden = self.hidden + at.since(since);
        }
    }

    pub(crate) fn lose(&mut self, worker: usize) {
        self.workers[worker].lost = true;
        self.workers[worker].sockets_open = 0;
    }

    pub(crate) fn regain(&mut self, worker: usize) {
        self.workers[worker].lost = false;
        // Charts have gone on without it.
        self.workers[worker].heard = self.heard_until().max(self.workers[worker].heard);
    }

    /// It is not waited for before its first hand-over.
    pub(crate) fn add_worker(&mut self, now: Timestamp) {
        self.workers.push(WorkerHealth { heard: now, ..WorkerHealth::default() });
    }

    /// Every worker that lives has handed over up to here.
    pub(crate) fn heard_until(&self) -> Timestamp {
        self.living().map(|worker| worker.heard).min().unwrap_or(Timestamp::ZERO)
    }

    /// The workers that left messages unread.
    pub(crate) fn unread(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.workers.len()).filter(|worker| self.workers[*worker].unread)
    }

    pub(crate) fn living(&self) -> impl Iterator<Item = &WorkerHealth> {
        self.workers.iter().filter(|worker| !worker.lost)
    }

    pub(crate) fn absorb(&mut self, worker: usize, at: Timestamp, delta: &HealthDelta, timeline: &mut Timeline) {
        let state = &mut self.workers[worker];
        let (before, now) = (state.heard.as_secs_f64(), at.as_secs_f64());
        if now > before {
            state.busy_share = (state.busy_share * before + delta.busy_share * (now - before)) / now;
        }
        state.heard = state.heard.max(at);
        state.busy_max = state.busy_max.max(delta.busy_share);
        state.buffered_max = state.buffered_max.max(delta.buffered_max);
        state.sockets_open = delta.sockets_open;
        state.unread |= delta.unread;
        state.handshake_queue_max = state.handshake_queue_max.max(delta.handshake_queue);
        delta.lag.iter().for_each(|&lag| state.lag.record(lag));
        if let Some(lag) = delta.lag.iter().max() {
            timeline.put(at, Figure::HealthLag.name(), Combine::Max, lag.as_millis_f64());
        }
        timeline.put(at, Figure::HealthBusy.name(), Combine::Max, delta.busy_share);
        timeline.put(at, Figure::HealthBuffered.name(), Combine::Max, delta.buffered_max as f64);
        let sum = |field: fn(&WorkerHealth) -> u32| self.workers.iter().map(field).map(f64::from).sum();
        timeline.put(at, Figure::HealthSockets.name(), Combine::Last, sum(|worker| worker.sockets_open));
        timeline.put(at, Figure::HealthQueue.name(), Combine::Max, f64::from(delta.handshake_queue));
    }
}
