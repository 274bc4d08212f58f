//! What can be wrong with a frame, with enough of the frame to find the server's code that wrote it.

use super::MAX_ATTACHMENTS;

/// What a server sent that is no valid frame.
///
/// socket.io-client closes the connection on each of these ("parse error"). A session does not: it drops what it
/// cannot read and goes on with the next frame, so that a run counts how many frames a server gets wrong. Whether a
/// user gives up is the caller's decision. Only a server that says too much before it lets anybody in is hung up on
/// ([`FrameError::TooEarly`]): once for each connection, however much it goes on to say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("empty frame")]
    Empty,
    #[error("unknown engine.io packet type: {0:?}")]
    EngineType(String),
    #[error("unreadable engine.io handshake: {0:?}")]
    Handshake(String),
    #[error("second engine.io handshake: {0:?}")]
    SecondHandshake(String),
    #[error("message before the engine.io handshake: {0:?}")]
    BeforeHandshake(String),
    #[error("text frame with bytes that are not base64: {0:?}")]
    Base64(String),
    #[error("unknown socket.io packet type: {0:?}")]
    PacketType(String),
    #[error("attachment count is not a number from 1 to {MAX_ATTACHMENTS}: {0:?}")]
    AttachmentCount(String),
    #[error("acknowledgement id is missing or too large: {0:?}")]
    AckId(String),
    #[error("payload does not fit a socket.io {packet} packet: {payload:?}")]
    Payload { packet: &'static str, payload: String },
    #[error("event name is reserved: {0:?}")]
    ReservedEvent(String),
    #[error("second connect answer: {0:?}")]
    SecondConnect(String),
    #[error("binary frame of {0} bytes that no packet announced")]
    UnexpectedBinary(usize),
    #[error("text frame after {received} of {expected} attachments of {packet:?}")]
    Interrupted { packet: String, received: usize, expected: usize },
    #[error("attachments of {packet:?} are larger than {most} bytes together")]
    AttachmentsTooLarge { packet: String, most: usize },
    #[error("event before the namespace was granted, beyond {most_events} of them or {most_bytes} bytes: {event:?}")]
    TooEarly { event: String, most_events: usize, most_bytes: usize },
    #[error("placeholder of an attachment that was not sent: {0:?}")]
    Placeholder(String),
    #[error("arguments are not JSON: {0:?}")]
    Args(String),
    #[error("neither one JSON value nor several with line ends or record separators between them: {0:?}")]
    NotOneValue(String),
    #[error("no event name in field {field:?} of {frame:?}")]
    NoEventName { field: String, frame: String },
}

impl FrameError {
    /// A short name to count by, the same for every frame with the same fault.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_frame",
            Self::EngineType(_) => "engine_type",
            Self::Handshake(_) => "handshake",
            Self::SecondHandshake(_) => "second_handshake",
            Self::BeforeHandshake(_) => "before_handshake",
            Self::Base64(_) => "base64",
            Self::PacketType(_) => "packet_type",
            Self::AttachmentCount(_) => "attachment_count",
            Self::AckId(_) => "ack_id",
            Self::Payload { .. } => "payload",
            Self::ReservedEvent(_) => "reserved_event",
            Self::SecondConnect(_) => "second_connect",
            Self::UnexpectedBinary(_) => "unexpected_binary",
            Self::Interrupted { .. } => "interrupted_attachments",
            Self::AttachmentsTooLarge { .. } => "attachments_too_large",
            Self::TooEarly { .. } => "too_early",
            Self::Placeholder(_) => "placeholder",
            Self::Args(_) => "args",
            Self::NotOneValue(_) => "not_one_value",
            Self::NoEventName { .. } => "no_event_name",
        }
    }
}

/// As much of a bad value as a person reads, cut between characters.
pub fn excerpt(text: &str) -> String {
    if text.len() <= EXCERPT {
        return text.to_owned();
    }
    let cut = (0..=EXCERPT).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    format!("{}… ({} bytes)", &text[..cut], text.len())
}

/// One line of a log, in bytes.
const EXCERPT: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_are_cut_between_characters() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(excerpt(text), expected);
        }
        check("", "");
        check("short", "short");
        check(&"a".repeat(80), &"a".repeat(80));
        check(&"a".repeat(81), &format!("{}… (81 bytes)", "a".repeat(80)));
        // 27 characters of three bytes are 81 bytes: the 27th does not fit whole.
        check(&"한".repeat(27), &format!("{}… (81 bytes)", "한".repeat(26)));
    }
}
