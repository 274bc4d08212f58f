//! What the load wanted while this worker stood still (its machine slept): nobody makes up for it.
//!
//! An arrival of an open load that is too old is left out and counted. Users of a closed load are a level that holds: those that should
//! have started come after the sleep, as far apart as the plan has them.

use std::collections::VecDeque;

use super::Engine;
use crate::user::is_stale;
use base::time::{Span, Timestamp};
use metrics::UserId;

/// Users that start later than planned.
#[derive(Default)]
pub struct LateStarts {
    /// When the worker began to play: what lies before that it has not slept through, it came later.
    began: Timestamp,
    /// By how much the starts of the last sleep are moved, and when that was.
    moved: Option<(Timestamp, Span)>,
    /// With the new time.
    waiting: VecDeque<(UserId, Timestamp)>,
}

impl LateStarts {
    pub fn begin(&mut self, now: Timestamp) {
        self.began = now;
    }

    pub fn next_at(&self) -> Option<Timestamp> {
        self.waiting.front().map(|(_, at)| *at)
    }

    /// Takes this user's start over if it is too old.
    pub fn take(&mut self, now: Timestamp, user: UserId, due: Timestamp) -> bool {
        if due < self.began || !is_stale(due, now) {
            return false;
        }
        let by = match self.moved {
            Some((at, by)) if at == now => by,
            _ => now.since(due),
        };
        self.moved = Some((now, by));
        let at = due + by;
        let place = self.waiting.partition_point(|(_, other)| *other <= at);
        self.waiting.insert(place, (user, at));
        true
    }

    /// The user is not wanted any more; says whether it was waiting.
    pub fn forget(&mut self, user: UserId) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|(other, _)| *other != user);
        self.waiting.len() < before
    }

    pub fn pop(&mut self, now: Timestamp) -> Option<(UserId, Timestamp)> {
        if self.next_at()? <= now { self.waiting.pop_front() } else { None }
    }
}

impl Engine {
    /// An arrival that is too old is only counted. One of the time before this worker came is not its own.
    pub(super) fn is_left_out(&mut self, now: Timestamp, population: usize, due: Timestamp) -> bool {
        let population = &self.populations[population];
        if population.schedule.cap().is_none() || !is_stale(due, now) {
            return false;
        }
        if due >= self.late_starts.began {
            self.recorder.count(population.meters.not_sent, 1);
        }
        true
    }
}
