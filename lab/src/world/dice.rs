//! The dice that the switches load.

use std::time::Duration;

use serde_json::Value;

use super::World;
use faults::LabFaults;

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
        let LabFaults { lose_share, duplicate_share, reorder_share, .. } = self.faults;
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
        let LabFaults { latency_ms, jitter_ms, .. } = self.faults;
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

    /// True with this chance.
    pub(crate) fn draw(&mut self, share: f64) -> bool {
        share > 0.0 && self.rng.f64() < share
    }

    /// The message as a careless server would send it; `None`: as it should be.
    pub(super) fn draw_breach(&mut self, message: impl FnOnce(&Self) -> Value) -> Option<Value> {
        let LabFaults { breach_missing_share, breach_type_share, .. } = self.faults;
        let (missing, mistyped) = (self.draw(breach_missing_share), self.draw(breach_type_share));
        if !missing && !mistyped {
            return None;
        }
        let mut message = message(self);
        if missing && let Some(fields) = message.as_object_mut() {
            fields.remove("room");
        }
        if mistyped {
            message["timestamp"] = Value::from("just now");
        }
        Some(message)
    }

    /// A page of history as a careless server would answer it: each fault by itself.
    pub fn spoil_history(&mut self, messages: &mut Vec<Value>, reader: &str) {
        let LabFaults { history_lose_share, history_duplicate_share, history_reorder_share, read_stuck_share, .. } =
            self.faults;
        for mut message in std::mem::take(messages) {
            if self.draw(history_lose_share) {
                continue;
            }
            if self.draw(read_stuck_share)
                && let Some(readers) = message["readers"].as_array_mut()
            {
                readers.retain(|known| known["userId"] != reader);
            }
            if self.draw(history_duplicate_share) {
                messages.push(message.clone());
            }
            messages.push(message);
            if messages.len() > 1 && self.draw(history_reorder_share) {
                let last = messages.len() - 1;
                messages.swap(last - 1, last);
            }
        }
    }

    /// A WebSocket handshake answered with 503?
    pub fn draw_refusal(&mut self) -> bool {
        let hit = self.faults.refuse_share > 0.0 && self.rng.f64() < self.faults.refuse_share;
        self.counts.faults.handshakes_refused += u64::from(hit);
        hit
    }
}
