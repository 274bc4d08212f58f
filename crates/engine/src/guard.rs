//! The limits of this browser's operator, as one worker keeps to them. A plan beyond them does not start; whatever a run is told
//! later, and whatever address a server gives, ends here.
//!
//! It decides about the address that goes to the browser, not about the plan's text: a host that nobody was asked about is refused,
//! every other one but this machine has its own count of users, sockets and openings.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use crate::user::ONCE_USER;
use crate::wire::{LogLevel, LogLine, WorkerLoad};
use base::time::{Span, Timestamp};
use base::url;
use metrics::UserId;
use plan::{Caps, Limits, Segment};

use super::Engine;
use super::crowd::QueueTicket;
use crate::ports::{FetchFailure, SocketId};

#[derive(Debug)]
pub struct Guard {
    /// `None`: anything goes.
    limits: Option<Limits>,
    segment: Segment,
    populations: Vec<Going>,
    /// What is under way to each host that is not this machine.
    hosts: BTreeMap<String, Traffic>,
    /// The host of each socket among them.
    sockets: HashMap<SocketId, String>,
    /// When its load on such machines has to end.
    until: Option<Timestamp>,
    /// When whoever waits for the pace may go on; `None`: nobody does.
    holds_until: Option<Timestamp>,
    /// What was said of the limits since the tester's last action.
    told: BTreeSet<&'static str>,
}

/// Where a population goes.
#[derive(Debug)]
struct Going {
    /// Its hosts that are not this machine.
    far: BTreeSet<String>,
    /// One of its hosts is this machine.
    comes_here: bool,
    /// Where it connects to, if that is known before.
    connects_to: Option<String>,
}

/// What is under way to one host.
#[derive(Debug)]
struct Traffic {
    /// This worker's part of the users that may be there at a time.
    most: Option<u32>,
    pace: Option<Pace>,
    /// Users that have connected or asked there and are not over.
    users: HashSet<UserId>,
    sockets: u32,
}

/// What is to be done about a connection that a user wants.
#[derive(Debug, PartialEq, Eq)]
pub enum Passage {
    /// The host is counted, unless it is this machine.
    Open(Option<String>),
    /// Until the host has room, or the pace lets it.
    Wait(String),
    Refused(String),
}

/// Why a host gets no further connection now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    /// Until then.
    Pace(Timestamp),
    /// Other users are there, as many as may be.
    Users,
    /// Sockets of users that have left are still closing.
    Sockets,
}

/// Why an address is opened to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum HostError {
    #[error("this browser's operator has not allowed load on that host")]
    NotAllowed,
    #[error("{NOT_NAMED}")]
    NotNamed,
    #[error("it is not certain which host a browser would take from that address")]
    Unclear,
    #[error("it carries a user or a password before its @, and browsers open no such address")]
    Credentials,
}

/// What a user's error says whose address is of a host that its plan does not name: a diagnosis looks for it.
pub const NOT_NAMED: &str = "the plan does not name that host, so nobody was asked about it";
pub const TOO_LONG: &str = "the longest time of load that its operator allows is over: users leave";
pub const TOO_MANY: &str = "no further users start: its limit on users at a time is reached";
pub const TOO_MANY_THERE: &str = "users wait to connect: its limit on users at a time is reached";
pub const TOO_FAST: &str = "users wait to connect: its limit on new users within a second is reached";

impl Guard {
    pub fn new(load: &WorkerLoad) -> Self {
        let going = |hosts: BTreeSet<String>, connects_to| {
            let (here, far): (BTreeSet<_>, BTreeSet<_>) = hosts.into_iter().partition(|host| url::is_loopback(host));
            Going { far, comes_here: !here.is_empty(), connects_to }
        };
        let populations = load.plan.populations.iter();
        let populations =
            populations.map(|population| going(population.hosts(), population.connects_to())).collect::<Vec<_>>();
        let mut guard = Self {
            limits: load.limits.clone(),
            segment: load.segment.clone(),
            hosts: BTreeMap::new(),
            sockets: HashMap::new(),
            until: None,
            holds_until: None,
            told: BTreeSet::new(),
            populations: Vec::new(),
        };
        for host in populations.iter().flat_map(|going| &going.far) {
            guard.begin(host, Timestamp::ZERO);
        }
        Self { populations, ..guard }
    }

