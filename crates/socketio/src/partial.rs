//! Packets that have to wait for their attachments.

use serde_json::Value;

use super::args::Args;
use super::error::{FrameError, excerpt};
use super::incoming::Incoming;
use super::packet::Packet;

/// What it will be.
#[derive(Debug)]
enum Kind {
    Event { name: String, ack: Option<u64> },
    Ack { id: u64 },
}

/// A packet whose attachments are on their way.
#[derive(Debug)]
pub struct Partial {
    kind: Kind,
    args: String,
    attachments: Vec<Vec<u8>>,
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
        let (kind, args) = match packet {
            Packet::Event { name, args, ack, attachments: 1.. } => {
                (Kind::Event { name: name.to_string(), ack: *ack }, *args)
            }
            Packet::Ack { id, args, attachments: 1.. } => (Kind::Ack { id: *id }, *args),
            _ => return None,
        };
        let (args, expected) = (args.to_owned(), packet.attachments());
        Some(Self { kind, args, attachments: Vec::new(), expected, received: 0, bytes: 0, ours })
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
            self.attachments.push(attachment);
        }
        Ok(self.received == self.expected)
    }

    /// The whole packet.
    ///
    /// # Errors
    /// [`FrameError::Args`] if its arguments are not JSON, [`FrameError::Placeholder`] if they name an attachment that
    /// it does not have.
    pub fn finish(self) -> Result<Incoming<'static>, FrameError> {
        let Self { kind, args, attachments, .. } = self;
        let values = Args::text(&args).values()?;
        if !values.iter().all(|value| placeholders_fit(value, attachments.len())) {
            return Err(FrameError::Placeholder(excerpt(&args)));
        }
        let args = Args::owned(args, attachments);
        Ok(match kind {
            Kind::Event { name, ack } => Incoming::Event { name: name.into(), args, ack },
            Kind::Ack { id } => Incoming::Ack { id, args },
        })
    }

    /// What went wrong when a text packet came instead of the next attachment.
    pub fn interrupted(self) -> FrameError {
        FrameError::Interrupted { packet: self.name(), received: self.received, expected: self.expected }
    }

    fn name(&self) -> String {
        match &self.kind {
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
