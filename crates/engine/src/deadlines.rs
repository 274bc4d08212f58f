//! One queue of deadlines for all users of a worker: the browser sees one timer.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use base::time::Timestamp;

/// Each user has at most one valid deadline. Entries that were replaced stay in the heap until their time comes; that
/// is cheaper than removing them, as most are moved by every frame.
#[derive(Default)]
pub struct Deadlines {
    heap: BinaryHeap<Reverse<(Timestamp, u32)>>,
    /// Per user: when it wants to be woken, and the earliest entry it has in the heap.
    users: Vec<EvidenceOf>,
}

#[derive(Clone, Copy)]
struct EvidenceOf {
    at: Timestamp,
    queued: Timestamp,
}

impl Deadlines {
    /// The user wants to be woken then (and at no other time).
    pub fn set(&mut self, user: u32, at: Timestamp) {
        let index = user as usize;
        if self.users.len() <= index {
            self.users.resize(index + 1, EvidenceOf { at: Timestamp::NEVER, queued: Timestamp::NEVER });
        }
        let wanted = &mut self.users[index];
        wanted.at = at;
        // An entry that comes earlier will find the new time and queue itself again.
        if at < wanted.queued {
            wanted.queued = at;
            self.heap.push(Reverse((at, user)));
        }
    }

    /// No user wants to be woken before this.
    pub fn next(&self) -> Option<Timestamp> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// A user whose deadline has come.
    pub fn pop(&mut self, now: Timestamp) -> Option<u32> {
        while let Some(Reverse((at, user))) = self.heap.peek().copied() {
            if at > now {
                return None;
            }
            self.heap.pop();
            let wanted = &mut self.users[user as usize];
            if at != wanted.queued {
                continue;
            }
            wanted.queued = Timestamp::NEVER;
            if wanted.at <= now {
                return Some(user);
            }
            let at = wanted.at;
            self.set(user, at);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_micros(millis * 1_000)
    }

    #[test]
    fn a_moved_deadline_wakes_once_and_at_its_new_time() {
        let mut deadlines = Deadlines::default();
        deadlines.set(0, at(10));
        deadlines.set(0, at(30));
        deadlines.set(1, at(20));
        assert_eq!(deadlines.pop(at(10)), None);
        assert_eq!(deadlines.pop(at(25)), Some(1));
        assert_eq!(deadlines.pop(at(25)), None);
        deadlines.set(0, at(26));
        assert_eq!(deadlines.next(), Some(at(26)));
        assert_eq!(deadlines.pop(at(40)), Some(0));
        assert_eq!(deadlines.pop(at(40)), None);
    }
}
