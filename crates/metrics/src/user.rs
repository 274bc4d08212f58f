//! Who a user is, where in its life, and how many are where.

use std::iter::Sum;

use serde::{Deserialize, Serialize};

/// A virtual user over the whole run: the population's place in the plan and the user's number in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UserId(pub u32);

impl UserId {
    /// At most 256 populations of 16 million users.
    pub const fn new(population: usize, index: u32) -> Self {
        Self(((population as u32) << 24) | (index & 0x00ff_ffff))
    }
    pub const fn population(self) -> usize {
        (self.0 >> 24) as usize
    }
    pub const fn index(self) -> u32 {
        self.0 & 0x00ff_ffff
    }
}

/// What people call a user, whose number counts from 0: its population and its number from 1.
pub fn user_name(population: &str, index: u32) -> String {
    format!("{population} {}", index + 1)
}

/// Where in its life a user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Waiting for its first step.
    Waiting,
    /// REST before connecting.
    Preparing,
    /// From the wish for a socket to Socket.IO connected.
    Connecting,
    /// Connected, its flow running.
    Flow,
    /// Connected, its timers and reactions running.
    Active,
    /// Lost its connection, waiting to try again.
    Reconnecting,
    Finishing,
    /// Connected to a voice service that has not spoken yet.
    BeforeGreeting,
    /// Says an utterance.
    Speaking,
    /// Has finished speaking; the answer has not begun.
    AwaitingAnswer,
    /// An answer is arriving.
    Listening,
    /// The report that ends a conversation has come.
    AfterReport,
}

/// Users of one worker and population by state, now (not a difference).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UsersByState {
    pub waiting: u32,
    pub preparing: u32,
    pub connecting: u32,
    pub flow: u32,
    pub active: u32,
    pub reconnecting: u32,
    pub finishing: u32,
    /// Totals since the start.
    pub done: u32,
    pub failed: u32,
    /// Of the connected ones: voice users that speak, wait for an answer (or the greeting), listen to one, and those of the
    /// last whose player has run dry.
    pub speaking: u32,
    pub awaiting: u32,
    pub listening: u32,
    pub starving: u32,
    /// Of the failed, those whose worker or browser is gone: what became of them nobody knows.
    #[serde(default)]
    pub lost: u32,
    /// Of the failed, those in whose place the same user began anew: it is counted where it is now as well.
    #[serde(default)]
    pub replaced: u32,
    /// Of those that are over, not counting the failed: how many had time and never got to their work, by where they were then.
    #[serde(default)]
    pub unprepared: u32,
    #[serde(default)]
    pub unconnected: u32,
    #[serde(default)]
    pub unjoined: u32,
    /// Of these, how many had too little time only because they waited for the generator itself.
    #[serde(default)]
    pub held_up: u32,
}

impl UsersByState {
    /// Every user once.
    pub fn all(&self) -> u32 {
        let [waiting, preparing, connecting, flow] = [self.waiting, self.preparing, self.connecting, self.flow];
        let [active, reconnecting, finishing] = [self.active, self.reconnecting, self.finishing];
        [waiting, preparing, connecting, flow, active, reconnecting, finishing, self.done, self.failed]
            .into_iter()
            .fold(0, u32::saturating_add)
            .saturating_sub(self.replaced)
    }

    /// Gave up, as far as is known.
    pub fn gave_up(&self) -> u32 {
        self.failed.saturating_sub(self.lost)
    }

    /// Want a connection, or have given up wanting one, and have none.
    pub fn unconnected_now(&self) -> u32 {
        [self.preparing, self.connecting, self.reconnecting]
            .into_iter()
            .fold(self.gave_up().saturating_sub(self.replaced), u32::saturating_add)
    }

    /// Have a connection.
    pub fn connected_now(&self) -> u32 {
        self.flow.saturating_add(self.active).saturating_add(self.finishing)
    }

    /// Never got to their work.
    pub fn unreached(&self) -> u32 {
        self.unprepared.saturating_add(self.unconnected).saturating_add(self.unjoined)
    }

    /// Every state by its name.
    pub fn states(&self) -> [(&'static str, u32); 13] {
        [
            ("waiting", self.waiting),
            ("preparing", self.preparing),
            ("connecting", self.connecting),
            ("flow", self.flow),
            ("active", self.active),
            ("reconnecting", self.reconnecting),
            ("finishing", self.finishing),
            ("done", self.done),
            ("failed", self.failed),
            ("speaking", self.speaking),
            ("awaiting", self.awaiting),
            ("listening", self.listening),
            ("starving", self.starving),
        ]
    }
}

impl Sum for UsersByState {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |a, b| Self {
            waiting: a.waiting.saturating_add(b.waiting),
            preparing: a.preparing.saturating_add(b.preparing),
            connecting: a.connecting.saturating_add(b.connecting),
            flow: a.flow.saturating_add(b.flow),
            active: a.active.saturating_add(b.active),
            reconnecting: a.reconnecting.saturating_add(b.reconnecting),
            finishing: a.finishing.saturating_add(b.finishing),
            done: a.done.saturating_add(b.done),
            failed: a.failed.saturating_add(b.failed),
            speaking: a.speaking.saturating_add(b.speaking),
            awaiting: a.awaiting.saturating_add(b.awaiting),
            listening: a.listening.saturating_add(b.listening),
            starving: a.starving.saturating_add(b.starving),
            lost: a.lost.saturating_add(b.lost),
            replaced: a.replaced.saturating_add(b.replaced),
            unprepared: a.unprepared.saturating_add(b.unprepared),
            unconnected: a.unconnected.saturating_add(b.unconnected),
            unjoined: a.unjoined.saturating_add(b.unjoined),
            held_up: a.held_up.saturating_add(b.held_up),
        })
    }
}