    /// Counts a host from now on.
    fn begin(&mut self, host: &str, now: Timestamp) {
        if self.hosts.contains_key(host) {
            return;
        }
        let caps = self.limits.as_ref().map_or(Caps::NONE, |limits| limits.caps_of(host));
        let until = caps.minutes.map(|minutes| now + Span::from_secs_f64(minutes * 60.0));
        self.until = self.until.into_iter().chain(until).min();
        let traffic = Traffic {
            most: caps.users.map(|users| self.segment.share_of(users)),
            pace: caps.rate.map(|rate| Pace::new(&self.segment, rate)),
            users: HashSet::new(),
            sockets: 0,
        };
        self.hosts.insert(host.to_owned(), traffic);
    }

    /// The host of an address that this population may open; `None`: it is this machine.
    fn host_for(&self, population: usize, address: &str) -> Result<Option<String>, HostError> {
        let Some(limits) = &self.limits else { return Ok(None) };
        let host = url::host(address).ok_or(HostError::Unclear)?;
        if url::has_credentials(address) {
            return Err(HostError::Credentials);
        }
        let going = &self.populations[population];
        let is_here = url::is_loopback(&host);
        if !limits.reaches(address) {
            Err(HostError::NotAllowed)
        } else if !(if is_here { going.comes_here } else { going.far.contains(&host) }) {
            Err(HostError::NotNamed)
        } else {
            Ok((!is_here).then_some(host))
        }
    }

    /// What becomes of a connection to this address.
    pub fn way(&mut self, user: UserId, address: &str, now: Timestamp) -> Passage {
        match self.host_for(user.population(), address) {
            Err(why) => Passage::Refused(format!("{}: {why}", url::origin(address))),
            Ok(None) => Passage::Open(None),
            Ok(Some(host)) => {
                self.begin(&host, now);
                if self.held(&host, user, now).is_some() { Passage::Wait(host) } else { Passage::Open(Some(host)) }
            }
        }
    }

