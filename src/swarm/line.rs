//! What one browser of a swarm knows of the way to another: both ends of a stream, and when it was last heard.

use super::packet::Body;
use super::peer::Peer;
use super::stream::{Incoming, Outgoing, TooLong};

#[derive(Debug)]
pub struct Line {
    pub peer: Peer,
    pub out: Outgoing,
    into: Incoming,
    /// Fragments came that have not been confirmed.
    owes_confirmation: bool,
    heard_ms: f64,
    /// For how long nothing was heard of it while somebody listened here.
    silent_ms: f64,
    /// Its present connection to the broker, counted by itself.
    connection: u32,
    /// The last beacon that had been said when it was last heard: none of its messages so far names a later one.
    pub beacon: u64,
    pub is_away: bool,
}

impl Line {
    pub fn new(peer: Peer, now_ms: f64) -> Self {
        Self {
            peer,
            out: Outgoing::default(),
            into: Incoming::default(),
            owes_confirmation: false,
            heard_ms: now_ms,
            silent_ms: 0.0,
            connection: 0,
            beacon: 0,
            is_away: false,
        }
    }

    /// It lives. `true`: it had been given up.
    pub fn hear(&mut self, now_ms: f64, connection: Option<u32>) -> bool {
        self.heard_ms = self.heard_ms.max(now_ms);
        self.silent_ms = 0.0;
        self.connection = connection.map_or(self.connection, |connection| self.connection.max(connection));
        std::mem::take(&mut self.is_away)
    }

    /// When it was last heard.
    pub const fn heard_ms(&self) -> f64 {
        self.heard_ms
    }

    /// We listened for so much longer, and it said nothing. `true` once: when it has been silent for too long.
    pub fn is_overdue(&mut self, listened_ms: f64) -> bool {
        self.silent_ms += listened_ms;
        let overdue = !self.is_away && self.silent_ms > SILENCE_MS;
        self.is_away |= overdue;
        overdue
    }

    /// The same by the clock, time included in which we ourselves could not listen.
    pub fn is_overdue_at(&mut self, now_ms: f64) -> bool {
        let overdue = !self.is_away && now_ms - self.heard_ms > SILENCE_MS;
        self.is_away |= overdue;
        overdue
    }

    /// The broker says that its connection broke. `true`: that is news.
    pub fn lose(&mut self, connection: u32) -> bool {
        let is_news = connection >= self.connection && !self.is_away;
        self.is_away |= is_news;
        is_news
    }

    /// # Errors
    /// It says more than anybody should.
    pub fn take(&mut self, fragment: super::stream::Fragment) -> Result<Vec<Vec<u8>>, TooLong> {
        self.owes_confirmation = true;
        self.into.take(fragment)
    }

    /// What is to be said to it now.
    pub fn poll(&mut self, now_ms: f64) -> Option<Body> {
        if std::mem::take(&mut self.owes_confirmation) {
            return Some(Body::Confirm { below: self.into.confirmed() });
        }
        // Nobody is there to hear it; what waits goes out when it is back.
        if self.is_away {
            return None;
        }
        self.out.poll(now_ms).cloned().map(Body::Data)
    }
}

/// Three questions or answers that did not come: within the three seconds in which a swarm knows of it.
pub const SILENCE_MS: f64 = 2_600.0;
