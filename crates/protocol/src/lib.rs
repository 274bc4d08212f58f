//! Sessions over every wire format, and audio: bytes in, facts out. A decoder never panics, whatever arrives.
//!
//! ```text
//!   frame ──> Session ──┬─> socketio::Client ───────────────────────> Incoming
//!                       └─> websocket::Plain ──> websocket::decode ──> Incoming
//! ```

pub mod audio;
mod classify;
mod session;
pub mod websocket;

pub use classify::{classify, classify_json};
pub use session::{Session, SessionConfig};
pub use socketio::{Args, EndReason, FrameError, Incoming, Transmit, engineio, is_reserved};
pub use websocket::BINARY_FRAME;
