//! Whole conversations as text. Steps: `<` a text frame arrives, `<#` a binary frame (hex), `@` the clock stands at so
//! many milliseconds, `!` a call of the client. Facts: what the session reported, and with `>` what it sent.

use proptest::prelude::*;

use super::*;
use crate::{classify, classify_json};
use base::time::Span;
use socketio::Args;

const OPEN: &str = r#"< 0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
const GRANT: &str = r#"< 40{"sid":"s"}"#;

struct Conversation {
    session: Session,
    now: Timestamp,
    facts: Vec<String>,
}

impl Conversation {
    fn new(config: SessionConfig) -> Self {
        Self { session: Session::new(config), now: Timestamp::ZERO, facts: Vec::new() }
    }

    fn step(&mut self, step: &str) {
        let (now, session, facts) = (self.now, &mut self.session, &mut self.facts);
        let (verb, rest) = step.split_once(' ').unwrap_or((step, ""));
        let bytes = unhex(if verb == "<#" { rest } else { "" });
        let first = match verb {
            "<" => session.on_text(now, rest),
            "<#" => session.on_binary(now, &bytes),
            "@" => {
                self.now = Timestamp::ZERO + Span::from_millis(rest.parse().unwrap());
                session.on_timeout(self.now)
            }
            "!" => call(session, now, rest),
            _ => panic!("no such step: {step}"),
        };
        let behind = std::iter::from_fn(|| session.poll_event());
        facts.extend(first.into_iter().chain(behind).map(|incoming| describe(&incoming)));
        while let Some(transmit) = session.poll_transmit() {
            facts.push(match transmit {
                Transmit::Text(text) => format!("> {text}"),
                Transmit::Binary(bytes) => format!("># {}", hex(&bytes)),
            });
        }
    }
}

/// `open`, `leave`, `ack <id> <args>`, `emit <name> <args>`, `emit? <name> <args>` with an ack, `emit# <name> <args>` with
/// two attachments.
fn call(session: &mut Session, now: Timestamp, text: &str) -> Option<Incoming<'static>> {
    let words: Vec<&str> = text.split(' ').collect();
    let args: Vec<String> = words.iter().skip(2).map(|arg| (*arg).to_owned()).collect();
    match words[0] {
        "open" => return session.on_open(now),
        "leave" => session.leave(),
        "ack" => session.acknowledge(words[1].parse().unwrap(), &args),
        "emit" => assert_eq!(session.emit(words[1], &args, &[], false), None),
        "emit?" => {
            session.emit(words[1], &args, &[], true);
        }
        "emit#" => {
            session.emit(words[1], &args, &[vec![1, 2], vec![]], false);
        }
        _ => panic!("no such call: {text}"),
    }
    None
}

