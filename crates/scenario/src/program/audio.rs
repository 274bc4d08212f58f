//! How audio travels between a user and a voice service.

use serde_json::{Map, Value};

use crate::ids::{EventId, Pointer};
use base::time::Span;

/// How audio travels to and from a voice service: mono 16-bit PCM as base64 in a field of JSON objects.
#[derive(Debug, Clone, PartialEq)]
pub struct Audio {
    /// Samples a second, in both directions.
    pub rate: u32,
    /// Samples in one outbound frame.
    pub chunk_samples: u32,
    /// Start-up buffer of the simulated player.
    pub player_buffer: Span,
    pub mic_from: MicFrom,
    pub outbound: OutboundAudio,
    /// Brings a chunk of an answer, at `inbound_field`.
    pub inbound: EventId,
    pub inbound_field: Pointer,
    /// Ends an answer, also one that was cut off.
    pub done: EventId,
    /// The service heard the user begin to speak.
    pub speech_started: Option<EventId>,
    /// The service heard the user's turn end.
    pub speech_stopped: Option<EventId>,
    /// Brings the text of what the user said.
    pub transcript: Option<EventId>,
    /// Brings the report that ends a conversation.
    pub report: Option<EventId>,
}

impl Audio {
    /// Every event that it looks into.
    pub fn examined(&self) -> impl Iterator<Item = EventId> {
        let optional = [self.speech_started, self.speech_stopped, self.transcript, self.report];
        [self.inbound, self.done].into_iter().chain(optional.into_iter().flatten())
    }
}

/// The frame that carries the microphone's audio.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboundAudio {
    pub event: String,
    /// RFC 6901 pointer to the audio.
    pub field: String,
    /// More fields, the same in every frame.
    pub extra: Map<String, Value>,
}

document::choices! {
    /// From when on a microphone that was switched on delivers audio.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum MicFrom {
        /// At once.
        Connect = "connect",
        /// From the first audio of the service on, as pages do that wait for its greeting.
        FirstAudio = "first_audio",
    }
}
