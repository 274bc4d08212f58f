//! Socket.IO packets, encoded by socketioxide's parser. Bodies are written here, because an event's payload may hold
//! JSON that was encoded before.

use engineioxide::Str;
use serde::Serialize;
use socketioxide_core::Value;
use socketioxide_core::packet::Packet;
use socketioxide_core::parser::Parse;
use socketioxide_parser_common::CommonParser;

/// `2["event",payload]`; a payload of `()` is left out.
pub fn event(name: &str, payload: &impl Serialize) -> Str {
    let payload = serde_json::to_string(payload).expect("our own payloads are plain data");
    let name = serde_json::Value::from(name);
    let body = if payload == "null" { format!("[{name}]") } else { format!("[{name},{payload}]") };
    encode(Packet::event("/", Value::Str(body.into(), None)))
}

/// `3<id>[]`: the server's automatic acknowledgement carries nothing. With an answer `3<id>[answer]`.
pub fn ack(id: i64, answer: Option<&serde_json::Value>) -> Str {
    let body = answer.map_or_else(|| "[]".to_owned(), |answer| format!("[{answer}]"));
    encode(Packet::ack("/", Value::Str(body.into(), None), id))
}

/// Packets of one event, each with a payload, as one packet whose payload is an array of theirs.
pub fn batch(name: &str, packets: &[Str]) -> Str {
    let head = format!("2[{},", serde_json::Value::from(name));
    let payload = |packet: &Str| packet.strip_prefix(&head)?.strip_suffix(']').map(str::to_owned);
    let payloads: Vec<_> = packets.iter().filter_map(payload).collect();
    format!("{head}[{}]]", payloads.join(",")).into()
}

/// `0{"sid":"…"}`
pub fn connected(sid: &str) -> Str {
    let body = serde_json::json!({ "sid": sid }).to_string();
    encode(Packet::connect("/", Some(Value::Str(body.into(), None))))
}

/// `4{"message":"…"}`
pub fn refused(message: &str) -> Str {
    encode(Packet::connect_error("/", message))
}

/// `4"…"` or `4/namespace,"…"`: the server refuses some with a bare string, which the parser cannot encode.
pub fn refused_bare(namespace: &str, message: &str) -> Str {
    let message = serde_json::Value::from(message);
    if namespace == "/" { format!("4{message}").into() } else { format!("4{namespace},{message}").into() }
}

fn encode(packet: Packet) -> Str {
    match CommonParser.encode(packet) {
        Value::Str(text, _) => text,
        Value::Bytes(_) => unreachable!("the common parser encodes into text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(packet: Str, expected: &str) {
        assert_eq!(packet.as_str(), expected);
    }

    #[test]
    fn packets_on_the_wire() {
        check(event("messageLoadStart", &()), r#"2["messageLoadStart"]"#);
        check(event("message", &serde_json::json!({"a": [1]})), r#"2["message",{"a":[1]}]"#);
        check(ack(0, None), "30[]");
        check(ack(17, None), "317[]");
        check(ack(17, Some(&serde_json::json!({ "ok": true }))), r#"317[{"ok":true}]"#);
        let events = [1, 2].map(|id| event("message", &serde_json::json!({ "id": id })));
        check(batch("message", &events), r#"2["message",[{"id":1},{"id":2}]]"#);
        check(connected("x"), r#"0{"sid":"x"}"#);
        check(refused("Invalid token"), r#"4{"message":"Invalid token"}"#);
        check(refused_bare("/", "Authentication error"), r#"4"Authentication error""#);
        check(refused_bare("/admin", "Invalid namespace"), r#"4/admin,"Invalid namespace""#);
    }
}
