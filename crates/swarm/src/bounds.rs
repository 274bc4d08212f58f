//! What a browser lets a swarm do with it.

use super::consent::{Agreed, Agreements};
use super::message::Offer;
use engine::wire::WorkerLoad;
use plan::{Exceeded, Limits, Segment};

#[derive(Debug, Clone, PartialEq)]
pub struct Bounds {
    /// What its operator allows.
    pub limits: Limits,
    /// Users at a time in this browser.
    pub users: u32,
}

/// What an operator has not allowed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Beyond {
    #[error("it is more than its operator has agreed to")]
    Agreed,
    #[error(transparent)]
    Caps(#[from] Exceeded),
    #[error("its part has {users} users, and its operator allows {most} in this browser")]
    Users { users: u32, most: u32 },
}

impl Bounds {
    /// The most users of a whole run of which a part keeps within what this browser's operator allows here, however the tester
    /// steers the run: users are dealt by their numbers, so fewer of them are no larger part.
    pub(super) fn most_of_run(&self, share: &Share) -> u32 {
        let fits = |users: u32| share.of(users).saturating_add(share.guests) <= self.users;
        let (mut fitting, mut beyond) = (0, MOST_USERS);
        while beyond - fitting > 1 {
            let middle = fitting + (beyond - fitting) / 2;
            if fits(middle) { fitting = middle } else { beyond = middle }
        }
        fitting
    }

    /// The load as this browser plays it: with its own limits on how much of it there is, and nowhere but where its operator has
    /// agreed that somebody else's load may go. What he allows his own plans is no yes to others'.
    ///
    /// # Errors
    /// It goes beyond them.
    pub fn check<'a>(
        &self,
        mut load: WorkerLoad,
        agreements: &'a Agreements,
    ) -> Result<(WorkerLoad, &'a Agreed), Beyond> {
        let asked = Offer::of(&load.plan);
        let agreed = agreements.covering(&asked).ok_or(Beyond::Agreed)?;
        let beyond: Vec<_> =
            asked.far.iter().flat_map(|load| self.limits.caps_of(&load.host).exceeded_by(load)).collect();
        if !beyond.is_empty() {
            return Err(Exceeded(beyond).into());
        }
        let users = load.plan.users_of(&load.segment).saturating_add(load.lending.guests.len() as u32);
        if users > self.users {
            return Err(Beyond::Users { users, most: self.users });
        }
        let Offer { hosts, places, .. } = &agreed.offer;
        load.limits = Some(Limits { hosts: hosts.clone(), only: Some(places.clone()), ..self.limits.clone() });
        Ok((load, agreed))
    }
}

/// What one worker plays here, for [`Bounds`].
#[derive(Debug, Clone)]
pub(super) struct Share {
    segment: Segment,
    /// With a closed load.
    populations: u32,
    /// The most of its own at a time.
    pub own: u32,
    /// Of other browsers'.
    pub guests: u32,
}

impl Share {
    pub fn new(load: &WorkerLoad) -> Self {
        let populations = load.plan.populations.iter().filter(|population| !population.load.is_open()).count() as u32;
        let (own, guests) = (load.plan.users_of(&load.segment), load.lending.guests.len() as u32);
        Self { segment: load.segment.clone(), populations, own, guests }
    }

    /// Of so many users of the run at a time.
    pub fn of(&self, users: u32) -> u32 {
        self.segment.share_of(users).saturating_mul(self.populations)
    }
}

/// More than any plan may have.
const MOST_USERS: u32 = 1_000_001;
