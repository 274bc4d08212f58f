//! What is kept of the moment in which something went wrong: whose frames these were, and how the generator was doing.
//!
//! A worker keeps the first few errors and closes of each kind, and of each metric the slowest sample of every second;
//! to each it takes down the newest frames of that user. [`EvidenceBook`] holds what all workers kept, and stays small.

mod book;
mod exemplars;

pub use book::EvidenceBook;
pub use exemplars::{EvidenceOf, EvidenceRequest, Exemplars, PendingExemplar, Unredacted};

use serde::{Deserialize, Serialize};

use super::close::{ClosedBy, DisconnectKey};
use super::delta::ErrorKey;
use super::user::Phase;

/// One thing that happened to one user, with what was on its connection just before. Holds no secret: frames are redacted
/// where they are taken down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Seconds of the run.
    pub at_s: f64,
    pub population: String,
    /// Its number in the population, from 0.
    pub user: u32,
    pub phase: Phase,
    pub cause: Cause,
    /// The oldest first. Between them some may have been left out.
    pub frames: Vec<Frame>,
    /// Of the hand-over that brought this, which is a quarter of a second long (in a swarm a second); absent: not known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<GeneratorState>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    Error {
        operation: String,
        code: String,
    },
    Close {
        code: u16,
        reason: String,
        by: ClosedBy,
    },
    /// The slowest sample of its time.
    Slowest {
        metric: String,
        ms: f64,
    },
}

/// A WebSocket message of a user, or one side of an HTTP exchange, as far as it is kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Frame {
    /// Seconds of the run.
    pub at_s: f64,
    pub way: Way,
    /// Characters of a text, bytes of a binary message.
    pub length: u32,
    /// So many long messages like this one followed without a place of their own: audio, mostly.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u32,
    /// Redacted, and cut where it ends in `…`. Absent: it is binary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    #[default]
    In,
    Out,
    /// To an HTTP request: its status, its time and how it begins.
    Response,
    Request,
}

impl Way {
    /// By the number under which `tap.js` keeps it.
    pub fn of_number(number: usize) -> Self {
        [Self::In, Self::Out, Self::Response, Self::Request].get(number).copied().unwrap_or_default()
    }

    /// From the user to the server.
    pub const fn is_out(self) -> bool {
        matches!(self, Self::Out | Self::Request)
    }
}

/// How the user's worker was doing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct GeneratorState {
    pub worker: usize,
    /// In a swarm the browser it lives in, by its name; absent: the conductor's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// How much later than asked for its timer fired, at worst; absent: it did not fire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_ms: Option<f64>,
    /// Share of the time that our own code ran, 0 to 1.
    pub busy_share: f64,
    /// Handed to the browser and not yet to the network, over all sockets.
    pub buffered_bytes: u64,
    pub handshake_queue: u32,
    pub sockets_open: u32,
    /// The conductor's page was hidden.
    pub hidden: bool,
}

impl Evidence {
    /// It is of the errors counted under this key.
    pub fn is_of_error(&self, key: &ErrorKey) -> bool {
        let is_same =
            matches!(&self.cause, Cause::Error { operation, code } if *operation == key.operation && *code == key.code);
        is_same && self.phase == key.phase && self.population == key.population
    }

    /// It is of the disconnects counted under this key.
    pub fn is_of_close(&self, key: &DisconnectKey) -> bool {
        let is_same = matches!(
            &self.cause,
            Cause::Close { code, reason, by } if *code == key.code && *reason == key.reason && *by == key.by
        );
        is_same && self.phase == key.phase && self.population == key.population
    }

    /// The value, if it is a slowest sample.
    pub fn slowest_ms(&self) -> Option<f64> {
        match &self.cause {
            Cause::Slowest { ms, .. } => Some(*ms),
            _ => None,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}
