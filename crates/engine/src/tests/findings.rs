//! What is found wrong, and who can have made it.

use serde_json::json;

use super::*;
use plan::{Action, TimedAction};

/// Everybody marks what others said in twos, and compares at the end.
fn marking() -> Value {
    let mark = json!([
        { "set": { "batch": "${unread}" } },
        { "set": { "unread": [] } },
        { "emit": { "event": "mark", "operation": "read", "args": [{ "ids": "${batch}" }], "answer": { "event": "marked" } } },
    ]);
    json!({
        "variables": { "room": null, "unread": [], "batch": [] },
        "flow": [join()],
        "delivery": { "event": "said", "operation": "message" },
        "every": [
            { "name": "say", "interval": { "fixed_ms": 600_000 }, "first": { "fixed_ms": 600_000 }, "steps": [
                { "emit": { "event": "say", "args": ["${tag}"], "operation": "message", "message": "r" } },
            ]},
            { "name": "read", "interval": { "fixed_ms": 600_000 }, "first": { "fixed_ms": 600_000 }, "flushes": true,
              "steps": [{ "if": "${len(unread) > 0}", "then": mark }] },
        ],
        "on": [{ "event": "said", "where": { "/seen": true }, "steps": [
            { "push": { "var": "unread", "value": "${event./_id}" } },
            { "if": "${len(unread) >= 2}", "then": mark },
        ]}],
        "consistency": {
            "steps": [{ "emit": { "event": "history", "operation": "probe", "answer": { "event": "page" } } }],
            "event": "page", "messages": "/messages", "text": "/text", "id": "/_id",
            "read": { "readers": "/readers", "me": "me", "marks": { "operation": "read", "ids": "/ids" } },
        },
    })
}

/// The text of another user's message.
fn tag(sequence: u32) -> String {
    let mut text = String::new();
    let tag = metrics::Tag { sender: UserId::new(0, 7), sequence, sent_at: Timestamp::from_micros(1_000) };
    tag.write("k3f", &mut text);
    text
}

