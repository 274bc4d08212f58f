//! Plain WebSocket services: a text frame is one JSON object, one of its top-level fields names the event. Some services put several into
//! one frame: an array of them, or one behind the other with line ends or record separators (RFC 7464's 0x1E) between them.

use std::borrow::Cow;
use std::collections::VecDeque;

use serde_json::{Map, Value};

use base::json;
use socketio::{Args, FrameError, Incoming, Transmit, excerpt};

/// The event name under which a binary frame is handed on, as its one attachment. The parentheses keep it apart from
/// what services call their events.
pub const BINARY_FRAME: &str = "(binary)";

/// The client's side of one plain session.
#[derive(Debug)]
pub struct Plain {
    event_field: String,
    /// What else the last frame held.
    behind: VecDeque<Incoming<'static>>,
    outbox: VecDeque<Transmit>,
}

impl Plain {
    pub fn new(event_field: String) -> Self {
        Self { event_field, behind: VecDeque::new(), outbox: VecDeque::new() }
    }

    pub fn on_text<'f>(&mut self, frame: &'f str) -> Incoming<'f> {
        if frame.is_empty() {
            return Incoming::Invalid(FrameError::Empty);
        }
        let Some((first, others)) = objects(frame) else {
            return Incoming::Invalid(FrameError::NotOneValue(excerpt(frame)));
        };
        for object in others {
            let incoming = self.read(object).into_owned();
            self.behind.push_back(incoming);
        }
        self.read(first)
    }

    fn read<'f>(&self, object: &'f str) -> Incoming<'f> {
        match decode(object, &self.event_field) {
            Ok((name, args)) => Incoming::Event { name, args: Args::text(args), ack: None },
            Err(error) => Incoming::Invalid(error),
        }
    }

    pub fn poll_event(&mut self) -> Option<Incoming<'static>> {
        self.behind.pop_front()
    }

    pub fn on_binary(frame: &[u8]) -> Incoming<'static> {
        let args = Args::owned(String::new(), vec![frame.to_vec()]);
        Incoming::Event { name: BINARY_FRAME.into(), args, ack: None }
    }

    pub fn emit(&mut self, event: &str, args: &[String], attachments: &[Vec<u8>]) {
        let object = args.first().map_or("{}", String::as_str);
        self.outbox.push_back(Transmit::Text(encode(&self.event_field, event, object)));
        self.outbox.extend(attachments.iter().cloned().map(Transmit::Binary));
    }

    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.outbox.pop_front()
    }
}

/// The first object of a frame and the others; `None`: it is neither one JSON value nor several in a known framing, so nothing of it is
/// read.
fn objects(frame: &str) -> Option<(&str, Vec<&str>)> {
    let (first, mut rest) = value(frame.trim_matches(is_between))?;
    let mut others = Vec::new();
    if rest.is_empty()
        && let Some(list) = json::between_brackets(first)
    {
        others = json::values(list)?;
        // A list of anything else is one value that names no event.
        let is_of_objects = !others.is_empty() && others.iter().all(|value| value.starts_with('{'));
        return Some(if is_of_objects { (others.remove(0), others) } else { (first, Vec::new()) });
    }
    while !rest.is_empty() {
        let (one, behind) = value(rest)?;
        others.push(one);
        rest = behind;
    }
    Some((first, others))
}

/// The value at the beginning of a text, and what stands behind its separator.
fn value(text: &str) -> Option<(&str, &str)> {
    let end = json::value_end(text.as_bytes(), 0)?;
    let behind = text[end..].trim_start_matches(is_between);
    let gap = &text[end..text.len() - behind.len()];
    (behind.is_empty() || gap.contains(['\n', '\u{1e}'])).then_some((&text[..end], behind))
}

/// White space of JSON, and what separates records.
fn is_between(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r' | '\u{1e}')
}

/// Reads a frame: the event's name, and the whole object as its one argument. A name that is a number or a boolean is
/// taken as written.
///
/// # Errors
/// [`FrameError::NoEventName`] if the frame is no object or has no such field, or one that holds no name.
pub fn decode<'a>(frame: &'a str, event_field: &str) -> Result<(Cow<'a, str>, &'a str), FrameError> {
    if frame.is_empty() {
        return Err(FrameError::Empty);
    }
    let object = frame.trim_ascii();
    let name = json::member(object, event_field).and_then(name).filter(|_| object.ends_with('}'));
    let missing = || FrameError::NoEventName { field: event_field.to_owned(), frame: excerpt(frame) };
    Ok((name.ok_or_else(missing)?, object))
}

