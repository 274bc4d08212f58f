//! Plain WebSocket services: a text frame is one JSON object, one of its top-level fields names the event.

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
    outbox: VecDeque<Transmit>,
}

impl Plain {
    pub fn new(event_field: String) -> Self {
        Self { event_field, outbox: VecDeque::new() }
    }

    pub fn on_text<'f>(&self, frame: &'f str) -> Incoming<'f> {
        match decode(frame, &self.event_field) {
            Ok((name, args)) => Incoming::Event { name, args: Args::text(args), ack: None },
            Err(error) => Incoming::Invalid(error),
        }
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
