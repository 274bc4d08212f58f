//! Packets that have to wait: for their attachments, or for the namespace to be granted.

use serde_json::Value;

use super::args::Args;
use super::error::{FrameError, excerpt};
use super::incoming::Incoming;
use super::packet::Packet;

/// An event or an acknowledgement, owned.
#[derive(Debug)]
pub struct Stored {
    kind: Kind,
    args: String,
    attachments: Vec<Vec<u8>>,
}

#[derive(Debug)]
enum Kind {
    Event { name: String, ack: Option<u64> },
    Ack { id: u64 },
}

impl Stored {
    pub fn event(name: &str, args: &str, ack: Option<u64>) -> Self {
        Self { kind: Kind::Event { name: name.to_owned(), ack }, args: args.to_owned(), attachments: Vec::new() }
    }

    fn ack(id: u64, args: &str) -> Self {
        Self { kind: Kind::Ack { id }, args: args.to_owned(), attachments: Vec::new() }
    }

    /// Bytes that it holds, about.
    pub fn size(&self) -> usize {
        let attachments: usize = self.attachments.iter().map(Vec::len).sum();
        self.name().len() + self.args.len() + attachments
    }

    /// Of an event.
    pub fn name(&self) -> &str {
        match &self.kind {
            Kind::Event { name, .. } => name,
            Kind::Ack { .. } => "",
        }
    }

    pub const fn is_event(&self) -> bool {
        matches!(self.kind, Kind::Event { .. })
    }

    pub fn deliver(self, sink: &mut dyn FnMut(Incoming<'_>)) {
        let args = Args { raw: &self.args, attachments: self.attachments };
        sink(match &self.kind {
            Kind::Event { name, ack } => Incoming::Event { name, args, ack: *ack },
            Kind::Ack { id } => Incoming::Ack { id: *id, args },
        });
    }
}

/// A packet whose attachments are on their way.
#[derive(Debug)]
pub struct Partial {
    stored: Stored,
    /// At least 1.
    expected: usize,
    received: usize,
    bytes: usize,
    /// It is for the session's own namespace.
    pub ours: bool,
}

impl Partial {
    /// `None` for a packet without attachments.
    pub fn begin(packet: &Packet<'_>, ours: bool) -> Option<Self> {
        let stored = match packet {
            Packet::Event { name, args, ack, attachments: 1.. } => Stored::event(name, args, *ack),
            Packet::Ack { id, args, attachments: 1.. } => Stored::ack(*id, args),
            _ => return None,
        };
        Some(Self { stored, expected: packet.attachments(), received: 0, bytes: 0, ours })
    }

    /// Takes the next attachment; whether it was the last.
    ///
    /// # Errors
    /// [`FrameError::AttachmentsTooLarge`] if all together are more than a session holds.
    pub fn push(&mut self, attachment: Vec<u8>) -> Result<bool, FrameError> {
        self.bytes = self.bytes.saturating_add(attachment.len());
        if self.bytes > MOST_ATTACHED {
            return Err(FrameError::AttachmentsTooLarge { packet: self.name(), most: MOST_ATTACHED });
        }
        self.received += 1;
        // What is for a namespace that nobody asked for is counted and never looked at.
        if self.ours {
            self.stored.attachments.push(attachment);
        }
        Ok(self.received == self.expected)
    }

    /// The whole packet.
    ///
    /// # Errors
    /// [`FrameError::Args`] if its arguments are not JSON, [`FrameError::Placeholder`] if they name an attachment that
    /// it does not have.
    pub fn finish(self) -> Result<Stored, FrameError> {
        let Stored { args, attachments, .. } = &self.stored;
        let values = Args::text(args).values()?;
        if values.iter().all(|value| placeholders_fit(value, attachments.len())) {
            Ok(self.stored)
        } else {
            Err(FrameError::Placeholder(excerpt(args)))
        }
    }

    /// What went wrong when a text packet came instead of the next attachment.
    pub fn interrupted(self) -> FrameError {
        FrameError::Interrupted { packet: self.name(), received: self.received, expected: self.expected }
    }

    fn name(&self) -> String {
        match &self.stored.kind {
            Kind::Event { name, .. } => excerpt(name),
            Kind::Ack { id } => format!("ack {id}"),
        }
    }
}

/// Bytes of all attachments of one packet.
const MOST_ATTACHED: usize = 64 << 20;

/// The depth of a parsed value is bounded by its parser, so this may recurse.
fn placeholders_fit(value: &Value, attachments: usize) -> bool {
    match value {
        Value::Array(values) => values.iter().all(|value| placeholders_fit(value, attachments)),
        Value::Object(members) if members.get("_placeholder") == Some(&Value::Bool(true)) => {
            members.get("num").and_then(Value::as_u64).is_some_and(|num| num < attachments as u64)
        }
        Value::Object(members) => members.values().all(|value| placeholders_fit(value, attachments)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}
