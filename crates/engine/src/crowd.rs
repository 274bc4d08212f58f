//! Where a worker's users live, and whose each exchange is.

use std::collections::HashMap;

use crate::user::User;
use metrics::UserId;

use crate::ports::FetchId;

/// Users by slot. A slot is given to a new user only after everything of the old one is gone.
#[derive(Default)]
pub struct Crowd {
    slots: Vec<Option<Box<User>>>,
    /// How many users each slot has held.
    lives: Vec<u32>,
    free: Vec<u32>,
    by_id: HashMap<UserId, u32>,
    fetches: HashMap<u32, u32>,
    next_fetch: u32,
}

/// A place in a queue outlives the user that asked for it: the next user of its slot must not be served instead.
#[derive(Debug, Clone, Copy)]
pub struct QueueTicket {
    slot: u32,
    life: u32,
}

impl Crowd {
    pub fn add(&mut self, user: User) -> u32 {
        let id = user.id();
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.lives.push(0);
            (self.slots.len() - 1) as u32
        });
        self.slots[slot as usize] = Some(Box::new(user));
        self.lives[slot as usize] = self.lives[slot as usize].wrapping_add(1);
        self.by_id.insert(id, slot);
        slot
    }

    pub fn remove(&mut self, slot: u32) -> Option<Box<User>> {
        let user = self.slots[slot as usize].take()?;
        // Its number may belong to a new user already, while it waited for its socket to close.
        if self.by_id.get(&user.id()) == Some(&slot) {
            self.by_id.remove(&user.id());
        }
        self.free.push(slot);
        Some(user)
    }

    /// The user of a slot, to be found again only while it lives.
    pub fn seat(&self, slot: u32) -> QueueTicket {
        QueueTicket { slot, life: self.lives[slot as usize] }
    }

    /// The slot, if the user that had this seat still has it.
    pub fn slot_at(&self, seat: QueueTicket) -> Option<u32> {
        let taken = self.slots[seat.slot as usize].is_some() && self.lives[seat.slot as usize] == seat.life;
        taken.then_some(seat.slot)
    }

    pub fn get(&self, slot: u32) -> Option<&User> {
        self.slots.get(slot as usize)?.as_deref()
    }

    pub fn get_mut(&mut self, slot: u32) -> Option<&mut User> {
        self.slots.get_mut(slot as usize)?.as_deref_mut()
    }

    pub fn find(&self, id: UserId) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.slots.iter().flatten().map(|user| &**user)
    }

    /// All slots that hold a user.
    pub fn occupied(&self) -> Vec<u32> {
        (0..self.slots.len() as u32).filter(|slot| self.slots[*slot as usize].is_some()).collect()
    }

    pub fn next_fetch(&mut self, slot: u32) -> FetchId {
        let fetch = FetchId(self.next_fetch);
        self.next_fetch = self.next_fetch.wrapping_add(1);
        self.fetches.insert(fetch.0, slot);
        fetch
    }

    pub fn end_fetch(&mut self, fetch: FetchId) -> Option<u32> {
        self.fetches.remove(&fetch.0)
    }
}
