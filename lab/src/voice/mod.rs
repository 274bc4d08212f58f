//! A realtime voice service on the same port: accounts, sessions and spoken conversations, as clients of a known one
//! see it. A conversation is a state machine without a clock (`call`); `socket` gives it time and a connection.

mod admission;
mod call;
mod clip;
mod counts;
mod ear;
mod frames;
mod inbound;
mod keepalive;
mod opening;
mod rest;
mod routes;
mod scenario;
mod sessions;
mod socket;
mod speaking;

pub use routes::{aliases, routes};

use serde::Serialize;
use tokio::sync::watch;

use counts::VoiceCounts;
use faults::VoiceFaults;
use sessions::Sessions;

/// The whole state of the voice service. Its lock is never held together with the chat's.
pub struct Voice {
    pub switches: VoiceFaults,
    counts: VoiceCounts,
    sessions: Sessions,
    seed: u64,
    rng: fastrand::Rng,
    /// Conversations that hold one of the places that `cap` limits.
    places: u32,
    open: u32,
    news: watch::Sender<News>,
}

/// What every conversation has to hear of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct News {
    restarts: u64,
    resets: u64,
}

/// What `GET /lab/counts` shows as `voice`.
#[derive(Serialize)]
pub struct VoiceSnapshot<'a> {
    now: Now,
    #[serde(flatten)]
    counts: &'a VoiceCounts,
}

#[derive(Serialize)]
struct Now {
    conversations: u32,
    accounts: usize,
    sessions: usize,
}

impl Voice {
    pub fn new(seed: u64) -> Self {
        Self {
            switches: VoiceFaults::default(),
            counts: VoiceCounts::default(),
            sessions: Sessions::default(),
            seed,
            rng: fastrand::Rng::with_seed(seed),
            places: 0,
            open: 0,
            news: watch::Sender::default(),
        }
    }

    /// Conversations close with 1012; what is stored stays.
    pub fn restart(&self) {
        self.news.send_modify(|news| news.restarts += 1);
    }

    /// Forgets everything but the switches. Conversations are cut, and what they still do is not counted.
    pub fn reset(&mut self) {
        self.counts = VoiceCounts::default();
        self.sessions = Sessions::default();
        self.rng = fastrand::Rng::with_seed(self.seed);
        (self.places, self.open) = (0, 0);
        self.news.send_modify(|news| news.resets += 1);
    }

    pub fn snapshot(&self) -> VoiceSnapshot<'_> {
        let (accounts, sessions) = self.sessions.sizes();
        VoiceSnapshot { now: Now { conversations: self.open, accounts, sessions }, counts: &self.counts }
    }

    fn is_full(&self) -> bool {
        self.switches.cap > 0 && self.places >= self.switches.cap
    }

    fn resets(&self) -> u64 {
        self.news.borrow().resets
    }
}

/// Of a time within its range.
fn millis(time: f64) -> std::time::Duration {
    std::time::Duration::from_secs_f64(time / 1e3)
}
