//! Engine.IO 4 over WebSocket: one packet per frame, its type the first character; binary frames carry message data
//! only and have no type.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::error::{FrameError, excerpt};
use base::json;
use base::time::Span;

/// A packet of a text frame.
#[derive(Debug, Clone, PartialEq)]
pub enum EnginePacket<'a> {
    /// Server, first and once: the session exists.
    Open(Handshake),
    /// Either side: the session ends, the socket is closed next.
    Close,
    /// Server, every `pingInterval`: wants a pong with the same data.
    Ping(&'a str),
    /// Client: the answer to a ping.
    Pong(&'a str),
    /// Either side: a Socket.IO packet.
    Message(&'a str),
    /// Either side: binary message data as base64. WebSockets have binary frames for this; the official decoder
    /// accepts it all the same.
    Base64(Vec<u8>),
    /// Client: the end of a transport's upgrade. Means nothing on a session that began as a WebSocket.
    Upgrade,
    /// Server: ends a pending long poll. Means nothing on a WebSocket.
    Noop,
}

/// What the server says about the session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handshake {
    pub sid: String,
    #[serde(default)]
    pub upgrades: Vec<String>,
    /// Milliseconds between the server's pings.
    pub ping_interval: f64,
    /// Milliseconds to wait for the other side beyond the interval.
    pub ping_timeout: f64,
    /// Bytes of the largest payload the server takes. Older servers and some other implementations do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_payload: Option<f64>,
}

impl Handshake {
    pub fn ping_interval(&self) -> Span {
        millis(self.ping_interval)
    }

    pub fn ping_timeout(&self) -> Span {
        millis(self.ping_timeout)
    }

    pub fn max_payload(&self) -> Option<u64> {
        self.max_payload.map(|bytes| bytes as u64)
    }
}

/// Reads a text frame.
///
/// # Errors
/// [`FrameError`] with the beginning of the frame, if it is no packet. What follows the type of a packet that carries
/// no data is ignored, as the official client does.
pub fn decode(frame: &str) -> Result<EnginePacket<'_>, FrameError> {
    let Some(&kind) = frame.as_bytes().first() else { return Err(FrameError::Empty) };
    if !kind.is_ascii() {
        return Err(FrameError::EngineType(excerpt(frame)));
    }
    let data = &frame[1..];
    Ok(match kind {
        b'0' => EnginePacket::Open(handshake(data)?),
        b'1' => EnginePacket::Close,
        b'2' => EnginePacket::Ping(data),
        b'3' => EnginePacket::Pong(data),
        b'4' => EnginePacket::Message(data),
        b'5' => EnginePacket::Upgrade,
        b'6' => EnginePacket::Noop,
        b'b' => EnginePacket::Base64(BASE64_STANDARD.decode(data).map_err(|_| FrameError::Base64(excerpt(frame)))?),
        _ => return Err(FrameError::EngineType(excerpt(frame))),
    })
}

/// Writes a text frame.
pub fn encode(packet: &EnginePacket<'_>) -> String {
    match packet {
        EnginePacket::Open(handshake) => {
            format!("0{}", serde_json::to_string(handshake).expect("a handshake has only string keys"))
        }
        EnginePacket::Close => "1".to_owned(),
        EnginePacket::Ping(data) => format!("2{data}"),
        EnginePacket::Pong(data) => format!("3{data}"),
        EnginePacket::Message(data) => format!("4{data}"),
        EnginePacket::Base64(bytes) => format!("b{}", BASE64_STANDARD.encode(bytes)),
        EnginePacket::Upgrade => "5".to_owned(),
        EnginePacket::Noop => "6".to_owned(),
    }
}

fn handshake(data: &str) -> Result<Handshake, FrameError> {
    let unreadable = || FrameError::Handshake(excerpt(data));
    let handshake: Handshake = json::read(data).map_err(|_| unreadable())?;
    let times_hold = handshake.ping_interval >= 0.0 && handshake.ping_timeout >= 0.0;
    if times_hold { Ok(handshake) } else { Err(unreadable()) }
}

fn millis(millis: f64) -> Span {
    Span::from_millis(millis.min(LONGEST_TIMER_MS) as u64)
}