/// Writes a frame: the members of `object` behind the event field, which they do not override. A value that is no
/// object is sent as the field `data`.
pub fn encode(event_field: &str, event: &str, object: &str) -> String {
    let head = format!("{{{}:{}", json::quote(event_field), json::quote(event));
    let Some(members) = object.trim_ascii().strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        return format!("{head},\"data\":{object}}}");
    };
    if members.trim_ascii().is_empty() {
        return head + "}";
    }
    if json::member(object, event_field).is_none() {
        return format!("{head},{members}}}");
    }
    let mut members: Map<String, Value> = serde_json::from_str(object).unwrap_or_default();
    members.insert(event_field.to_owned(), Value::from(event));
    Value::Object(members).to_string()
}

fn name(value: &str) -> Option<Cow<'_, str>> {
    match value.as_bytes().first()? {
        b'"' => json::as_string(value),
        b'{' | b'[' | b'n' => None,
        _ => serde_json::from_str::<Value>(value).is_ok().then_some(Cow::Borrowed(value)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_found_at_the_top_level() {
        #[track_caller]
        fn check(frame: &str, name: &str) {
            assert_eq!(decode(frame, "type"), Ok((name.into(), frame.trim())), "{frame}");
        }
        check(r#"{"type":"message","text":"hi"}"#, "message");
        check(r#"{"id":1,"data":{"type":"inner"},"type":"outer"}"#, "outer");
        check(" {\n\t\"type\" : \"spaced\"\r\n} ", "spaced");
        check(r#"{"text":"\"type\":\"fake\"","type":"real"}"#, "real");
        check(r#"{"text":"ends with \\","type":"real"}"#, "real");
        check(r#"{"type":"say \"hi\""}"#, "say \"hi\"");
        check(r#"{"\u0074ype":"한글"}"#, "한글");
        check(r#"{"type":""}"#, "");
        check(r#"{"type":7}"#, "7");
        check(r#"{"type":true}"#, "true");
    }

    #[test]
    fn frames_without_a_name_are_errors() {
        #[track_caller]
        fn check(frame: &str, message: &str) {
            assert_eq!(decode(frame, "type").unwrap_err().to_string(), message, "{frame}");
        }
        check("", "empty frame");
        check("pong", r#"no event name in field "type" of "pong""#);
        check("[]", r#"no event name in field "type" of "[]""#);
        check("{}", r#"no event name in field "type" of "{}""#);
        check(r#"{"type":null}"#, r#"no event name in field "type" of "{\"type\":null}""#);
        check(r#"{"type":[]}"#, r#"no event name in field "type" of "{\"type\":[]}""#);
        check(r#"{"type":zebra}"#, r#"no event name in field "type" of "{\"type\":zebra}""#);
        check(r#"{"type":"cut"#, r#"no event name in field "type" of "{\"type\":\"cut""#);
        check(r#"{"type":"cut","a":"#, r#"no event name in field "type" of "{\"type\":\"cut\",\"a\":""#);
    }

    #[test]
    fn emitted_objects_carry_the_event_field() {
        #[track_caller]
        fn check(object: &str, expected: &str) {
            assert_eq!(encode("type", "say", object), expected);
        }
        check("{}", r#"{"type":"say"}"#);
        check(" { } ", r#"{"type":"say"}"#);
        check(r#"{"a":1,"b":{"type":2}}"#, r#"{"type":"say","a":1,"b":{"type":2}}"#);
        check(r#"{"a":1,"type":"other"}"#, r#"{"a":1,"type":"say"}"#);
        check("[1,2]", r#"{"type":"say","data":[1,2]}"#);
        check("\"hi\"", r#"{"type":"say","data":"hi"}"#);
        assert_eq!(encode("a\"b", "c\\d", "{}"), r#"{"a\"b":"c\\d"}"#);
    }

    proptest! {
        #[test]
        fn frames_survive_the_wire(field: String, event: String, key: String, text: String) {
            let object = format!("{{{}:{}}}", json::quote(&key), json::quote(&text));
            let frame = encode(&field, &event, &object);
            let decoded = decode(&frame, &field);
            prop_assert_eq!(decoded, Ok((Cow::Borrowed(event.as_str()), frame.as_str())));
            if key != field {
                let parsed: Value = serde_json::from_str(&frame).unwrap();
                prop_assert_eq!(&parsed[&key], &Value::from(text));
            }
        }

        #[test]
        fn no_frame_panics(frame in "\\{?(\"t\":)?[\\[\\]{}\",:\\\\té1 \\PC]{0,30}", field in "t?") {
            let _ = decode(&frame, &field);
            let _ = encode(&field, "e", &frame);
        }
    }
}
