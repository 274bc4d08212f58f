//! When a worker stood still: what was under way meanwhile may have waited for the worker and not for the server.

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
        self.known.push_back((since.max(self.until), until));
        self.until = self.until.max(until);
    }

    /// Whether standing still can be part of something that took so long until now, and be more than a trifle of it.
    #[inline]
    pub fn spoil(&self, now: Timestamp, took: Span) -> bool {
        !self.known.is_empty() && self.until + took > now && self.are_in(now, took)
    }

    #[cold]
    fn are_in(&self, now: Timestamp, took: Span) -> bool {
        let micros = now.as_micros().saturating_sub(took.as_micros());
        let began = Timestamp::from_micros(micros);
        // What began before all that is remembered has seen more than that.
        if self.known.len() >= REMEMBERED && self.known.front().is_some_and(|(since, _)| began < *since) {
            return true;
        }
        let within = self.known.iter().rev().take_while(|(_, until)| *until > began);
        let stood: u64 = within.map(|(since, until)| until.since((*since).max(began)).as_micros()).sum();
        stood * TRIFLE > took.as_micros()
    }
}

/// Of one worker.
const REMEMBERED: usize = 512;
/// Less than one part in so many of a time is a trifle.
const TRIFLE: u64 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(stalls: &[(u64, u64)], (began, ended): (u64, u64), spoilt: bool) {
        let at = |millis: u64| Timestamp::ZERO + Span::from_millis(millis);
        let mut known = Stalls::default();
        stalls.iter().for_each(|&(since, until)| known.add(at(since), at(until)));
        assert_eq!(known.spoil(at(ended), Span::from_millis(ended - began)), spoilt, "{stalls:?} {began} to {ended}");
    }

    #[test]
    fn what_a_worker_stood_still_in_is_spoilt() {
        check(&[], (0, 1_000), false);
        check(&[(100, 140)], (110, 140), true);
        check(&[(100, 140)], (90, 150), true);
        check(&[(100, 140)], (130, 160), true);
        // After it, and before it.
        check(&[(100, 140)], (140, 160), false);
        check(&[(20, 60), (70, 90)], (90, 100), false);
        // A trifle of a long time; many are none.
        check(&[(100, 112)], (0, 1_000), false);
        check(&[(100, 112), (200, 212), (300, 312), (400, 412), (500, 512)], (0, 1_000), true);
        // What was noticed twice stood still once.
        check(&[(100, 140), (120, 141)], (0, 830), false);
    }

    #[test]
    fn memory_is_bounded_and_what_is_older_counts_as_spoilt() {
        let mut known = Stalls::default();
        let at = |millis: u64| Timestamp::ZERO + Span::from_millis(millis);
        (0..10_000).for_each(|n| known.add(at(n * 100), at(n * 100 + 20)));
        assert_eq!(known.known.len(), REMEMBERED);
        assert!(known.spoil(at(1_000_000), Span::from_secs(900)));
        assert!(!known.spoil(at(1_000_000), Span::from_millis(50)));
    }
}