/// The longest time a browser's timer can wait: 2^31 - 1 ms, 24.8 days. Some servers turn pings off with huge values.
const LONGEST_TIMER_MS: f64 = 2_147_483_647.0;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn open(sid: &str, max_payload: Option<f64>) -> EnginePacket<'_> {
        let (ping_interval, ping_timeout) = (25_000.0, 20_000.0);
        EnginePacket::Open(Handshake { sid: sid.into(), upgrades: vec![], ping_interval, ping_timeout, max_payload })
    }

    #[test]
    fn frames_are_read() {
        #[track_caller]
        fn check(frame: &str, expected: EnginePacket<'_>) {
            assert_eq!(decode(frame), Ok(expected), "{frame}");
        }
        let times = r#""pingInterval":25000,"pingTimeout":20000"#;
        check(&format!(r#"0{{"sid":"a","upgrades":[],{times},"maxPayload":1000000}}"#), open("a", Some(1e6)));
        check(&format!(r#"0{{"sid":"a","upgrades":[],{times}}}"#), open("a", None));
        check(&format!(r#"0{{"sid":"a",{times},"maxPayload":null,"other":{{}}}}"#), open("a", None));
        check(&format!(r#"0{{"sid":"\u0061\"",{times}}}"#), open("a\"", None));
        check("1", EnginePacket::Close);
        check("2", EnginePacket::Ping(""));
        check("2probe", EnginePacket::Ping("probe"));
        check("3", EnginePacket::Pong(""));
        check("4", EnginePacket::Message(""));
        check("40{}", EnginePacket::Message("0{}"));
        check("5", EnginePacket::Upgrade);
        check("6", EnginePacket::Noop);
        check("bAQID", EnginePacket::Base64(vec![1, 2, 3]));
        check("b", EnginePacket::Base64(vec![]));
    }

    #[test]
    fn hostile_frames_are_named() {
        #[track_caller]
        fn check(frame: &str, message: &str) {
            assert_eq!(decode(frame).unwrap_err().to_string(), message, "{frame}");
        }
        check("", "empty frame");
        check("7", r#"unknown engine.io packet type: "7""#);
        check("é", r#"unknown engine.io packet type: "é""#);
        check("\0", r#"unknown engine.io packet type: "\0""#);
        check("<html>", r#"unknown engine.io packet type: "<html>""#);
        check("0", r#"unreadable engine.io handshake: """#);
        check("0{", r#"unreadable engine.io handshake: "{""#);
        check("0[]", r#"unreadable engine.io handshake: "[]""#);
        check(r#"0{"sid":1}"#, r#"unreadable engine.io handshake: "{\"sid\":1}""#);
        check(
            r#"0{"sid":"a","pingInterval":-1,"pingTimeout":1}"#,
            r#"unreadable engine.io handshake: "{\"sid\":\"a\",\"pingInterval\":-1,\"pingTimeout\":1}""#,
        );
        check("b%", r#"text frame with bytes that are not base64: "b%""#);
    }

    #[test]
    fn absurd_times_are_cut_to_what_a_timer_can_wait() {
        let frame = r#"0{"sid":"a","pingInterval":1e300,"pingTimeout":0.4,"maxPayload":-5}"#;
        let Ok(EnginePacket::Open(handshake)) = decode(frame) else { panic!("a handshake") };
        assert_eq!(handshake.ping_interval(), Span::from_millis(2_147_483_647));
        assert_eq!(handshake.ping_timeout(), Span::ZERO);
        assert_eq!(handshake.max_payload(), Some(0));
    }

    proptest! {
        #[test]
        fn no_frame_panics(kind in "[0-9b]?", data in any::<String>()) {
            let _ = decode(&format!("{kind}{data}"));
        }

        #[test]
        fn packets_survive_the_wire(sid: String, times: (u32, u32), max in any::<Option<u32>>(), data: String, bytes: Vec<u8>) {
            let handshake = Handshake {
                sid,
                upgrades: vec![data.clone()],
                ping_interval: times.0.into(),
                ping_timeout: times.1.into(),
                max_payload: max.map(f64::from),
            };
            let packets = [
                EnginePacket::Open(handshake), EnginePacket::Close, EnginePacket::Ping(&data), EnginePacket::Pong(&data), EnginePacket::Message(&data),
                EnginePacket::Base64(bytes), EnginePacket::Upgrade, EnginePacket::Noop,
            ];
            for packet in packets {
                let frame = encode(&packet);
                prop_assert_eq!(decode(&frame), Ok(packet));
            }
        }
    }
}
