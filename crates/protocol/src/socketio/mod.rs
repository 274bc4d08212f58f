//! Socket.IO 5, as the data of Engine.IO messages.

mod client;
mod decode;
mod encode;
mod packet;
mod stored;

pub(super) use client::Client;
pub use decode::decode;
pub use encode::encode;
pub use packet::Packet;

/// The most attachments of one packet. Today's official decoder takes 10 unless told otherwise, its predecessors took
/// any number; this only keeps a hostile count from holding a session for ever.
pub const MAX_ATTACHMENTS: usize = 256;
