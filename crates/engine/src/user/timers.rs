//! When a user wants to be woken: a deadline of each kind, as quinn's timer table has them, so that a frame costs no look at all
//! that a user waits for.

use std::ops::{Deref, DerefMut};

use base::time::Timestamp;

/// What a deadline is of.
#[derive(Debug, Clone, Copy)]
pub enum WakeUp {
    /// The stage of its life.
    Stage,
    /// The server's silence.
    Session,
    /// A task that thinks.
    Task,
    /// A timer of the scenario.
    Tick,
    /// What is waited for.
    Limit,
    /// A message that the server has passed by.
    PassedBy,
    Voice,
    /// It hangs, until then.
    Stall,
}

const KINDS: usize = WakeUp::Stall as usize + 1;

#[derive(Debug)]
pub struct TimerTable {
    due: [Timestamp; KINDS],
    earliest: Timestamp,
}

impl Default for TimerTable {
    fn default() -> Self {
        Self { due: [Timestamp::NEVER; KINDS], earliest: Timestamp::NEVER }
    }
}

impl TimerTable {
    pub fn set(&mut self, kind: WakeUp, due: Timestamp) {
        let old = std::mem::replace(&mut self.due[kind as usize], due);
        if due <= self.earliest {
            self.earliest = due;
        } else if old == self.earliest {
            self.earliest = self.due.into_iter().min().unwrap_or(Timestamp::NEVER);
        }
    }

    /// The earliest of all.
    pub fn next(&self) -> Timestamp {
        self.earliest
    }
}

/// A part of a user that has deadlines. Whoever may change it is noted, so no change of a deadline can be forgotten.
pub struct Timed<T> {
    part: T,
    is_touched: bool,
}

impl<T> Timed<T> {
    pub fn new(part: T) -> Self {
        Self { part, is_touched: true }
    }

    /// Whether its deadlines are to be asked for again; `true` once.
    pub fn take_touched(&mut self) -> bool {
        std::mem::take(&mut self.is_touched)
    }
}

impl<T> Deref for Timed<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.part
    }
}

impl<T> DerefMut for Timed<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.is_touched = true;
        &mut self.part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_deadline_is_known_whatever_moves() {
        let at = |millis: u64| Timestamp::from_micros(millis * 1_000);
        let mut timers = TimerTable::default();
        #[track_caller]
        fn check(timers: &mut TimerTable, kind: WakeUp, due: Timestamp, earliest: Timestamp) {
            timers.set(kind, due);
            assert_eq!(timers.next(), earliest);
        }
        check(&mut timers, WakeUp::Task, at(30), at(30));
        check(&mut timers, WakeUp::Tick, at(20), at(20));
        check(&mut timers, WakeUp::Limit, at(20), at(20));
        check(&mut timers, WakeUp::Tick, at(40), at(20));
        check(&mut timers, WakeUp::Limit, Timestamp::NEVER, at(30));
        check(&mut timers, WakeUp::Task, at(50), at(40));
        check(&mut timers, WakeUp::Tick, Timestamp::NEVER, at(50));
        check(&mut timers, WakeUp::Task, Timestamp::NEVER, Timestamp::NEVER);
    }

    #[test]
    fn only_who_may_change_a_part_touches_it() {
        let mut part = Timed::new(vec![1]);
        assert!(part.take_touched(), "nobody has asked a new one");
        assert_eq!(part.len(), 1);
        assert!(!part.take_touched());
        part.push(2);
        assert!(part.take_touched());
        assert!(!part.take_touched());
    }
}
