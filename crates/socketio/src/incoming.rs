//! What a session tells, and what it wants sent.

use std::borrow::Cow;

use super::{Args, FrameError};
use base::time::Span;

/// What a frame, or the passing of time, meant. Borrows from the frame where it can.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming<'a> {
    /// Engine.IO OPEN arrived (Socket.IO only); CONNECT is queued for transmission.
    Handshake { sid: String, ping_interval: Span, ping_timeout: Span, max_payload: Option<u64> },
    /// The session is usable. Events that came earlier follow right after this one.
    Connected,
    /// CONNECT_ERROR: the message of the object, or the bare string; `data` is the raw JSON, empty if there was none.
    /// Also a CONNECT answer without a `sid`, which is what a Socket.IO 2 server gives.
    Refused { message: String, data: Cow<'a, str> },
    /// An event. With an `ack` id the server waits for its acknowledgement. Plain WebSocket: the whole object is
    /// the one argument; a binary frame is the one attachment of an event of a name of its own.
    Event { name: Cow<'a, str>, args: Args<'a>, ack: Option<u64> },
    /// Answer to an emit with `ack: true`.
    Ack { id: u64, args: Args<'a> },
    /// The server left the namespace (Socket.IO DISCONNECT) or closed the Engine.IO session, fell silent, or flooded.
    Ended { reason: EndReason },
    /// The frame was not valid, or ended a packet that still waited for attachments. The session is as usable as before, unless
    /// `Ended` follows.
    Invalid(FrameError),
    /// Nothing to do but count the frame: ping, pong, noop, upgrade, packets for a namespace that was not asked for.
    Housekeeping,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// Socket.IO DISCONNECT packet: "io server disconnect".
    ServerDisconnect,
    /// Engine.IO CLOSE packet: "transport close".
    EngineClose,
    /// No ping within pingInterval + pingTimeout: "ping timeout".
    PingTimeout,
    /// More events came before the namespace was granted than a session keeps. The frame that was too much is `Invalid`, and comes first.
    Flooded,
}

/// To be written to the socket, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transmit {
    Text(String),
    Binary(Vec<u8>),
}

impl Incoming<'_> {
    /// For when the frame is gone.
    pub fn into_owned(self) -> Incoming<'static> {
        match self {
            Incoming::Handshake { sid, ping_interval, ping_timeout, max_payload } => {
                Incoming::Handshake { sid, ping_interval, ping_timeout, max_payload }
            }
            Incoming::Connected => Incoming::Connected,
            Incoming::Refused { message, data } => Incoming::Refused { message, data: data.into_owned().into() },
            Incoming::Event { name, args, ack } => {
                Incoming::Event { name: name.into_owned().into(), args: args.into_owned(), ack }
            }
            Incoming::Ack { id, args } => Incoming::Ack { id, args: args.into_owned() },
            Incoming::Ended { reason } => Incoming::Ended { reason },
            Incoming::Invalid(error) => Incoming::Invalid(error),
            Incoming::Housekeeping => Incoming::Housekeeping,
        }
    }
}
