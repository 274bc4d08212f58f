//! The packets of Socket.IO 5, written as frames and read from them.
//!
//! Reading is a scan: the hot path of a load test is an event, of which only the name is looked at.

use std::borrow::Cow;

use memchr::memchr;

use super::MAX_ATTACHMENTS;
use super::error::{FrameError, excerpt};
use base::json;

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

/// Writes a packet as a whole text frame, the Engine.IO message type `4` included.
///
/// Raw JSON in the packet is written as it is. The format has no way to write a namespace with a comma.
pub fn encode(namespace: &str, packet: &Packet<'_>) -> String {
    match packet {
        Packet::Connect { data } => header('0', 0, namespace, None, data.len()) + data,
        Packet::Disconnect => header('1', 0, namespace, None, 0),
        Packet::Event { name, args, ack, attachments } => {
            let kind = if *attachments == 0 { '2' } else { '5' };
            let name = json::quote(name);
            let mut frame = header(kind, *attachments, namespace, *ack, name.len() + args.len() + 3);
            frame.push('[');
            frame.push_str(&name);
            if !args.is_empty() {
                frame.push(',');
                frame.push_str(args);
            }
            frame.push(']');
            frame
        }
        Packet::Ack { id, args, attachments } => {
            let kind = if *attachments == 0 { '3' } else { '6' };
            header(kind, *attachments, namespace, Some(*id), args.len() + 2) + "[" + args + "]"
        }
        Packet::ConnectError { data } => header('4', 0, namespace, None, data.len()) + data,
    }
}

/// Everything before the payload, with room for it.
fn header(kind: char, attachments: usize, namespace: &str, id: Option<u64>, payload: usize) -> String {
    let mut frame = String::with_capacity(2 + namespace.len() + 1 + 2 * LONGEST_NUMBER + payload);
    frame.push('4');
    frame.push(kind);
    if attachments > 0 {
        frame.push_str(&attachments.to_string());
        frame.push('-');
    }
    if namespace != "/" {
        frame.push_str(namespace);
        frame.push(',');
    }
    if let Some(id) = id {
        frame.push_str(&id.to_string());
    }
    frame
}

/// Digits of the largest id, 2^64 - 1.
const LONGEST_NUMBER: usize = 20;

/// Reads the data of an Engine.IO message: the namespace, without its query part, and the packet.
///
/// Names and ids are checked, and that the payload has the brackets it must have. Whether the arguments are JSON is
/// found out when somebody parses them.
///
/// # Errors
/// [`FrameError`] with the beginning of the text, if it is no packet.
pub fn decode(text: &str) -> Result<(&str, Packet<'_>), FrameError> {
    let kind = *text.as_bytes().first().ok_or(FrameError::Empty)?;
    let (attachments, at) = match kind {
        b'5' | b'6' => attachments(text)?,
        _ => (0, 1),
    };
    let (namespace, at) = namespace(text, at);
    let packet = match kind {
        b'0' => Packet::Connect { data: connect(&text[at..])? },
        b'1' if at == text.len() => Packet::Disconnect,
        b'1' => return Err(payload_error("DISCONNECT", &text[at..])),
        b'2' | b'5' => {
            let (ack, at) = id(text, at)?;
            let (name, args) = event(&text[at..])?;
            Packet::Event { name, args, ack, attachments }
        }
        b'3' | b'6' => {
            let (id, at) = id(text, at)?;
            let id = id.ok_or_else(|| FrameError::AckId(excerpt(text)))?;
            let args = json::between_brackets(&text[at..]).ok_or_else(|| payload_error("ACK", &text[at..]))?;
            Packet::Ack { id, args, attachments }
        }
        b'4' => Packet::ConnectError { data: refusal(&text[at..])? },
        _ => return Err(FrameError::PacketType(excerpt(text))),
    };
    Ok((namespace, packet))
}

/// The count between the type and the dash.
fn attachments(text: &str) -> Result<(usize, usize), FrameError> {
    let illegal = || FrameError::AttachmentCount(excerpt(text));
    let digits = digits_end(text, 1);
    if text.as_bytes().get(digits) != Some(&b'-') {
        return Err(illegal());
    }
    let count = text[1..digits].parse().map_err(|_| illegal())?;
    if (1..=MAX_ATTACHMENTS).contains(&count) { Ok((count, digits + 1)) } else { Err(illegal()) }
}

/// A namespace begins with a slash and ends with a comma, or with the packet.
fn namespace(text: &str, at: usize) -> (&str, usize) {
    let rest = &text.as_bytes()[at.min(text.len())..];
    if rest.first() != Some(&b'/') {
        return ("/", at);
    }
    let length = memchr(b',', rest).unwrap_or(rest.len());
    let path = memchr(b'?', &rest[..length]).unwrap_or(length);
    (&text[at..at + path], (at + length + 1).min(text.len()))
}

fn id(text: &str, at: usize) -> Result<(Option<u64>, usize), FrameError> {
    let end = digits_end(text, at);
    if end == at {
        return Ok((None, at));
    }
    let id = text[at..end].parse().map_err(|_| FrameError::AckId(excerpt(text)))?;
    Ok((Some(id), end))
}

fn digits_end(text: &str, from: usize) -> usize {
    let digits = text.as_bytes().iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    from + digits
}

/// An event's name and the text behind it. A name is a string; the official decoder takes numbers, too.
fn event(payload: &str) -> Result<(Cow<'_, str>, &str), FrameError> {
    let invalid = || payload_error("EVENT", payload);
    let list = json::between_brackets(payload).ok_or_else(invalid)?;
    let (name, end) = json::string_at(list, 0).or_else(|| number(list)).ok_or_else(invalid)?;
    if is_reserved(&name) {
        return Err(FrameError::ReservedEvent(name.into_owned()));
    }
    let rest = list[end..].trim_ascii_start();
    if rest.is_empty() {
        return Ok((name, rest));
    }
    let args = rest.strip_prefix(',').map(str::trim_ascii_start).filter(|args| !args.is_empty()).ok_or_else(invalid)?;
    Ok((name, args))
}

fn number(list: &str) -> Option<(Cow<'_, str>, usize)> {
    let end = json::value_end(list.as_bytes(), 0)?;
    serde_json::from_str::<serde_json::Number>(&list[..end]).ok()?;
    Some((Cow::Borrowed(&list[..end]), end))
}

/// Names that the official libraries keep for themselves; their decoders refuse a packet that carries one, and servers hang up on it.
pub fn is_reserved(name: &str) -> bool {
    matches!(name, "connect" | "connect_error" | "disconnect" | "disconnecting" | "newListener" | "removeListener")
}

fn connect(payload: &str) -> Result<&str, FrameError> {
    if payload.is_empty() || is_json(payload, b"{") { Ok(payload) } else { Err(payload_error("CONNECT", payload)) }
}

fn refusal(payload: &str) -> Result<&str, FrameError> {
    let fits = payload.is_empty() || is_json(payload, b"{\"");
    if fits { Ok(payload) } else { Err(payload_error("CONNECT_ERROR", payload)) }
}

/// Whether the text is one JSON value that begins with one of the characters.
fn is_json(text: &str, first: &[u8]) -> bool {
    text.trim_ascii_start().bytes().next().is_some_and(|byte| first.contains(&byte))
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn payload_error(packet: &'static str, payload: &str) -> FrameError {
    FrameError::Payload { packet, payload: excerpt(payload) }
}

#[cfg(test)]
mod tests;
