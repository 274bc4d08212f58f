//! A limit on how many of something are under way, and the queue before it.

use std::collections::VecDeque;

/// At most `limit` at the same time, first come first served.
pub struct Slots<T> {
    limit: u32,
    taken: u32,
    queue: VecDeque<T>,
    /// Where the last one stood that was taken.
    place: usize,
}

impl<T> Slots<T> {
    pub fn new(limit: u32) -> Self {
        Self { limit: limit.max(1), taken: 0, queue: VecDeque::new(), place: 0 }
    }

    pub fn ask(&mut self, who: T) {
        self.queue.push_back(who);
    }

    /// The next in the queue, if a slot is free; it holds the slot until `give_back`.
    pub fn take(&mut self) -> Option<T> {
        self.take_first(|_| true)
    }

    /// The first in the queue that may have a slot.
    pub fn take_first(&mut self, may: impl FnMut(&T) -> bool) -> Option<T> {
        if self.taken >= self.limit {
            return None;
        }
        let place = self.queue.iter().position(may)?;
        self.taken += 1;
        self.place = place;
        self.queue.remove(place)
    }

    /// The one that was taken last cannot use its slot yet: it stands where it stood.
    pub fn put_back(&mut self, who: T) {
        self.give_back();
        self.queue.insert(self.place.min(self.queue.len()), who);
    }

    pub fn give_back(&mut self) {
        self.taken = self.taken.saturating_sub(1);
    }

    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Who waits, in order.
    pub fn queue(&self) -> impl Iterator<Item = &T> {
        self.queue.iter()
    }

    /// These do not wait any more.
    pub fn withdraw(&mut self, is_meant: impl Fn(&T) -> bool) {
        self.queue.retain(|who| !is_meant(who));
    }

    /// Forgets who waits; slots in use stay in use.
    pub fn clear(&mut self) {
        self.queue.clear();
    }
}
