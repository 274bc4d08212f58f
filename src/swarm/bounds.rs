//! What a browser lets a swarm do with it.

use crate::plan::Limits;
use crate::wire::Load;

#[derive(Debug, Clone, PartialEq)]
pub struct Bounds {
    /// What its operator allows.
    pub limits: Limits,
    /// Users at a time in this browser.
    pub users: u32,
}

impl Bounds {
    /// The most users of a whole run of which a part keeps within what this browser's operator allows here, however the tester
    /// steers the run: users are dealt by their numbers, so fewer of them are no larger part.
    pub(super) fn most_of_run(&self, load: &Load) -> u32 {
        let populations = load.plan.populations.iter().filter(|population| !population.load.is_open()).count() as u32;
        let fits = |users: u32| load.segment.share_of(users).saturating_mul(populations) <= self.users;
        let (mut fitting, mut beyond) = (0, MOST_USERS);
        while beyond - fitting > 1 {
            let middle = fitting + (beyond - fitting) / 2;
            if fits(middle) { fitting = middle } else { beyond = middle }
        }
        fitting
    }

    /// The load as this browser plays it: with its own limits on where it goes.
    ///
    /// # Errors
    /// It goes beyond them.
    pub fn check(&self, mut load: Load) -> Result<Load, String> {
        self.limits.check(&load.plan).map_err(|problems| problems.join("; "))?;
        let users = load.plan.users_of(&load.segment);
        if users > self.users {
            return Err(format!("its part has {users} users, and its operator allows {} in this browser", self.users));
        }
        load.limits = Some(self.limits.clone());
        Ok(load)
    }
}

/// More than any plan may have.
const MOST_USERS: u32 = 1_000_001;
