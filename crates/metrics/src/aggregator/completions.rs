//! When the first, the median and the last member got each message, over the members of all workers.

use std::collections::{HashMap, VecDeque};

use crate::delta::Completion;
use crate::user::UserId;
use base::time::{Span, Timestamp};

#[derive(Debug, Default)]
pub struct Completions {
    open: HashMap<(UserId, u32), Open>,
    /// In order of their first report.
    order: VecDeque<(UserId, u32)>,
    done: Vec<Completed>,
}

#[derive(Debug)]
struct Open {
    sent_at: Timestamp,
    /// When the first worker settled it.
    since: Timestamp,
    reports: usize,
    missing: u32,
    latencies: Vec<u32>,
    by_worker: Vec<(usize, u32)>,
}

/// Microseconds from sending until the first, the median and the last of those who were owed the message (or got it all the same) had it.
/// `None`: that one never got it, as far as is known.
#[derive(Debug, PartialEq, Eq)]
pub struct Completed {
    pub sender: UserId,
    pub sent_at: Timestamp,
    pub first: Option<u32>,
    pub median: Option<u32>,
    pub last: Option<u32>,
    /// Members that were owed it and had not got it. Without them, `None` means that nobody was there.
    pub missing: u32,
    /// When the members of each worker got it, in the median.
    pub by_worker: Vec<(usize, u32)>,
}

impl Completions {
    /// From one worker, of so many.
    pub fn absorb(&mut self, now: Timestamp, worker: usize, part: &Completion, workers: usize) {
        let message = (part.sender, part.sequence);
        let open = self.open.entry(message).or_insert_with(|| {
            self.order.push_back(message);
            let (latencies, by_worker) = (Vec::new(), Vec::new());
            Open { sent_at: part.sent_at, since: now, reports: 0, missing: 0, latencies, by_worker }
        });
        open.reports += 1;
        open.missing += part.missing;
        let (latencies, _) = part.latencies.as_chunks::<4>();
        let before = open.latencies.len();
        open.latencies.extend(latencies.iter().map(|bytes| u32::from_le_bytes(*bytes)));
        let own = &mut open.latencies[before..];
        own.sort_unstable();
        open.by_worker.extend(median(own).map(|median| (worker, median)));
        if open.reports >= workers {
            self.complete(message);
        }
    }

    /// Gives up waiting for workers that should have reported long ago.
    pub fn expire(&mut self, now: Timestamp) {
        while let Some(&message) = self.order.front() {
            match self.open.get(&message) {
                Some(open) if now.since(open.since) < PATIENCE => break,
                Some(_) => self.complete(message),
                None => {}
            }
            self.order.pop_front();
        }
    }

    pub fn drain(&mut self) -> Vec<Completed> {
        std::mem::take(&mut self.done)
    }

    fn complete(&mut self, message: (UserId, u32)) {
        let Some(mut open) = self.open.remove(&message) else { return };
        open.latencies.sort_unstable();
        // Who missed it comes behind all others.
        let (all, members) = (&open.latencies, open.latencies.len() + open.missing as usize);
        self.done.push(Completed {
            sender: message.0,
            sent_at: open.sent_at,
            first: all.first().copied(),
            median: all.get(members.saturating_sub(1) / 2).copied(),
            last: all.get(members.saturating_sub(1)).copied(),
            missing: open.missing,
            by_worker: open.by_worker,
        });
    }
}

fn median(sorted: &[u32]) -> Option<u32> {
    sorted.get(sorted.len().saturating_sub(1) / 2).copied()
}

/// All workers settle a message at the same time, or as soon as they have heard of its fate; whoever has not reported so
/// long after the first one is gone.
const PATIENCE: Span = Span::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    fn part(sequence: u32, missing: u32, latencies: &[u32]) -> Completion {
        let latencies = latencies.iter().flat_map(|micros| micros.to_le_bytes()).collect();
        Completion { sender: UserId(1), sequence, sent_at: Timestamp::from_micros(5), missing, latencies }
    }

    #[track_caller]
    fn check(parts: &[Completion], expected: [Option<u32>; 3]) {
        let mut completions = Completions::default();
        for (worker, part) in parts.iter().enumerate() {
            completions.absorb(Timestamp::ZERO, worker, part, parts.len());
        }
        let done = completions.drain();
        assert_eq!(done.iter().map(|done| [done.first, done.median, done.last]).collect::<Vec<_>>(), [expected]);
        completions.expire(Timestamp::NEVER);
        assert_eq!(completions.drain(), []);
    }

    #[test]
    fn parts_are_merged_before_the_median_is_taken() {
        check(&[part(0, 0, &[9, 1]), part(0, 0, &[]), part(0, 0, &[3, 4, 8])], [Some(1), Some(4), Some(9)]);
        check(&[part(0, 0, &[9, 1])], [Some(1), Some(1), Some(9)]);
        check(&[part(0, 1, &[9]), part(0, 0, &[2])], [Some(2), Some(9), None]);
        check(&[part(0, 0, &[])], [None, None, None]);
        check(&[part(0, 2, &[9, 4]), part(0, 1, &[2])], [Some(2), Some(9), None]);
        check(&[part(0, 3, &[9, 4])], [Some(4), None, None]);
    }

    #[test]
    fn each_worker_has_a_median_of_its_own() {
        let mut completions = Completions::default();
        let parts = [part(0, 0, &[9, 1, 4]), part(0, 0, &[]), part(0, 0, &[3])];
        (0..3).for_each(|worker| completions.absorb(Timestamp::ZERO, worker, &parts[worker], 3));
        assert_eq!(completions.drain()[0].by_worker, [(0, 4), (2, 3)]);
    }

    #[test]
    fn a_silent_worker_does_not_hold_messages_for_ever() {
        let mut completions = Completions::default();
        completions.absorb(Timestamp::ZERO, 0, &part(0, 0, &[7]), 2);
        completions.expire(Timestamp::ZERO + Span::from_secs(119));
        assert_eq!(completions.drain().len(), 0);
        completions.expire(Timestamp::ZERO + Span::from_secs(121));
        assert_eq!(completions.drain()[0].last, Some(7));
    }

    #[test]
    fn a_message_that_is_settled_late_still_waits_for_all_workers() {
        let mut completions = Completions::default();
        let at = |seconds| Timestamp::ZERO + Span::from_secs(seconds);
        // It was sent at zero, and its sender heard of its fate only now.
        completions.absorb(at(200), 0, &part(0, 0, &[7]), 2);
        completions.expire(at(200));
        completions.absorb(at(201), 1, &part(0, 0, &[9]), 2);
        let done = completions.drain();
        assert_eq!(done.iter().map(|done| (done.first, done.last)).collect::<Vec<_>>(), [(Some(7), Some(9))]);
    }
}