fn describe(incoming: &Incoming<'_>) -> String {
    let list = |args: &Args<'_>| {
        let attachments: Vec<String> = args.attachments.iter().map(|bytes| format!(" #{}", hex(bytes))).collect();
        format!("({}){}", args.raw, attachments.concat())
    };
    match incoming {
        Incoming::Handshake { sid, ping_interval, ping_timeout, max_payload } => {
            let millis = (ping_interval.as_millis_f64(), ping_timeout.as_millis_f64());
            format!("handshake {sid} {} {} {max_payload:?}", millis.0, millis.1)
        }
        Incoming::Connected => "connected".to_owned(),
        Incoming::Refused { message, data } => format!("refused {message} | {data}"),
        Incoming::Event { name, args, ack: None } => format!("event {name}{}", list(args)),
        Incoming::Event { name, args, ack: Some(id) } => format!("event {name}{} ack {id}", list(args)),
        Incoming::Ack { id, args } => format!("ack {id}{}", list(args)),
        Incoming::Ended { reason } => format!("ended {reason:?}"),
        Incoming::Invalid(error) => format!("error {}", error.code()),
        Incoming::Housekeeping => "housekeeping".to_owned(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn socketio(namespace: &str, auth: Option<&str>) -> SessionConfig {
    SessionConfig::SocketIo { namespace: namespace.to_owned(), auth: auth.map(str::to_owned) }
}

#[track_caller]
fn check(config: SessionConfig, steps: &[&str], expected: &[&str]) {
    let mut conversation = Conversation::new(config);
    for step in steps {
        conversation.step(step);
    }
    assert_eq!(conversation.facts, expected);
}

/// A conversation in the main namespace that is granted already.
#[track_caller]
fn check_connected(steps: &[&str], expected: &[&str]) {
    let mut conversation = Conversation::new(socketio("/", None));
    for step in [OPEN, GRANT] {
        conversation.step(step);
    }
    conversation.facts.clear();
    for step in steps {
        conversation.step(step);
    }
    assert_eq!(conversation.facts, expected);
}

#[test]
fn handshake_then_connect_then_events() {
    check(
        socketio("/", Some(r#"{"token":"t"}"#)),
        &["! open", OPEN, GRANT, r#"< 42["hello",{"a":[1]},2]"#, r#"< 4242["ask"]"#, "! ack 42 true \"x\""],
        &[
            "handshake e 25000 20000 Some(1000000)",
            r#"> 40{"token":"t"}"#,
            "connected",
            r#"event hello({"a":[1]},2)"#,
            "event ask() ack 42",
            r#"> 4342[true,"x"]"#,
        ],
    );
}

#[test]
fn handshake_without_max_payload() {
    check(
        socketio("", None),
        &[r#"< 0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":60000}"#],
        &["handshake e 25000 60000 None", "> 40"],
    );
}

#[test]
fn events_before_the_grant_follow_it_in_order() {
    check(
        socketio("/", None),
        &[
            OPEN,
            r#"< 42["joinRoomSuccess",{"roomId":"r"}]"#,
            r#"< 451-["blob",{"_placeholder":true,"num":0}]"#,
            "<# 0aff",
            "< 2",
            r#"< 427["third"]"#,
            GRANT,
            r#"< 42["later"]"#,
        ],
        &[
            "handshake e 25000 20000 Some(1000000)",
            "> 40",
            "housekeeping",
            "> 3",
            "connected",
            r#"event joinRoomSuccess({"roomId":"r"})"#,
            r#"event blob({"_placeholder":true,"num":0}) #0aff"#,
            "event third() ack 7",
            "event later()",
        ],
    );
}

#[test]
fn what_is_emitted_before_the_grant_waits_for_it() {
    check(
        socketio("/", None),
        &["! emit early 1", OPEN, "! emit? second", GRANT, "! emit? third"],
        &[
            "handshake e 25000 20000 Some(1000000)",
            "> 40",
            "connected",
            r#"> 42["early",1]"#,
            r#"> 420["second"]"#,
            r#"> 421["third"]"#,
        ],
    );
}

#[test]
fn refusals() {
    #[track_caller]
    fn refused(frame: &str, fact: &str) {
        let steps = [OPEN, frame, r#"< 42["event"]"#, "< 2", "! emit nothing", "! leave", "@ 900000"];
        let opened = ["handshake e 25000 20000 Some(1000000)", "> 40"];
        check(socketio("/", None), &steps, &[&opened[..], &[fact, "housekeeping", "housekeeping"]].concat());
    }
    refused(r#"< 44{"message":"Invalid token"}"#, r#"refused Invalid token | {"message":"Invalid token"}"#);
    refused(r#"< 44"Authentication error""#, r#"refused Authentication error | "Authentication error""#);
    refused(r#"< 44{"message":"no","data":{"code":7}}"#, r#"refused no | {"message":"no","data":{"code":7}}"#);
    refused(r#"< 44{"message":7}"#, r#"refused {"message":7} | {"message":7}"#);
    refused("< 44", "refused the server gave no reason | ");
    refused("< 40", "refused the server's connect answer has no sid: is it Socket.IO 2? | ");
    refused("< 40{}", "refused the server's connect answer has no sid: is it Socket.IO 2? | {}");
}

#[test]
fn a_refusal_after_the_grant_ends_the_session_too() {
    check_connected(&["< 44\"banned\"", "< 42[\"x\"]"], &["refused banned | \"banned\"", "housekeeping"]);
}

#[test]
fn namespaces() {
    check(
        socketio("admin?token=1", Some("{}")),
        &[
            OPEN,
            GRANT,
            r#"< 44"not ours""#,
            r#"< 40/admin,{"sid":"s"}"#,
            r#"< 42["main"]"#,
            r#"< 42/other,["other"]"#,
            r#"< 451-["main",{"_placeholder":true,"num":0}]"#,
            "<# 00",
            r#"< 42/admin,["mine"]"#,
            r#"< 42/admin?token=1,["mine"]"#,
            "< 41",
            "! emit? ping",
            "< 41/admin,",
        ],
        &[
            "handshake e 25000 20000 Some(1000000)",
            "> 40/admin?token=1,{}",
            "housekeeping",
            "housekeeping",
            "connected",
            "housekeeping",
            "housekeeping",
            "housekeeping",
            "event mine()",
            "event mine()",
            "housekeeping",
            r#"> 42/admin,0["ping"]"#,
            "ended ServerDisconnect",
        ],
    );
    check(socketio("/a,b", None), &[OPEN], &["handshake e 25000 20000 Some(1000000)", "> 40/a%2Cb,"]);
}

#[test]
fn pings_are_answered_with_their_data() {
    check_connected(
        &["< 2", "< 2probe", "< 3", "< 5", "< 6"],
        &["housekeeping", "> 3", "housekeeping", "> 3probe", "housekeeping", "housekeeping", "housekeeping"],
    );
}

#[test]
fn silence_is_a_ping_timeout() {
    check_connected(&["@ 44999", "@ 45000", "< 2"], &["ended PingTimeout", "housekeeping"]);
    // A ping starts the patience anew; other frames do not, as in engine.io-client.
    check_connected(
        &["@ 30000", "< 2", "@ 40000", r#"< 42["e"]"#, "@ 74999", "@ 75000"],
        &["housekeeping", "> 3", "event e()", "ended PingTimeout"],
    );
    // A ping that waited unread while the generator was late still counts.
    let mut late = Conversation::new(socketio("/", None));
    assert_eq!(late.session.next_timeout(), None);
    late.step(OPEN);
    assert_eq!(late.session.next_timeout(), Some(Timestamp::from_micros(45_000_000)));
    late.now = Timestamp::from_micros(50_000_000);
    late.step("< 2");
    late.step("@ 50000");
    assert_eq!(late.session.next_timeout(), Some(Timestamp::from_micros(95_000_000)));
    late.step("< 1");
    assert_eq!(late.session.next_timeout(), None);
}

#[test]
fn ends() {
    check_connected(&["< 41", "< 1", "! emit x"], &["ended ServerDisconnect", "housekeeping"]);
    check_connected(&["< 1", "< 41"], &["ended EngineClose", "housekeeping"]);
    check_connected(
        &["! leave", "! emit x", "! leave", r#"< 42["e"]"#, "<# 00"],
        &["> 41", "housekeeping", "housekeeping"],
    );
    check(socketio("/", None), &["! emit held", "! leave", OPEN, GRANT], &["housekeeping", "housekeeping"]);
    check(
        socketio("/ns", None),
        &[OPEN, r#"< 40/ns,{"sid":"s"}"#, "! leave"],
        &["handshake e 25000 20000 Some(1000000)", "> 40/ns,", "connected", "> 41/ns,"],
    );
}

#[test]
fn acknowledgements() {
    check_connected(
        &["! emit? a 1 2", "! emit b", "! emit? c", "< 430[]", r#"< 431[{"ok":true},[]]"#],
        &[r#"> 420["a",1,2]"#, r#"> 42["b"]"#, r#"> 421["c"]"#, "ack 0()", r#"ack 1({"ok":true},[])"#],
    );
}

#[test]
fn attachments_go_out_behind_their_packet() {
    check_connected(
        &[r#"! emit# file {"_placeholder":true,"num":0} {"_placeholder":true,"num":1}"#],
        &[r#"> 452-["file",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#, "># 0102", "># "],
    );
}

#[test]
fn attachments_come_in_in_order() {
    let event = r#"< 452-9["file",{"a":{"_placeholder":true,"num":1}},{"_placeholder":true,"num":0}]"#;
    let ack = r#"< 461-3[{"_placeholder":true,"num":0}]"#;
    check_connected(
        &[event, "<# 01", "< 2", "<# 02ff", ack, "<# "],
        &[
            "housekeeping",
            "> 3",
            r#"event file({"a":{"_placeholder":true,"num":1}},{"_placeholder":true,"num":0}) #01 #02ff ack 9"#,
            r#"ack 3({"_placeholder":true,"num":0}) #"#,
        ],
    );
    // Base64 text is how Engine.IO writes binary where it has no binary frames.
    check_connected(
        &[r#"< 451-["file",{"_placeholder":true,"num":0}]"#, "< bAQID"],
        &[r#"event file({"_placeholder":true,"num":0}) #010203"#],
    );
}

#[test]
fn broken_attachments_are_errors_and_the_session_goes_on() {
    let head = r#"< 452-["file",{"_placeholder":true,"num":0}]"#;
    let fine = r#"< 42["fine"]"#;
    check_connected(&["<# 00", fine], &["error unexpected_binary", "event fine()"]);
    check_connected(
        &[head, "<# 00", fine, "<# 01", fine],
        &["error interrupted_attachments", "event fine()", "error unexpected_binary", "event fine()"],
    );
    check_connected(
        &[head, head, "<# 00", "<# 01"],
        &["error interrupted_attachments", r#"event file({"_placeholder":true,"num":0}) #00 #01"#],
    );
    check_connected(&[head, "< 4nonsense", fine], &["error packet_type", "event fine()"]);
    check_connected(
        &[r#"< 451-["f",{"_placeholder":true,"num":1}]"#, "<# 00", fine],
        &["error placeholder", "event fine()"],
    );
    check_connected(&[r#"< 451-["f",{"_placeholder":true,"num":-1}]"#, "<# 00"], &["error placeholder"]);
    check_connected(&[r#"< 451-["f",[{"x":{"_placeholder":true}}]]"#, "<# 00"], &["error placeholder"]);
    check_connected(&[r#"< 451-["f",nope]"#, "<# 00", fine], &["error args", "event fine()"]);
    check_connected(&[r#"< 451-["f",{"_placeholder":"no"}]"#, "<# 00"], &[r#"event f({"_placeholder":"no"}) #00"#]);
}

#[test]
fn frames_out_of_order_are_errors() {
    check(
        socketio("/", None),
        &[GRANT, r#"< 42["e"]"#, "< 2", "<# 00", OPEN, OPEN, GRANT, GRANT],
        &[
            "error before_handshake",
            "error before_handshake",
            "housekeeping",
            "> 3",
            "error unexpected_binary",
            "handshake e 25000 20000 Some(1000000)",
            "> 40",
            "error second_handshake",
            "connected",
            "error second_connect",
        ],
    );
}

#[test]
fn plain_websocket() {
    let config = SessionConfig::WebSocket { event_field: "type".to_owned() };
    check(
        config,
        &[
            "! open",
            r#"< {"a":1,"type":"hi"}"#,
            "<# 0102",
            "< pong",
            r#"! emit say {"text":"x"}"#,
            "! emit# raw",
            "! emit? asked",
            "! leave",
            "@ 900000",
        ],
        &[
            "connected",
            r#"event hi({"a":1,"type":"hi"})"#,
            "event (binary)() #0102",
            "error no_event_name",
            r#"> {"type":"say","text":"x"}"#,
            r#"> {"type":"raw"}"#,
            "># 0102",
            "># ",
            r#"> {"type":"asked"}"#,
        ],
    );
}

#[test]
fn several_texts_in_one_plain_frame_are_each_read_or_none_of_them() {
    #[track_caller]
    fn of(frame: &str, expected: &[&str]) {
        check(SessionConfig::WebSocket { event_field: "type".to_owned() }, &[&format!("< {frame}")], expected);
    }
    let [a, b] = [r#"{"type":"a","n":[1,2]}"#, r#"{"type":"b"}"#];
    let both = [r#"event a({"type":"a","n":[1,2]})"#, r#"event b({"type":"b"})"#];
    for between in ["\n", "\r\n", "\u{1e}", "\n\n \t"] {
        of(&format!("{a}{between}{b}"), &both);
    }
    of(&format!("\u{1e}{a}\n\u{1e}{b}\n"), &both);
    of(&format!("[{a}, {b}]"), &both);
    of(&format!("{a}\n"), &both[..1]);
    of(&format!("{a}\n{{}}\n{b}"), &[both[0], "error no_event_name", both[1]]);
    for list in ["[]", "[1,2]", r#"[{"type":"a"},"b"]"#] {
        of(list, &["error no_event_name"]);
    }
    for half in [format!("{a}{b}"), format!("{a} {b}"), format!("{a}\n{{"), format!("[{a} {b}]"), format!("[{a},]")] {
        of(&half, &["error not_one_value"]);
    }
}

#[derive(Debug, Clone)]
enum Frame {
    Text(String),
    Binary(Vec<u8>),
}

/// Valid frames, valid frames with one character changed, cut or doubled, and anything else.
fn frames() -> impl Strategy<Value = Frame> {
    let valid = prop::sample::select(vec![
        OPEN[2..].to_owned(),
        GRANT[2..].to_owned(),
        "2".to_owned(),
        "41".to_owned(),
        "44\"no\"".to_owned(),
        r#"42["e",{"a":"\u00e9]"}]"#.to_owned(),
        r#"42/ns?q,7["\"e",1]"#.to_owned(),
        "430[1]".to_owned(),
        r#"452-["b",{"_placeholder":true,"num":1}]"#.to_owned(),
        "461-/ns,1[]".to_owned(),
        "bAQID".to_owned(),
        r#"{"type":"e","a":[{}]}"#.to_owned(),
    ]);
    let mutated = (valid.clone(), any::<prop::sample::Index>(), "[0-9a-z\\[\\]{}\",\\\\/é-]?", 0_usize..3).prop_map(
        |(frame, at, inserted, removed)| {
            let characters: Vec<char> = frame.chars().collect();
            let at = at.index(characters.len());
            let (head, tail) = (&characters[..at], &characters[(at + removed).min(characters.len())..]);
            head.iter().copied().chain(inserted.chars()).chain(tail.iter().copied()).collect::<String>()
        },
    );
    prop_oneof![
        3 => valid.prop_map(Frame::Text),
        3 => mutated.prop_map(Frame::Text),
        1 => any::<String>().prop_map(Frame::Text),
        2 => prop::collection::vec(any::<u8>(), 0..4).prop_map(Frame::Binary),
    ]
}

#[test]
fn a_server_that_never_lets_anybody_in_fills_no_memory() {
    let mut session = Conversation::new(socketio("/", None));
    session.step(OPEN);
    session.facts.clear();
    for _ in 0..1_001 {
        session.step(r#"< 42["early"]"#);
    }
    assert_eq!(session.facts, ["error too_early", "ended Flooded"], "it is hung up on");
    assert_eq!(session.session.next_timeout(), None);
    session.facts.clear();
    for step in [r#"< 42["early"]"#, r#"< 451-["early",{"_placeholder":true,"num":0}]"#, "<# 00", "< 2", GRANT] {
        session.step(step);
    }
    assert_eq!(session.facts, ["housekeeping"; 5], "once, however much it goes on to say");
    let mut session = Conversation::new(socketio("/", None));
    session.step(OPEN);
    session.facts.clear();
    for _ in 0..1_000 {
        session.step(r#"< 42["early"]"#);
    }
    session.step(GRANT);
    assert_eq!(session.facts.len(), 1_001, "it is let in, and what came before is delivered");
    let mut session = Conversation::new(socketio("/", None));
    session.step(OPEN);
    session.facts.clear();
    let large = format!(r#"< 42["early","{}"]"#, "x".repeat(3 << 20));
    session.step(&large);
    session.step(&large);
    assert_eq!(session.facts, ["error too_early", "ended Flooded"]);
    let mut session = Conversation::new(socketio("/", None));
    session.step(OPEN);
    session.facts.clear();
    for _ in 0..1_001 {
        session.step(r#"< 451-["early",{"_placeholder":true,"num":0}]"#);
        session.step("<# 00");
    }
    assert_eq!(session.facts, ["error too_early", "ended Flooded"], "with attachments as well");
}

#[test]
fn attachments_are_bounded_together_and_those_of_others_are_not_kept() {
    let mebibyte = vec![0; 1 << 20];
    for (head, expected) in [(r#"5200-["file"]"#, 1), (r#"5200-/other,["file"]"#, 1)] {
        let mut session = Session::new(socketio("/", None));
        for text in [&OPEN[2..], &GRANT[2..], &format!("4{head}")] {
            assert!(!matches!(session.on_text(Timestamp::ZERO, text), Some(Incoming::Invalid(_))));
        }
        let results = (0..70).filter_map(|_| session.on_binary(Timestamp::ZERO, &mebibyte));
        let code = |incoming| if let Incoming::Invalid(error) = incoming { Some(error.code()) } else { None };
        let codes: Vec<_> = results.filter_map(code).collect();
        assert_eq!(codes[..expected], ["attachments_too_large"], "{head}");
        assert!(codes[expected..].iter().all(|code| *code == "unexpected_binary"));
    }
}

#[test]
fn a_ping_that_brings_much_gets_a_short_answer() {
    let mut session = Conversation::new(socketio("/", None));
    session.step(OPEN);
    session.facts.clear();
    session.step(&format!("< 2{}", "x".repeat(125)));
    session.step(&format!("< 2{}", "x".repeat(126)));
    assert_eq!(session.facts[1], format!("> 3{}", "x".repeat(125)));
    assert_eq!(session.facts[3], "> 3");
}

proptest! {
    /// Whatever a server sends, in whatever order, nothing panics, and what is reported is consistent.
    #[test]
    fn no_conversation_panics(frames in prop::collection::vec(frames(), 0..30), plain: bool, times in prop::collection::vec(0_u64..60_000, 30)) {
        let config = if plain { SessionConfig::WebSocket { event_field: "type".to_owned() } } else { socketio("/", None) };
        let mut session = Session::new(config);
        let mut now = Timestamp::ZERO;
        let (mut connected, mut over) = (plain, false);
        for (frame, pause) in frames.iter().zip(times) {
            now += Span::from_millis(pause);
            for place in 0..2 {
                let first = match frame {
                    _ if place == 0 => session.on_timeout(now),
                    Frame::Text(text) => session.on_text(now, text),
                    Frame::Binary(bytes) => session.on_binary(now, bytes),
                };
                for incoming in first.into_iter().chain(std::iter::from_fn(|| session.poll_event())) {
                    prop_assert!(!over || incoming == Incoming::Housekeeping, "{incoming:?} after the end");
                    match incoming {
                        Incoming::Connected => prop_assert!(!std::mem::replace(&mut connected, true), "connected twice"),
                        Incoming::Event { args, .. } => {
                            prop_assert!(connected, "an event before the grant");
                            let _ = args.values();
                            let _ = args.value(0, "/a/0");
                        }
                        Incoming::Ended { .. } | Incoming::Refused { .. } => over = true,
                        _ => {}
                    }
                }
            }
            session.emit("e", &[], &[], true);
            assert!(!over || session.next_timeout().is_none());
        }
    }

    /// The browser edge and the session name the same events: a frame that the edge counts is no other event, and no
    /// other kind of packet, to the session.
    #[test]
    fn classifier_agrees_with_the_session(frame in frames()) {
        let Frame::Text(frame) = frame else { return Ok(()) };
        let namespace = frame.strip_prefix("42/").and_then(|rest| rest.split([',', '?']).next()).unwrap_or_default();
        // With its slash, so that a made-up name that begins with another one is not taken for that.
        let mut socketio = Conversation::new(socketio(&format!("/{namespace}"), None));
        socketio.step(OPEN);
        let grant = if namespace.is_empty() { GRANT.to_owned() } else { format!("< 40/{namespace},{{\"sid\":\"s\"}}") };
        socketio.step(&grant);
        prop_assert!(socketio.facts.pop() == Some("connected".to_owned()));
        if let Some(name) = classify(&frame) {
            let (first, behind) = (socketio.session.on_text(Timestamp::ZERO, &frame), socketio.session.poll_event());
            prop_assert!(is_event_or_invalid(first.as_ref(), name) && behind.is_none(), "{first:?} {behind:?}");
        }
        let mut plain = Session::new(SessionConfig::WebSocket { event_field: "type".to_owned() });
        if let Some(name) = classify_json(&frame, "type") {
            let first = plain.on_text(Timestamp::ZERO, &frame);
            prop_assert!(is_event_or_invalid(first.as_ref(), name), "{first:?}");
        }
    }
}

fn is_event_or_invalid(incoming: Option<&Incoming<'_>>, wanted: &str) -> bool {
    match incoming {
        Some(Incoming::Event { name, .. }) => name == wanted,
        incoming => matches!(incoming, Some(Incoming::Invalid(_))),
    }
}
