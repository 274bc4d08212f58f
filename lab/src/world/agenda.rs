//! What has to happen later, in order of time: frames that are delayed, holds that run out, sessions that end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, Condvar};
use std::time::Instant;

use serde_json::Value;

use super::connections::{ConnectionId, Frame};
use super::outbox::SenderId;

pub enum Task {
    /// The only worker is done with a message that waited for it.
    Serve { from: ConnectionId, message: Value, ack: Option<i64> },
    /// A delayed frame leaves.
    Send { to: ConnectionId, frame: Frame },
    /// Messages were collected long enough.
    Flush { to: ConnectionId },
    /// A delivery was held back long enough for a next message that did not come.
    Release { to: ConnectionId, from: SenderId, hold: u64 },
    /// The older of two sockets of one user hears that its session is over.
    EndSession { of: ConnectionId },
    /// A connection is cut off by `drop_share`.
    Cut { connection: ConnectionId },
}

pub struct Agenda {
    entries: BinaryHeap<Reverse<Entry>>,
    sequence: u64,
    alarm: Arc<Condvar>,
}

struct Entry {
    /// Tasks of the same moment keep the order in which they were added.
    key: (Instant, u64),
    task: Task,
}

impl Agenda {
    pub fn new(alarm: Arc<Condvar>) -> Self {
        Self { entries: BinaryHeap::new(), sequence: 0, alarm }
    }

    pub fn add(&mut self, due: Instant, task: Task) {
        if self.next().is_none_or(|next| due < next) {
            self.alarm.notify_one();
        }
        self.sequence += 1;
        self.entries.push(Reverse(Entry { key: (due, self.sequence), task }));
    }

    pub fn next(&self) -> Option<Instant> {
        self.entries.peek().map(|Reverse(entry)| entry.key.0)
    }

    pub fn pop_due(&mut self, now: Instant) -> Option<Task> {
        self.next().filter(|next| *next <= now)?;
        self.entries.pop().map(|Reverse(entry)| entry.task)
    }

    pub fn alarm(&self) -> Arc<Condvar> {
        self.alarm.clone()
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl super::World {
    pub fn later(&mut self, due: Instant, task: Task) {
        self.agenda.add(due, task);
    }
}
