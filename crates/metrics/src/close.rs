//! How sockets closed: by whom, and what that did to a connection.

use serde::{Deserialize, Serialize};

use super::user::Phase;
use base::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DisconnectKey {
    pub population: String,
    pub code: u16,
    pub reason: String,
    pub by: ClosedBy,
    pub phase: Phase,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisconnectDelta {
    pub key: DisconnectKey,
    pub count: u64,
    pub first: Timestamp,
}

/// Who closed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosedBy {
    /// We did, as the scenario says.
    User,
    /// The server, or something between.
    Server,
    /// The service ended the session with an event of its own, as the scenario expects of it; the user then hung up.
    Service,
    /// We gave up: no ping in time, a refused connect, a flood before it was answered, a hard stop.
    Timeout,
}

impl ClosedBy {
    /// Nothing is wrong with it.
    pub const fn is_planned(self) -> bool {
        matches!(self, Self::User | Self::Service)
    }

    /// What this close in this phase did to a connection.
    pub const fn kind(self, phase: Phase) -> CloseKind {
        match phase {
            _ if self.is_planned() => CloseKind::Planned,
            Phase::Connecting => CloseKind::NeverConnected,
            _ => CloseKind::Lost,
        }
    }
}

impl DisconnectKey {
    pub const fn kind(&self) -> CloseKind {
        self.by.kind(self.phase)
    }
}

/// What became of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CloseKind {
    /// It was a connection, and nobody planned its end.
    Lost,
    /// An attempt that failed: an error of `connect`, and no connection that could be lost.
    NeverConnected,
    Planned,
}
