//! What the browser edge does to a frame before anything is copied into wasm, as a pure function.
//!
//! The JavaScript that owns the sockets must classify exactly like this: an event that its scenario only counts is
//! counted by its name right there, everything that has no name here goes to the session. The rules are few, so that
//! both sides can hold them; the table in `classify.json` is the test of both.
//!
//! ```text
//! 42["name"          an event of the main namespace
//! 42/ns,["name"      an event of another one; the namespace ends at the first comma
//! {"type":"name"     a plain WebSocket frame with the event field first; one space may follow the colon
//! ```
//!
//! Several JSON texts in one plain frame stand with line ends or record separators between them: a frame with one of these anywhere but
//! at its end has no name.
//!
//! The name runs to the next quote. A backslash in it, white space anywhere else, any other packet: no name. An event
//! with an acknowledgement id has none either, because somebody has to answer it. What stands behind the name is not
//! looked at.

use memchr::{memchr, memchr2};

use base::json;

/// The name of a plain text event, borrowed; `None` for every frame that the session has to see.
pub fn classify(frame: &str) -> Option<&str> {
    let packet = frame.strip_prefix("42")?;
    let list = match packet.as_bytes().first()? {
        b'/' => &packet[memchr(b',', packet.as_bytes())? + 1..],
        _ => packet,
    };
    before_quote(list.strip_prefix("[\"")?)
}

/// The event's name of a plain WebSocket frame that begins with the event field.
pub fn classify_json<'a>(frame: &'a str, event_field: &str) -> Option<&'a str> {
    if memchr2(b'\n', 0x1e, frame.as_bytes()).is_some_and(|at| at + 1 < frame.len()) {
        return None;
    }
    let value = frame.strip_prefix('{')?.strip_prefix(&json::quote(event_field))?.strip_prefix(':')?;
    before_quote(value.strip_prefix(' ').unwrap_or(value).strip_prefix('"')?)
}

fn before_quote(text: &str) -> Option<&str> {
    let end = memchr2(b'"', b'\\', text.as_bytes())?;
    (text.as_bytes()[end] == b'"').then(|| &text[..end])
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Table {
        socketio: Vec<(String, Option<String>)>,
        r#type: Vec<(String, Option<String>)>,
    }

    #[test]
    fn frames_are_named_as_in_the_table() {
        let table: Table = serde_json::from_str(include_str!("classify.json")).unwrap();
        for (frame, name) in table.socketio {
            assert_eq!(classify(&frame), name.as_deref(), "{frame}");
        }
        for (frame, name) in table.r#type {
            assert_eq!(classify_json(&frame, "type"), name.as_deref(), "{frame}");
        }
    }
}
