//! The dice that the switches load.

use std::time::Duration;

use super::World;
use crate::switches::Switches;

/// What happens to one delivery; at most one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Sent,
    Lost,
    Duplicated,
    /// Until the sender's next message has overtaken it.
    Held,
}

impl World {
    pub(super) fn draw_fate(&mut self) -> Fate {
        let Switches { lose_share, duplicate_share, reorder_share, .. } = self.faults;
        let none = lose_share + duplicate_share + reorder_share <= 0.0;
        if none {
            return Fate::Sent;
        }
        let drawn = self.rng.f64();
        match drawn {
            _ if drawn < lose_share => Fate::Lost,
            _ if drawn < lose_share + duplicate_share => Fate::Duplicated,
            _ if drawn < lose_share + duplicate_share + reorder_share => Fate::Held,
            _ => Fate::Sent,
        }
    }

    /// How much later a frame leaves.
    pub fn draw_delay(&mut self) -> Duration {
        let Switches { latency_ms, jitter_ms, .. } = self.faults;
        if latency_ms <= 0.0 && jitter_ms <= 0.0 {
            return Duration::ZERO;
        }
        let jitter = if jitter_ms > 0.0 { self.rng.f64() * jitter_ms } else { 0.0 };
        Duration::from_secs_f64((latency_ms + jitter) / 1e3)
    }

    /// An `error` instead of a broadcast?
    pub fn draw_error(&mut self) -> bool {
        let hit = self.faults.error_share > 0.0 && self.rng.f64() < self.faults.error_share;
        self.counts.faults.errors_injected += u64::from(hit);
        hit
    }

    /// How long after its opening a connection is cut off, if it is.
    pub fn draw_drop(&mut self) -> Option<Duration> {
        let hit = self.faults.drop_share > 0.0 && self.rng.f64() < self.faults.drop_share;
        hit.then(|| Duration::from_secs_f64(self.rng.f64() * self.faults.drop_within_s))
    }

    /// A WebSocket handshake answered with 503?
    pub fn draw_refusal(&mut self) -> bool {
        let hit = self.faults.refuse_share > 0.0 && self.rng.f64() < self.faults.refuse_share;
        self.counts.faults.handshakes_refused += u64::from(hit);
        hit
    }
}
