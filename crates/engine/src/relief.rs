//! A full browser is relieved: users that wait in it for a socket are played by parts in browsers that have room.
//!
//! The conductor asks a worker of a browser that was found full to give up so many (`GiveUp`); the worker says which in its next
//! hand-over, together with its users without them, so nobody is counted twice or not at all. Only who was never connected goes: it has
//! sent nothing, and begins anew elsewhere under the same number and with the same account. The other worker plays it as if it had been
//! dealt to it (`TakeIn`): the load stops it there. Whom that one has no room for it gives up in turn, and who comes home stays.

use std::collections::BTreeSet;

use super::Engine;
use super::stop::Stopping;
use crate::wire::{Guest, Moved};
use base::time::Timestamp;
use metrics::UserId;

#[derive(Default)]
pub struct Relief {
    /// Since the last hand-over.
    moved: Moved,
    /// Own users that nobody else had room for.
    home_again: BTreeSet<UserId>,
}

impl Relief {
    pub fn take(&mut self) -> Moved {
        std::mem::take(&mut self.moved)
    }
}

impl Engine {
    /// Lets so many users go, if its browser is full and they wait for that alone.
    pub(super) fn give_up(&mut self, most: u32) {
        self.relief.moved.was_asked = true;
        if !matches!(self.stopping, Stopping::Running) || self.sockets.has_room() {
            return;
        }
        let Self { handshakes, crowd, relief, .. } = self;
        let waiting = handshakes.queue().filter_map(|seat| crowd.slot_at(*seat)).filter(|slot| {
            let user = crowd.get(*slot).filter(|user| user.may_move());
            user.is_some_and(|user| !relief.home_again.contains(&user.id()))
        });
        let going: Vec<u32> = waiting.take(most as usize).collect();
        self.handshakes.withdraw(|seat| self.crowd.slot_at(*seat).is_some_and(|slot| going.contains(&slot)));
        going.into_iter().for_each(|slot| self.let_go(slot));
    }

    fn let_go(&mut self, slot: u32) {
        let Some(user) = self.crowd.remove(slot) else { return };
        let id = user.id();
        self.deadlines.set(slot, Timestamp::NEVER);
        self.observer.rings().forget(id);
        self.guard.on_over(id);
        let population = &mut self.populations[id.population()];
        population.present = population.present.saturating_sub(1);
        population.schedule.lend(id.index());
        self.relief.moved.given_up.push(id);
    }

    pub(super) fn take_in(&mut self, now: Timestamp, wall_ms: f64, guests: Vec<Guest>, most: u32) {
        // The load goes on from now, with them.
        self.follow_plan(now, wall_ms);
        let mut room = most;
        for Guest { user, row } in guests {
            let Some(population) = self.populations.get_mut(user.population()) else { continue };
            if population.schedule.holds(user.index()) {
                continue;
            }
            population.accounts.learn(user.index(), row);
            let is_own = population.schedule.is_own(user.index());
            if !is_own && (room == 0 || !self.has_room_for(user)) {
                self.relief.moved.given_up.push(user);
                continue;
            }
            if is_own {
                self.relief.home_again.insert(user);
            } else {
                room -= 1;
            }
            self.relief.moved.taken_in.push(user);
            self.seat_guest(now, wall_ms, user);
        }
    }

    fn has_room_for(&mut self, user: UserId) -> bool {
        if !matches!(self.stopping, Stopping::Idle | Stopping::Running) {
            return false;
        }
        let population = &self.populations[user.population()];
        let is_below_cap = population.schedule.cap().is_none_or(|cap| population.present < cap);
        let users = self.populations.iter().map(|population| population.schedule.most().max(population.present));
        is_below_cap && population.accounts.knows(user.index()) && !self.guard.is_full(user.population(), users)
    }

    fn seat_guest(&mut self, now: Timestamp, wall_ms: f64, user: UserId) {
        let schedule = &mut self.populations[user.population()].schedule;
        match self.stopping {
            // Its start is still to come.
            Stopping::Idle => drop(schedule.host(user.index(), None)),
            Stopping::Running if schedule.host(user.index(), Some(now)) => self.admit(now, wall_ms, user, now),
            // The load has sent it away meanwhile, and it may want it back.
            _ => self.populations[user.population()].gone.done += 1,
        }
    }
}
