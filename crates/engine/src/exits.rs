//! The way out: users leave one after the other, as they came. All at once they would be a storm of farewells that no real crowd
//! makes, and most of them would be cut off, by the generator's own haste.
//!
//! Who waits for its turn is silent and hears. A share of the whole run's pace is this worker's.

use std::collections::VecDeque;

use super::Engine;
use crate::wire::WorkerLoad;
use base::time::{Span, Timestamp};
use metrics::UserId;
use plan::LEAVES_A_SECOND;

/// Users that are to leave.
pub struct Exits {
    waiting: VecDeque<UserId>,
    /// Who was let go lately, and when: as long as they have not gone they are in the way of others.
    leaving: VecDeque<(UserId, Timestamp)>,
    /// Not before this the next one goes.
    next_at: Timestamp,
    cut: Timestamp,
    /// Between two users of this worker.
    every: Span,
    /// So many of this worker at a time.
    most: usize,
    graceful_stop: Span,
}

/// Of the whole run at a time; each worker has at least one.
const LEAVING_AT_ONCE: u32 = 64;
/// Who has not left after so long is in nobody's way any more: a server that hangs must not make everybody wait for everybody.
const PATIENCE: Span = Span::from_secs(2);

impl Exits {
    pub fn new(load: &WorkerLoad) -> Self {
        let share = |all: u32| load.segment.share_of(all).max(1);
        Self {
            waiting: VecDeque::new(),
            leaving: VecDeque::new(),
            next_at: Timestamp::ZERO,
            cut: Timestamp::NEVER,
            every: Span::from_secs_f64(1.0 / f64::from(share(LEAVES_A_SECOND))),
            most: share(LEAVING_AT_ONCE) as usize,
            graceful_stop: Span::from_secs_f64(load.plan.graceful_stop_s),
        }
    }

    /// So long one user's farewell may take.
    pub const fn graceful_stop(&self) -> Span {
        self.graceful_stop
    }

    /// How long so many users of this worker may take. One has as long as the plan says, and each further one is waited for.
    fn longest(&self, users: usize) -> Span {
        self.graceful_stop + Span::from_micros(self.every.as_micros() * 4 * users as u64)
    }

    /// When somebody may go, or is not waited for any more.
    pub fn next_at(&self) -> Option<Timestamp> {
        self.waiting.front()?;
        if self.leaving.len() < self.most {
            return Some(self.next_at);
        }
        self.leaving.front().map(|(_, since)| (*since + PATIENCE).max(self.next_at))
    }

    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    /// The next one that may go now, and when it is cut off.
    fn pop(&mut self, now: Timestamp) -> Option<(UserId, Timestamp)> {
        if self.leaving.len() >= self.most || now < self.next_at {
            return None;
        }
        let user = self.waiting.pop_front()?;
        self.leaving.push_back((user, now));
        // Of a timer that fires late nobody is late, but a long time is not made up for.
        self.next_at = self.next_at.max(Timestamp::from_micros(now.as_micros().saturating_sub(CATCH_UP.as_micros())));
        self.next_at += self.every;
        Some((user, (now + self.graceful_stop).min(self.cut)))
    }
}

/// A browser's timers are some milliseconds late.
const CATCH_UP: Span = Span::from_millis(100);

impl Engine {
    /// These users are to leave; answers with when all of them have left or are cut off.
    pub(super) fn send_out(&mut self, now: Timestamp, wall_ms: f64, is_meant: impl Fn(UserId) -> bool) -> Timestamp {
        let meant = self.crowd.users().filter(|user| is_meant(user.id())).count();
        let cut = now + self.exits.longest(meant);
        self.exits.cut = cut;
        for slot in self.crowd.occupied() {
            let Some(user) = self.crowd.get_mut(slot).filter(|user| is_meant(user.id())) else { continue };
            let id = user.id();
            if !user.is_settled_in() {
                // It is on its way out or has not come in: nothing is gained by waiting.
                let soon = (now + self.exits.graceful_stop).min(cut);
                self.with_user(now, wall_ms, slot, |user, ctx| user.retire(ctx, soon));
            } else if !self.exits.waiting.contains(&id) {
                self.with_user(now, wall_ms, slot, |user, ctx| user.await_its_turn(ctx));
                self.exits.waiting.push_back(id);
            }
        }
        self.let_leave(now, wall_ms);
        cut
    }

    /// As many as may go now.
    pub(super) fn let_leave(&mut self, now: Timestamp, wall_ms: f64) {
        if self.exits.waiting.is_empty() {
            return;
        }
        let crowd = &mut self.crowd;
        self.exits.leaving.retain(|(user, since)| {
            let slot = crowd.find(*user);
            now.since(*since) < PATIENCE
                && slot.and_then(|slot| crowd.get_mut(slot)).is_some_and(|user| !user.is_over())
        });
        while let Some((id, cut)) = self.exits.pop(now) {
            if let Some(slot) = self.crowd.find(id) {
                self.with_user(now, wall_ms, slot, |user, ctx| user.retire(ctx, cut));
            }
        }
    }

    /// The time is over: who is still there is cut off, by us.
    pub(super) fn count_who_stays(&mut self) {
        for user in self.crowd.users().filter(|user| !user.is_over() && !user.is_closing()) {
            let population = &self.populations[user.id().population()];
            self.recorder.count(population.meters.not_left, 1);
        }
    }
}
