//! The limits of this browser's operator, as one worker keeps to them. A plan beyond them does not start; whatever a run is told
//! later, and whatever address a server gives, ends here.

use crate::plan::Limits;
use crate::protocol::url;
use crate::time::{Span, Timestamp};
use crate::wire::Load;

#[derive(Debug)]
pub struct Guard {
    /// `None`: anything goes.
    limits: Option<Limits>,
    /// Of each population, whether it goes to a machine that is not this one.
    far: Vec<bool>,
    /// How many users of such populations this worker may play at a time.
    most_users: Option<u32>,
    /// When its load on such machines has to end.
    until: Option<Timestamp>,
}

pub const NOT_ALLOWED: &str = "this browser's operator has not allowed load on that host";
pub const TOO_LONG: &str = "the longest time of load that this browser's operator allows is over: users leave";

impl Guard {
    pub fn new(load: &Load) -> Self {
        let is_far = |host: &String| !url::is_loopback(host);
        let far: Vec<bool> =
            load.plan.populations.iter().map(|population| population.hosts().iter().any(is_far)).collect();
        let caps = load.limits.as_ref().map(|limits| limits.caps);
        let until = caps.and_then(|caps| caps.minutes).filter(|_| far.contains(&true));
        Self {
            most_users: caps.and_then(|caps| caps.users).map(|users| load.segment.share_of(users)),
            until: until.map(|minutes| Timestamp::ZERO + Span::from_secs_f64(minutes * 60.0)),
            far,
            limits: load.limits.clone(),
        }
    }

    pub fn may_reach(&self, address: &str) -> bool {
        let Some(limits) = &self.limits else { return true };
        url::host(address).is_some_and(|host| limits.allows(&host))
    }

    /// Whether a user more of this population is too many; `present` has the users of each.
    pub fn is_full(&self, population: usize, present: impl Iterator<Item = u32>) -> bool {
        let Some(most) = self.most_users.filter(|_| self.far[population]) else { return false };
        let now: u32 = self.far.iter().zip(present).filter(|(far, _)| **far).map(|(_, present)| present).sum();
        now >= most
    }

    /// When the load has to end at the latest.
    pub fn until(&self) -> Option<Timestamp> {
        self.until
    }
}