impl Bench {
    /// One user that is in its room and will compare the history.
    fn probing(scenario: Value) -> Self {
        let mut bench = Self::new(scenario, held(1));
        bench.connect(0);
        bench.text(0, r#"42["joined",{"room":"r"}]"#);
        bench.pass(100);
        bench.wanted();
        bench
    }

    fn say(&mut self, sequence: u32, seen: bool) {
        let args = json!({ "_id": format!("m{sequence}"), "text": tag(sequence), "seen": seen });
        self.text(0, &format!("42[\"said\",{args}]"));
    }

    /// The load ends, everybody leaves, and the history comes with these messages, none of them marked.
    fn compared(&mut self, sequences: &[u32]) -> Vec<String> {
        self.give(Input::Leave);
        self.pass(2_100);
        let messages: Vec<Value> = sequences
            .iter()
            .map(|sequence| json!({ "_id": format!("m{sequence}"), "text": tag(*sequence), "readers": [] }))
            .collect();
        self.text(0, &format!("42[\"page\",{}]", json!({ "messages": messages })));
        let snapshot = self.engine.snapshot(self.now);
        let finding = |it: &metrics::FindingDelta| format!("{} x{}: {}", it.key.finding, it.count, it.about.join(", "));
        snapshot.metrics.findings.iter().map(finding).collect()
    }
}

const MARK: &str = r#"0 42["mark",{"ids":["m0","m1"]}]"#;

#[test]
fn only_what_the_user_marked_can_be_found_unmarked() {
    // Of three it marks two, and the server takes them.
    let mut bench = Bench::probing(marking());
    [true, false, true].into_iter().zip(0..).for_each(|(seen, sequence)| bench.say(sequence, seen));
    assert_eq!(bench.wanted(), [r#"0 42["mark",{"ids":["m0","m2"]}]"#]);
    bench.text(0, r#"42["marked",{}]"#);
    bench.pass(3_000);
    let expected = "consistency.stuck_unread x2: m0, found by p0 1, m2, found by p0 1";
    assert_eq!(bench.compared(&[0, 1, 2]), [expected]);
}

#[test]
fn what_the_server_never_answered_is_not_held_against_it_by_the_history() {
    let mut bench = Bench::probing(marking());
    [0, 1].into_iter().for_each(|sequence| bench.say(sequence, true));
    assert_eq!(bench.wanted(), [MARK]);
    assert_eq!(bench.compared(&[0, 1]), Vec::<String>::new());
}

#[test]
fn the_rest_of_a_batch_is_sent_when_the_load_ends() {
    let rest = r#"0 42["mark",{"ids":["m0"]}]"#;
    for end in [Input::Stop, Input::Leave] {
        let mut bench = Bench::probing(marking());
        bench.say(0, true);
        assert_eq!(bench.wanted(), Vec::<String>::new());
        bench.give(end);
        assert_eq!(bench.wanted(), [rest]);
        // Its answer is waited for before anybody asks or leaves.
        bench.pass(1_000);
        assert_eq!(bench.wanted(), Vec::<String>::new());
        bench.text(0, r#"42["marked",{}]"#);
        assert_eq!(bench.compared(&[0]), ["consistency.stuck_unread x1: m0, found by p0 1"]);
    }
}

#[test]
fn nothing_gathered_nothing_sent_and_a_timer_that_is_off_stays_off() {
    let mut bench = Bench::probing(marking());
    bench.give(Input::Stop);
    assert_eq!(bench.wanted(), Vec::<String>::new());
    let mut off = marking();
    off["every"][1]["times"] = json!("${if(room == null, null, 0)}");
    let mut bench = Bench::probing(off);
    bench.say(0, true);
    bench.give(Input::Stop);
    assert_eq!(bench.wanted(), Vec::<String>::new());
}

#[test]
fn findings_say_which_messages_they_are_about() {
    let mut bench = Bench::probing(marking());
    [0, 2, 1].into_iter().for_each(|sequence| bench.say(sequence, false));
    bench.pass(3_000);
    let found = bench.compared(&[0, 2, 2]);
    let expected = [
        "consistency.duplicated x1: m2, found by p0 1",
        "consistency.missing x1: m1, found by p0 1",
        "delivery.reordered x1: message 1 of p0 8, at p0 1",
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_id_that_is_a_secret_is_hidden() {
    let mut scenario = marking();
    scenario["variables"]["token"] = json!("secret-4711abc");
    let mut bench = Bench::probing(scenario);
    bench.say(0, false);
    bench.text(0, &format!(r#"42["said",{{"_id":"secret-4711abc","text":"{}"}}]"#, tag(1)));
    bench.say(2, false);
    bench.pass(3_000);
    assert_eq!(bench.compared(&[0, 2]), ["consistency.missing x1: ***, found by p0 1"]);
}

/// How the one user's connection ended: by whom, with what reason.
#[track_caller]
fn check_end(scenario: Value, play: impl FnOnce(&mut Bench), expected: (ClosedBy, &str)) {
    let mut scenario = scenario;
    scenario["protocol"] = json!({ "websocket": { "event_field": "type" } });
    let mut bench = Bench::new(scenario, held(1));
    bench.open(0);
    play(&mut bench);
    bench.pass(2_500);
    bench.give(Input::Edge(FromEdge::Closed { socket: SocketId(0), code: 1000, reason: "" }));
    let snapshot = bench.engine.snapshot(bench.now);
    let [closed] = &snapshot.metrics.disconnects[..] else { panic!("{:?}", snapshot.metrics.disconnects) };
    assert_eq!((closed.key.by, closed.key.reason.as_str(), closed.key.code), (expected.0, expected.1, 1000));
}

#[test]
fn a_session_that_the_service_ends_is_ended_by_the_service_whoever_closes() {
    let audio = json!({
        "outbound": { "event": "append", "field": "audio" },
        "inbound": { "event": "delta", "field": "/delta", "done": "done" }, "report": "over",
    });
    let voice = |on: Value| {
        json!({ "audio": audio, "flow": [{ "think": { "fixed_ms": 60_000 } }], "on": on,
            "finish": [{ "emit": { "event": "bye", "operation": "report", "answer": { "event": "over" }, "timeout_s": 2 } }] })
    };
    let over = |bench: &mut Bench| bench.text(0, r#"{"type":"over"}"#);
    // It fails the user, who hangs up: what the service should not have done.
    let fail = json!({ "fail": { "operation": "report", "code": "ended" } });
    let upset = voice(json!([{ "event": "over", "steps": [fail, "leave"] }]));
    check_end(upset.clone(), over, (ClosedBy::Server, "ended by over"));
    // It is what the user wanted to come to.
    check_end(voice(json!([{ "event": "over", "steps": ["leave"] }])), over, (ClosedBy::Service, "ended by over"));
    // Nobody reacts, and the service closes.
    check_end(voice(json!([])), over, (ClosedBy::Service, "ended by over"));
    // The user has asked for it: it is the one who leaves, even if the service is quicker to close.
    let asked = |bench: &mut Bench| {
        bench.give(Input::Leave);
        over(bench);
    };
    check_end(upset, asked, (ClosedBy::User, ""));
}

#[test]
fn an_error_that_ends_the_user_ends_it_by_the_service() {
    let scenario = json!({ "errors": [{ "event": "session_ended", "code": "/reason", "ends_user": true }] });
    let ends = |bench: &mut Bench| bench.text(0, r#"{"type":"session_ended","reason":"taken over"}"#);
    check_end(scenario.clone(), ends, (ClosedBy::Server, "ended by session_ended"));
    check_end(scenario, |bench| bench.give(Input::Leave), (ClosedBy::User, ""));
}

#[test]
fn a_close_of_our_own_that_nobody_answers_did_not_break() {
    let mut bench = Bench::new(json!({}), held(1));
    bench.connect(0);
    bench.give(Input::Leave);
    bench.pass(2_500);
    bench.close(0);
    let snapshot = bench.engine.snapshot(bench.now);
    let [closed] = &snapshot.metrics.disconnects[..] else { panic!("{:?}", snapshot.metrics.disconnects) };
    let expected = (ClosedBy::User, "no answer to our close", 1000);
    assert_eq!((closed.key.by, closed.key.reason.as_str(), closed.key.code), expected);
}

#[test]
fn a_close_of_our_own_is_ours_before_anybody_confirms_it() {
    let connect = json!({ "url": "http://h", "reconnect": { "initial_ms": 100, "max_ms": 100, "attempts": 9 } });
    let every =
        json!([{ "name": "say", "interval": { "fixed_ms": 600_000 }, "steps": [{ "emit": { "event": "say" } }] }]);
    let scenario = json!({ "connect": connect, "variables": { "room": null }, "flow": [join()], "every": every });
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    bench.text(0, r#"42["joined",{"room":"r"}]"#);
    bench.pass(1_000);
    bench.wanted();
    let storm = TimedAction::now(Action::ReconnectStorm { share: 1.0 });
    bench.give(Input::Act(TimedAction { at_s: bench.now.as_secs_f64(), ..storm }));
    bench.pass(100);
    assert_eq!(bench.wanted(), ["close 0", "connect 1"]);
    let snapshot = bench.engine.snapshot(bench.now);
    let [closed] = &snapshot.metrics.disconnects[..] else { panic!("{:?}", snapshot.metrics.disconnects) };
    assert_eq!((closed.key.by, closed.key.code), (ClosedBy::User, 1000));
}

#[test]
fn who_missed_a_message_is_named_as_the_page_does() {
    let say = json!({ "emit": { "event": "say", "args": ["${tag}"], "operation": "message", "message": "r" } });
    let scenario = json!({
        "variables": { "room": null }, "flow": [join()], "delivery": { "event": "said", "operation": "message" },
        "every": [{ "name": "say", "interval": { "fixed_ms": 600_000 }, "first": { "fixed_ms": 1_000 }, "steps": [say] }],
    });
    let mut bench = Bench::new(scenario, held(2));
    for socket in [0, 1] {
        bench.connect(socket);
        bench.text(socket, r#"42["joined",{"room":"r"}]"#);
    }
    bench.wanted();
    bench.pass(1_500);
    // The first user's message comes back to itself and to nobody else, the other's to both.
    for frame in bench.wanted() {
        let (sender, said) = frame.split_once(' ').expect("a socket and a frame");
        let to: &[u32] = if sender == "0" { &[0] } else { &[0, 1] };
        to.iter().for_each(|socket| bench.text(*socket, &said.replace("\"say\"", "\"said\"")));
    }
    bench.pass(20_000);
    let snapshot = bench.engine.snapshot(bench.now);
    let missing = snapshot.metrics.findings.iter().find(|it| it.key.finding == "delivery.missing");
    let about = missing.map(|it| it.about.join("; "));
    assert_eq!(about.as_deref(), Some("message 0 of p0 1, missed by p0 2"));
    // Of many only the first are named.
    let names = UserNames::new(vec!["a".into()]);
    assert_eq!(names.some(&[UserId::new(0, 1), UserId::new(0, 4)], 9), "a 2, a 5 and 7 more");
}
