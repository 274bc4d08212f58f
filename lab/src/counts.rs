//! Everything `lab` received, sent and did, counted where it happened. `GET /lab/counts` serves it.

use std::collections::BTreeMap;

use serde::Serialize;

type Tally = BTreeMap<&'static str, u64>;

#[derive(Debug, Default, Serialize)]
pub struct Counts {
    pub connections: Connections,
    /// By event name; an event the chat server does not know is counted under its own name too.
    pub events_in: BTreeMap<String, Inbound>,
    pub events_out: BTreeMap<&'static str, Outbound>,
    pub acks_out: u64,
    pub messages: Messages,
    pub reads: Reads,
    pub reactions: Reactions,
    pub faults: Faults,
    /// By method and route, then by status code.
    pub rest: BTreeMap<String, BTreeMap<u16, u64>>,
}

#[derive(Debug, Default, Serialize)]
pub struct Connections {
    /// By kind: `socket.io` and `websocket`.
    pub opened: Tally,
    /// By reason.
    pub closed: Tally,
    /// Answers to CONNECT: `accepted`, `accepted without user`, or why it was refused.
    pub connects: Tally,
}

#[derive(Debug, Default, Serialize)]
pub struct Inbound {
    pub count: u64,
    /// How many asked for an acknowledgement.
    pub with_ack_id: u64,
    /// What came of it: `accepted`, an error code, …
    pub outcomes: Tally,
}

#[derive(Debug, Default, Serialize)]
pub struct Outbound {
    pub frames: u64,
    /// Of the Socket.IO packets, or of the plain text frames.
    pub bytes: u64,
}

/// Chat messages by users; what the server itself says in a room is in `system`.
#[derive(Debug, Default, Serialize)]
pub struct Messages {
    pub accepted: u64,
    /// One message to one member's connection. When nothing is held back: `deliveries = sent + lost + cut_off`.
    pub deliveries: u64,
    /// Deliveries that left at least once.
    pub sent: u64,
    pub lost: u64,
    /// Deliveries that were held back when their receiver's connection closed.
    pub cut_off: u64,
    /// Deliveries that left once more than they should have.
    pub duplicated: u64,
    /// Deliveries that left after a later message of the same sender had.
    pub reordered: u64,
    /// Frames beyond the first that server version 2 sends to a message's own sender.
    pub own_copies: u64,
    pub system: u64,
}

#[derive(Debug, Default, Serialize)]
pub struct Reads {
    /// `markMessagesAsRead` that were accepted, and the message ids in them.
    pub marks: u64,
    pub message_ids: u64,
}

#[derive(Debug, Default, Serialize)]
pub struct Reactions {
    pub added: u64,
    pub removed: u64,
}

#[derive(Debug, Default, Serialize)]
pub struct Faults {
    pub handshakes_refused: u64,
    pub connections_cut: u64,
    pub errors_injected: u64,
    pub frames_delayed: u64,
    /// Deliveries held back for a reordering that never came, because no next message followed in time.
    pub holds_without_successor: u64,
    pub restarts: u64,
    /// Messages that were said before and sent again to who joined.
    pub messages_replayed: u64,
    /// REST calls that were sent elsewhere.
    pub redirected: u64,
    /// Frames for connections that were gone when they should have left.
    pub frames_discarded: u64,
}

/// What came of an inbound event, in one word for the counts.
pub type Outcome = &'static str;

impl Counts {
    pub fn event_in(&mut self, event: &str, has_ack_id: bool, outcome: Outcome) {
        if !self.events_in.contains_key(event) {
            self.events_in.insert(event.to_owned(), Inbound::default());
        }
        let inbound = self.events_in.get_mut(event).expect("inserted above");
        inbound.count += 1;
        inbound.with_ack_id += u64::from(has_ack_id);
        *inbound.outcomes.entry(outcome).or_default() += 1;
    }

    pub fn event_out(&mut self, event: &'static str, bytes: usize) {
        let outbound = self.events_out.entry(event).or_default();
        outbound.frames += 1;
        outbound.bytes += bytes as u64;
    }

    pub fn rest(&mut self, call: String, status: u16) {
        *self.rest.entry(call).or_default().entry(status).or_default() += 1;
    }
}
