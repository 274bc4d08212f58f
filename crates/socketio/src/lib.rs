//! A client of Engine.IO 4 and Socket.IO 5, sans-IO: frames in, events out. A decoder never panics, whatever arrives.
//!
//! ```text
//!   frame ──> Client ──> engineio::decode ──> decode ──> Incoming
//! ```
//!
//! The formats follow their authors' documents, and where these are silent, their authors' decoders and client:
//! - [Engine.IO protocol, 4th revision](https://socket.io/docs/v4/engine-io-protocol/)
//! - [Socket.IO protocol, 5th revision](https://socket.io/docs/v4/socket-io-protocol/)
//! - the packages `engine.io-parser`, `engine.io-client`, `socket.io-parser` and `socket.io-client` of
//!   [socketio/socket.io](https://github.com/socketio/socket.io)
//!
//! A client differs from the official one on purpose:
//! - It counts an invalid frame and goes on, where that one closes the connection ("parse error").
//! - It leaves arguments unparsed until somebody looks. What is broken behind an event's name goes unnoticed until then.
//! - It takes up to 256 attachments of a packet, where today's decoder takes 10 unless told otherwise.
//! - It refuses what that decoder lets through only because of how JavaScript reads numbers: an empty packet as CONNECT,
//!   a space as an acknowledgement id, ids on packets that have none, an ACK without an id, an EVENT without a payload.
//! - It speaks WebSocket from the start, without polling.

mod args;
mod client;
pub mod engineio;
mod error;
mod incoming;
mod packet;
mod partial;

pub use args::Args;
pub use client::Client;
pub use error::{FrameError, excerpt};
pub use incoming::{EndReason, Incoming, Transmit};
pub use packet::{Packet, decode, encode, is_reserved};

/// The most attachments of one packet. Today's official decoder takes 10 unless told otherwise, its predecessors took
/// any number; this only keeps a hostile count from holding a session for ever.
pub const MAX_ATTACHMENTS: usize = 256;