    /// Whether a request may go to this address; it is counted if it does.
    pub fn on_request(&mut self, user: UserId, address: &str, now: Timestamp) -> Result<(), (FetchFailure, String)> {
        let host = self.host_for(user.population(), address).map_err(|why| {
            let cause = match why {
                HostError::Unclear | HostError::Credentials => FetchFailure::BadUrl,
                HostError::NotAllowed | HostError::NotNamed => FetchFailure::NotAllowed,
            };
            let shown = if why == HostError::Credentials { url::origin(address) } else { address.to_owned() };
            (cause, format!("{shown}: {why}"))
        })?;
        let Some(host) = host else { return Ok(()) };
        self.begin(&host, now);
        match self.hosts.get_mut(&host) {
            Some(traffic) if traffic.is_full_for(user) => {
                Err((FetchFailure::OverLimit, format!("{host} has as many users at a time as its operator allows")))
            }
            Some(traffic) => {
                traffic.greet(user);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// A connection to this host was opened.
    pub fn on_opened(&mut self, user: UserId, socket: SocketId, host: String, now: Timestamp) {
        if let Some(traffic) = self.hosts.get_mut(&host) {
            traffic.greet(user);
            traffic.sockets += 1;
            if let Some(pace) = &mut traffic.pace {
                pace.opened.push_back(now);
            }
            self.sockets.insert(socket, host);
        }
    }

    pub fn on_closed(&mut self, socket: SocketId) {
        let host = self.sockets.remove(&socket);
        if let Some(traffic) = host.and_then(|host| self.hosts.get_mut(&host)) {
            traffic.sockets = traffic.sockets.saturating_sub(1);
        }
    }

    /// The user is over.
    pub fn on_over(&mut self, user: UserId) {
        for traffic in self.hosts.values_mut() {
            traffic.users.remove(&user);
        }
    }

    /// Whether a user more of this population is too many; `present` has the users of each.
    pub fn is_full(&self, population: usize, present: impl Iterator<Item = u32> + Clone) -> bool {
        let on = |host: &String| -> u32 {
            let users = self.populations.iter().zip(present.clone());
            users.filter(|(going, _)| going.far.contains(host)).map(|(_, users)| users).sum()
        };
        let most = |host: &String| self.hosts.get(host).and_then(|traffic| traffic.most);
        self.populations[population].far.iter().any(|host| most(host).is_some_and(|most| on(host) >= most))
    }

    /// Why this user gets no connection to the host now.
    fn held(&mut self, host: &str, user: UserId, now: Timestamp) -> Option<Held> {
        let traffic = self.hosts.get_mut(host)?;
        if traffic.is_full_for(user) {
            return Some(Held::Users);
        }
        if traffic.most.is_some_and(|most| traffic.sockets >= most) {
            return Some(Held::Sockets);
        }
        let free = traffic.pace.as_mut().map(|pace| pace.free_at(now)).filter(|free| *free > now)?;
        self.holds_until = self.holds_until.into_iter().chain([free]).min();
        Some(Held::Pace(free))
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

impl Traffic {
    /// Whoever plays the steps that are done once is nobody of the load.
    fn is_full_for(&self, user: UserId) -> bool {
        let is_known = user.index() == ONCE_USER || self.users.contains(&user);
        !is_known && self.most.is_some_and(|most| self.users.len() >= most as usize)
    }

    fn greet(&mut self, user: UserId) {
        if user.index() != ONCE_USER {
            self.users.insert(user);
        }
    }
}

/// How fast this worker may open connections to a host, whoever wants them: new users, and those who come back.
#[derive(Debug)]
struct Pace {
    most: u32,
    within: Span,
    /// The latest ones.
    opened: VecDeque<Timestamp>,
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
        Self { most, within: Span::from_secs_f64(seconds.max(1.0)), opened: VecDeque::new() }
    }

    /// From when on one more may be opened.
    fn free_at(&mut self, now: Timestamp) -> Timestamp {
        while self.opened.front().is_some_and(|&first| now.since(first) >= self.within) {
            self.opened.pop_front();
        }
        match self.opened.front() {
            Some(&first) if self.opened.len() >= self.most as usize => first + self.within,
            _ => now,
        }
    }
}

impl Engine {
    /// Says that a limit is met, to whoever conducts the run.
    pub(super) fn tell_limit(&mut self, now: Timestamp, population: usize, limit: &'static str) {
        if self.guard.told.insert(limit) {
            let population = self.populations[population].name.clone();
            self.log.push(LogLine {
                at: now,
                level: LogLevel::Warning,
                population,
                user: None,
                text: limit.to_owned(),
            });
        }
    }

    /// The first in the queue for a handshake that may have one now, as far as the operator's limits go. Who is held for one host
    /// holds up nobody of another. Where an address is made up, its host is not known before the user is asked for it.
    pub(super) fn next_handshake(&mut self, now: Timestamp) -> Option<QueueTicket> {
        let Self { handshakes, crowd, guard, .. } = self;
        guard.holds_until = None;
        // Hosts that are held for everybody: asked about once, however many wait.
        let mut held: Vec<String> = Vec::new();
        let mut first = None;
        let seat = handshakes.take_first(|seat| {
            let user = crowd.slot_at(*seat).and_then(|slot| crowd.get_mut(slot));
            let Some(user) = user else { return true };
            let id = user.id();
            let known = guard.populations[id.population()].connects_to.as_deref();
            let Some(host) = user.waits_for().or(known) else { return true };
            if held.iter().any(|other| other == host) {
                return false;
            }
            let host = host.to_owned();
            let Some(why) = guard.held(&host, id, now) else { return true };
            if why != Held::Users {
                held.push(host);
            }
            first.get_or_insert((id.population(), why));
            false
        });
        match first {
            Some((population, Held::Pace(_))) => self.tell_limit(now, population, TOO_FAST),
            Some((population, Held::Users)) => self.tell_limit(now, population, TOO_MANY_THERE),
            Some((_, Held::Sockets)) | None => {}
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
