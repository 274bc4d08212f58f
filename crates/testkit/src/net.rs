//! A network in simulated time: what is put in comes out later, in order per direction of a connection.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use base::time::{Span, Timestamp};
use engine::ports::SocketId;

/// A socket of one of the world's engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    pub engine: usize,
    pub socket: SocketId,
}

/// Things on their way, each with the time of its arrival.
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
