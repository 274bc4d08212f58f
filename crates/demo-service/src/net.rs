//! A network in simulated time: what is put in comes out later, in order per direction of a connection.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use base::time::{Span, Timestamp};

/// A connection: who has opened it, and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Peer {
    pub client: usize,
    pub socket: u32,
}

/// Things on their way, each with the time of its arrival.
#[derive(Debug)]
pub struct Net<T> {
    queue: BinaryHeap<Reverse<(Timestamp, u64)>>,
    items: std::collections::HashMap<u64, T>,
    sent: u64,
    /// One way, without jitter.
    pub latency: Span,
}

impl<T> Net<T> {
    pub fn new(latency: Span) -> Self {
        Self { queue: BinaryHeap::new(), items: std::collections::HashMap::new(), sent: 0, latency }
    }

    /// Arrives one latency (and `extra`) from now. What is sent later never arrives earlier when `extra` is the same.
    pub fn send(&mut self, now: Timestamp, extra: Span, item: T) {
        self.put(now + self.latency + extra, item);
    }

    /// Comes out at this very time.
    pub fn put(&mut self, at: Timestamp, item: T) {
        let number = self.sent;
        self.sent += 1;
        self.queue.push(Reverse((at, number)));
        self.items.insert(number, item);
    }

    pub fn next(&self) -> Option<Timestamp> {
        self.queue.peek().map(|Reverse((at, _))| *at)
    }

    pub fn pop(&mut self, now: Timestamp) -> Option<T> {
        let Reverse((at, number)) = *self.queue.peek()?;
        if at > now {
            return None;
        }
        self.queue.pop();
        self.items.remove(&number)
    }
}
