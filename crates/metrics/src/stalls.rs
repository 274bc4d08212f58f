//! When a worker stood still: what was under way meanwhile may have waited for the worker and not for the server, and so may what it did
//! all at once when it went on.

use std::collections::VecDeque;

use base::time::{Span, Timestamp};

/// Newest last, none overlapping another.
#[derive(Debug, Default)]
pub struct Stalls {
    known: VecDeque<(Timestamp, Timestamp)>,
    /// When the last of them ended.
    until: Timestamp,
}

impl Stalls {
    /// It did nothing from then until now.
    pub fn add(&mut self, since: Timestamp, until: Timestamp) {
        if self.known.len() >= REMEMBERED {
            self.known.pop_front();
        }
        // It catches up for as long as that takes, with more at a time than anybody wanted.
        let length = until.since(since).as_micros();
        let until = until + Span::from_micros(length / CATCHES_UP);
        self.known.push_back((since.max(self.until), until));
        self.until = self.until.max(until);
    }

    /// For how long standing still can be part of something that began then, or was to begin, if it is more than a trifle of it.
    #[inline]
    pub fn within(&self, began: Timestamp, now: Timestamp) -> Option<Span> {
        if self.until > began { self.stood(began, now) } else { None }
    }

    #[cold]
    fn stood(&self, began: Timestamp, now: Timestamp) -> Option<Span> {
        let all = now.since(began);
        // What began before all that is remembered has seen more than that.
        if self.known.len() >= REMEMBERED && self.known.front().is_some_and(|(since, _)| began < *since) {
            return Some(all);
        }
        let within = self.known.iter().rev().take_while(|(_, until)| *until > began);
        let stood = |(since, until): &(Timestamp, Timestamp)| (*until).min(now).since((*since).max(began)).as_micros();
        let stood = within.map(stood).sum::<u64>();
        (stood * TRIFLE > all.as_micros()).then_some(Span::from_micros(stood))
    }
}

/// Of one worker.
const REMEMBERED: usize = 512;
/// Less than one part in so many of a time is a trifle.
const TRIFLE: u64 = 5;
/// For one part in so many of the time that it stood still.
const CATCHES_UP: u64 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(stalls: &[(u64, u64)], (began, ended): (u64, u64), spoilt: Option<u64>) {
        let at = |millis: u64| Timestamp::ZERO + Span::from_millis(millis);
        let mut known = Stalls::default();
        stalls.iter().for_each(|&(since, until)| known.add(at(since), at(until)));
        let stood = known.within(at(began), at(ended)).map(|stood| stood.as_micros() / 1_000);
        assert_eq!(stood, spoilt, "{stalls:?} {began} to {ended}");
    }

    #[test]
    fn what_a_worker_stood_still_in_is_spoilt() {
        check(&[], (0, 1_000), None);
        check(&[(100, 140)], (110, 140), Some(30));
        check(&[(100, 140)], (90, 150), Some(50));
        check(&[(100, 140)], (130, 160), Some(20));
        // After it, and before it.
        check(&[(100, 140)], (150, 160), None);
        // While it catches up.
        check(&[(100, 140)], (145, 160), Some(5));
        check(&[(20, 60), (72, 90)], (95, 100), None);
        // A trifle of a long time; many are none.
        check(&[(100, 112)], (0, 1_000), None);
        check(&[(100, 140), (200, 240), (300, 340), (400, 440), (500, 540)], (0, 1_000), Some(250));
        // What was noticed twice stood still once.
        check(&[(100, 140), (120, 141)], (0, 255), None);
    }

    #[test]
    fn memory_is_bounded_and_what_is_older_counts_as_spoilt() {
        let mut known = Stalls::default();
        let at = |millis: u64| Timestamp::ZERO + Span::from_millis(millis);
        (0..10_000).for_each(|n| known.add(at(n * 100), at(n * 100 + 20)));
        assert_eq!(known.known.len(), REMEMBERED);
        assert_eq!(known.within(at(100_000), at(1_000_000)), Some(Span::from_secs(900)), "nobody knows better");
        assert_eq!(known.within(at(999_950), at(1_000_000)), None);
    }
}
