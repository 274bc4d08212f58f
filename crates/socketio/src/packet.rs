//! The packets of Socket.IO 5.

use std::borrow::Cow;

/// One packet. BINARY_EVENT and BINARY_ACK are events and acknowledgements with attachments: as many binary frames
/// follow, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Packet<'a> {
    /// Client: asks for the namespace; `data` is the auth object, or empty. Server: grants it; `data` holds the `sid`.
    Connect { data: &'a str },
    /// Either side: leaves the namespace.
    Disconnect,
    /// Either side: an event. `args` is the raw JSON list behind the name, without brackets. With an `ack` id the sender
    /// wants an acknowledgement.
    Event { name: Cow<'a, str>, args: &'a str, ack: Option<u64>, attachments: usize },
    /// Either side: the answer to the event with that id. `args` is a raw JSON list without brackets.
    Ack { id: u64, args: &'a str, attachments: usize },
    /// Server: refuses the namespace; `data` is an object with a `message`, a bare string, or empty.
    ConnectError { data: &'a str },
}

impl Packet<'_> {
    /// How many binary frames follow.
    pub const fn attachments(&self) -> usize {
        match self {
            Self::Event { attachments, .. } | Self::Ack { attachments, .. } => *attachments,
            Self::Connect { .. } | Self::Disconnect | Self::ConnectError { .. } => 0,
        }
    }
}
