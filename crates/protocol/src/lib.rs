//! Pure codecs and session machines: bytes in, facts out. A decoder never panics, whatever arrives.
//!
//! ```text
//!   frame ──> Session ──┬─> socketio::Client ──> engineio::decode ──> socketio::decode ──> Incoming
//!                       └─> websocket::Plain ──> websocket::decode ──────────────────────> Incoming
//! ```
//!
//! The formats follow their authors' documents, and where these are silent, their authors' decoders and client:
//! - [Engine.IO protocol, 4th revision](https://socket.io/docs/v4/engine-io-protocol/)
//! - [Socket.IO protocol, 5th revision](https://socket.io/docs/v4/socket-io-protocol/)
//! - the packages `engine.io-parser`, `engine.io-client`, `socket.io-parser` and `socket.io-client` of
//!   [socketio/socket.io](https://github.com/socketio/socket.io)
//!
//! A session differs from the official client on purpose:
//! - It counts an invalid frame and goes on, where that client closes the connection ("parse error").
//! - It leaves arguments unparsed until somebody looks. What is broken behind an event's name goes unnoticed until then.
//! - It takes up to 256 attachments of a packet, where today's decoder takes 10 unless told otherwise.
//! - It refuses what that decoder lets through only because of how JavaScript reads numbers: an empty packet as CONNECT,
//!   a space as an acknowledgement id, ids on packets that have none, an ACK without an id, an EVENT without a payload.
//! - It speaks WebSocket from the start, without polling.

mod args;
pub mod audio;
mod classify;
pub mod engineio;
mod error;
mod host;
mod json;
mod reach;
mod session;
pub mod socketio;
pub mod url;
pub mod websocket;

pub use args::Args;
pub use classify::{classify, classify_json};
pub use error::FrameError;
pub use reach::{is_mixed_content, says_private};
pub use session::{EndReason, Incoming, Session, SessionConfig, Transmit};
pub use url::encode_component;
pub use websocket::BINARY_FRAME;
