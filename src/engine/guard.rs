//! The limits of this browser's operator, as one worker keeps to them. A plan beyond them does not start; whatever a run is told
//! later, and whatever address a server gives, ends here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::plan::{Limits, Segment};
use crate::protocol::url;
use crate::time::{Span, Timestamp};
use crate::wire::{Level, Load, LogLine};

use super::Engine;
use super::crowd::Seat;

#[derive(Debug)]
pub struct Guard {
    /// `None`: anything goes.
    limits: Option<Limits>,
    /// Of each population, the hosts it goes to that are not this machine.
    far: Vec<BTreeSet<String>>,
    /// How many users each of these hosts may have of this worker at a time.
    most_users: Option<u32>,
    pace: Option<Pace>,
    /// When its load on such machines has to end.
    until: Option<Timestamp>,
    /// When whoever waits for the pace may go on; `None`: nobody does.
    holds_until: Option<Timestamp>,
    /// What was said of the limits since the tester's last action.
    told: BTreeSet<&'static str>,
}

pub const NOT_ALLOWED: &str = "this browser's operator has not allowed load on that host";
pub const TOO_LONG: &str = "the longest time of load that its operator allows is over: users leave";
pub const TOO_MANY: &str = "no further users start: its limit on users at a time is reached";
pub const TOO_FAST: &str = "users wait to connect: its limit on new users within a second is reached";

impl Guard {
    pub fn new(load: &Load) -> Self {
        let far_hosts = |hosts: BTreeSet<String>| hosts.into_iter().filter(|host| !url::is_loopback(host)).collect();
        let far: Vec<BTreeSet<String>> =
            load.plan.populations.iter().map(|population| far_hosts(population.hosts())).collect();
        let caps = load.limits.as_ref().map(|limits| limits.caps);
        let is_far = far.iter().any(|hosts| !hosts.is_empty());
        let until = caps.and_then(|caps| caps.minutes).filter(|_| is_far);
        Self {
            most_users: caps.and_then(|caps| caps.users).map(|users| load.segment.share_of(users)),
            pace: caps.and_then(|caps| caps.rate).map(|rate| Pace::new(&load.segment, rate)),
            until: until.map(|minutes| Timestamp::ZERO + Span::from_secs_f64(minutes * 60.0)),
            far,
            limits: load.limits.clone(),
            holds_until: None,
            told: BTreeSet::new(),
        }
    }

    pub fn may_reach(&self, address: &str) -> bool {
        let Some(limits) = &self.limits else { return true };
        limits.reaches(address)
    }

    /// Whether a user more of this population is too many; `present` has the users of each.
    pub fn is_full(&self, population: usize, present: impl Iterator<Item = u32> + Clone) -> bool {
        let Some(most) = self.most_users else { return false };
        let on = |host: &String| -> u32 {
            let users = self.far.iter().zip(present.clone());
            users.filter(|(hosts, _)| hosts.contains(host)).map(|(_, users)| users).sum()
        };
        self.far[population].iter().any(|host| on(host) >= most)
    }

    /// Whether the pace lets a user of this population open its connection now.
    fn may_open(&mut self, population: usize, now: Timestamp) -> bool {
        let Some(pace) = &mut self.pace else { return true };
        let free = self.far[population].iter().map(|host| pace.free_at(host, now)).max();
        let held = free.filter(|free| *free > now);
        self.holds_until = self.holds_until.into_iter().chain(held).min();
        held.is_none()
    }

    /// It did.
    pub fn on_opened(&mut self, population: usize, now: Timestamp) {
        if let Some(pace) = &mut self.pace {
            self.far[population].iter().for_each(|host| pace.opened.entry(host.clone()).or_default().push_back(now));
        }
    }

    /// When the load has to end at the latest.
    pub fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// When the first of those that are held by the pace may go on.
    pub fn holds_until(&self) -> Option<Timestamp> {
        self.holds_until
    }

    /// What the tester does next may meet the same limits: it is said again.
    pub fn on_action(&mut self) {
        self.told.clear();
    }
}

/// How fast this worker may open connections to a host, whoever wants them: new users, and those who come back.
#[derive(Debug)]
struct Pace {
    most: u32,
    within: Span,
    /// The latest ones to each host.
    opened: BTreeMap<String, VecDeque<Timestamp>>,
}

impl Pace {
    /// The parts of a run open as many connections a second as users may start. They are dealt as users are, so that a load
    /// within the limit is not held up; where there is less than one for each part, the parts take longer for one.
    fn new(segment: &Segment, rate: f64) -> Self {
        let parts = segment.weights.len() as f64;
        let (most, seconds) = match segment.share_of(rate as u32) {
            share if share > 0 && rate >= parts => (share, 1.0),
            _ => (1, parts / rate),
        };
        Self { most, within: Span::from_secs_f64(seconds.max(1.0)), opened: BTreeMap::new() }
    }

    /// From when on one more may be opened.
    fn free_at(&mut self, host: &str, now: Timestamp) -> Timestamp {
        let Some(opened) = self.opened.get_mut(host) else { return now };
        while opened.front().is_some_and(|&first| now.since(first) >= self.within) {
            opened.pop_front();
        }
        match opened.front() {
            Some(&first) if opened.len() >= self.most as usize => first + self.within,
            _ => now,
        }
    }
}

impl Engine {
    /// Says that a limit is met, to whoever conducts the run.
    pub(super) fn tell_limit(&mut self, now: Timestamp, population: usize, limit: &'static str) {
        if self.guard.told.insert(limit) {
            let population = self.populations[population].name.clone();
            self.log.push(LogLine { at: now, level: Level::Warning, population, user: None, text: limit.to_owned() });
        }
    }

    /// The first in the queue for a handshake that may have one now, as far as the operator's limits go. Who is held for one host
    /// holds up nobody of another.
    pub(super) fn next_handshake(&mut self, now: Timestamp) -> Option<Seat> {
        let Self { handshakes, crowd, guard, .. } = self;
        guard.holds_until = None;
        let mut held = BTreeSet::new();
        let seat = handshakes.take_first(|seat| {
            let user = crowd.slot_at(*seat).and_then(|slot| crowd.get_mut(slot));
            user.map(|user| user.id().population()).is_none_or(|population| {
                let may = !held.contains(&population) && guard.may_open(population, now);
                if !may {
                    held.insert(population);
                }
                may
            })
        });
        if let Some(population) = held.into_iter().next() {
            self.tell_limit(now, population, TOO_FAST);
        }
        seat
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rate: f64, weights: &[u32], expected: &[(u32, f64)]) {
        let segment = |part| Segment { part, weights: weights.to_vec(), probe_parts: Vec::new() };
        let paces = (0..weights.len()).map(|part| Pace::new(&segment(part), rate));
        let found: Vec<_> = paces.map(|pace| (pace.most, pace.within.as_secs_f64())).collect();
        assert_eq!(found, expected, "{rate} a second");
    }

    #[test]
    fn the_parts_of_a_run_share_a_pace() {
        check(30.0, &[1], &[(30, 1.0)]);
        check(12.5, &[1], &[(12, 1.0)]);
        check(30.0, &[1, 1, 1, 1], &[(8, 1.0), (8, 1.0), (7, 1.0), (7, 1.0)]);
        check(30.0, &[2, 1], &[(20, 1.0), (10, 1.0)]);
        check(0.5, &[1], &[(1, 2.0)]);
        check(2.0, &[1, 1, 1, 1], &[(1, 2.0); 4]);
    }
}
