//! What acknowledgements say, and who is owed a message.

use serde_json::json;

use super::outcomes::totals;
use super::*;
use metrics::Outcomes;

/// A user that joins and sends one message, both with this `ack`; the server's acks of the two. Gives errors, outcomes of `message`, who
/// is a member, and the variable `got`.
struct Talk {
    errors: Vec<String>,
    message: Outcomes,
    rooms: Vec<String>,
    sent: Vec<String>,
}

fn talk(ack: &Value, answers: [&str; 2]) -> Talk {
    let scenario = json!({
        "variables": { "got": null },
        "flow": [{ "emit": { "event": "join", "args": ["r"], "ack": ack, "enters": "r", "required": false } }],
        "delivery": { "event": "said", "operation": "message", "own_copies": 0 },
        "every": [
            { "name": "send", "interval": { "fixed_ms": 1000 }, "first": { "fixed_ms": 0 }, "times": 1, "steps": [
                { "emit": { "event": "say", "args": ["${tag}"], "ack": ack, "operation": "message", "message": "r" } } ] },
            { "name": "tell", "interval": { "fixed_ms": 1000 }, "first": { "fixed_ms": 500 }, "times": 1, "steps": [
                { "emit": { "event": "tell", "args": ["${got}"] } } ] },
        ],
    });
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    for (id, answer) in answers.iter().enumerate() {
        bench.text(0, &format!("43{id}[{answer}]"));
        bench.pass(100);
    }
    bench.pass(20_000);
    let rooms = bench.engine.ledger.rooms_of(UserId::new(0, 0));
    let sent = bench.wanted().into_iter().filter(|frame| frame.contains("tell")).collect();
    let snapshot = bench.engine.snapshot(bench.now);
    let errors = Bench::errors(&snapshot);
    let mut adding = metrics::Aggregator::new(metrics::TotalsConfig { workers: 1, ..Default::default() });
    adding.absorb(0, snapshot.part());
    let message = adding.totals().operations().get("message").copied().unwrap_or_default();
    Talk { errors, message, rooms, sent }
}

const WELL: Outcomes = Outcomes { succeeded: 1, failed: 0 };
const REFUSED: Outcomes = Outcomes { succeeded: 0, failed: 1 };

#[test]
fn an_acknowledgement_can_say_no() {
    let Talk { errors, message, rooms, .. } = talk(&json!(true), [r#"{"ok":true}"#, "null,{\"id\":4}"]);
    assert_eq!((errors, message, rooms), (vec![], WELL, vec!["r".to_owned()]));
    let Talk { errors, message, rooms, .. } =
        talk(&json!(true), [r#"{"ok":false,"error":"ROOM_FULL"}"#, r#"{"code":429},null"#]);
    assert_eq!(errors, ["join ROOM_FULL Flow x1", "message 429 Active x1"]);
    assert_eq!((message, rooms), (REFUSED, vec![]), "who was refused is in no room");
}

#[test]
fn a_scenario_says_what_a_yes_looks_like_and_keeps_what_it_needs_of_it() {
    let ack = json!({ "where": { "/status": "fine" }, "code": "/why/0", "save": { "got": { "from": "/id", "optional": true } } });
    let Talk { errors, message, rooms, sent } =
        talk(&ack, [r#"{"status":"fine","id":7}"#, r#"{"status":"meh","why":["slow"]}"#]);
    assert_eq!(errors, ["message slow Active x1"]);
    assert_eq!((message, rooms), (REFUSED, vec!["r".to_owned()]));
    assert_eq!(sent, [r#"0 42["tell",7]"#]);
    // What it says in a usual way is no no then.
    let ack = json!({ "where": { "/n": 1 } });
    let Talk { errors, message, .. } = talk(&ack, [r#"{"n":1,"ok":false}"#, r#"{"n":1}"#]);
    assert_eq!((errors, message), (vec![], WELL));
    // A yes without what the scenario needs of it is a failure.
    let ack = json!({ "save": { "got": "/id" } });
    let Talk { errors, .. } = talk(&ack, [r#"{"id":7}"#, "{}"]);
    assert_eq!(errors, ["message unexpected ack Active x1"]);
}

/// Two users that are connected and never join anything; the first sends one message.
fn broadcast(delivery: &Value, ack: bool) -> (Bench, String) {
    let scenario = json!({
        "delivery": delivery,
        "every": [{ "name": "send", "interval": { "fixed_ms": 1000 }, "first": { "fixed_ms": 0 }, "times": "${if(user.index == 0, 1, 0)}",
            "steps": [{ "emit": { "event": "say", "args": ["${tag}"], "ack": ack, "message": "any" } }] }],
    });
    let mut bench = Bench::new(scenario, held(2));
    (0..2).for_each(|socket| bench.connect(socket));
    bench.pass(1);
    let said: Vec<_> = bench.wanted().into_iter().filter(|frame| frame.contains("say")).collect();
    let [frame] = &said[..] else { panic!("{said:?}") };
    let tag = frame.split('"').nth(3).expect("the tag is the argument").to_owned();
    (bench, format!(r#"42["said","{tag}"]"#))
}

#[test]
fn everybody_who_is_connected_is_owed_what_goes_to_everybody() {
    let delivery = json!({ "event": "said", "operation": "say", "to": "everybody" });
    let (mut bench, frame) = broadcast(&delivery, false);
    bench.text(0, &frame);
    bench.pass(20_000);
    bench.give(Input::Finish);
    let totals = totals(&mut bench);
    let owed = totals.delivery();
    assert_eq!((owed.accepted, owed.due, owed.delivered, owed.missing), (1, 2, 1, 1));
}

#[test]
fn a_message_that_does_not_come_back_to_its_sender_is_owed_to_the_others() {
    let delivery = json!({ "event": "said", "operation": "say", "to": "everybody", "own_copies": 0 });
    // Only that the other one has it shows that it was taken.
    let (mut bench, frame) = broadcast(&delivery, false);
    bench.text(1, &frame);
    bench.pass(20_000);
    bench.give(Input::Finish);
    let all = totals(&mut bench);
    let owed = all.delivery();
    assert_eq!((owed.unconfirmed, owed.due, owed.delivered, owed.missing, owed.extra), (1, 1, 1, 0, 0));
    assert_eq!(all.operations().get("say").map(|outcomes| outcomes.failed), None, "nobody waited for an echo");
    // Nobody has it and nobody said that it was taken: that is all that is known.
    let (mut bench, _) = broadcast(&delivery, false);
    bench.pass(20_000);
    bench.give(Input::Finish);
    let all = totals(&mut bench);
    let owed = all.delivery();
    assert_eq!((owed.abandoned, owed.due, owed.missing), (1, 0, 0));
    // It was acknowledged: then the other one misses it.
    let (mut bench, frame) = broadcast(&delivery, true);
    bench.text(0, "430[]");
    bench.pass(10);
    // A copy that its sender was not to get.
    bench.text(0, &frame);
    bench.pass(20_000);
    bench.give(Input::Finish);
    let all = totals(&mut bench);
    let owed = all.delivery();
    assert_eq!((owed.accepted, owed.due, owed.missing, owed.extra), (1, 1, 1, 1));
}

#[test]
fn rooms_of_one_name_in_two_namespaces_are_two_rooms() {
    let member = |namespace: &str| {
        json!({
            "connect": { "url": "http://h", "namespace": namespace, "reconnect": "none" },
            "flow": [{ "emit": { "event": "join", "ack": true, "enters": "lobby" } }],
            "delivery": { "event": "said" },
        })
    };
    let mut bench = Bench::of(&[(member("/a"), held(1)), (member("/"), held(1))], None);
    for (socket, path) in [(0, "/a,"), (1, "")] {
        bench.open(socket);
        bench.text(socket, r#"0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":60000}"#);
        bench.text(socket, &format!(r#"40{path}{{"sid":"t"}}"#));
        bench.text(socket, &format!("43{path}0[]"));
    }
    let rooms = [0, 1].map(|population| bench.engine.ledger.rooms_of(UserId::new(population, 0)).join(","));
    assert_eq!(rooms, ["/a lobby", "lobby"]);
}

#[test]
fn a_list_of_messages_is_each_of_them() {
    let delivery = json!({ "event": "said", "operation": "say", "to": "everybody" });
    let (mut bench, frame) = broadcast(&delivery, false);
    let tag =
        frame.strip_prefix(r#"42["said","#).and_then(|rest| rest.strip_suffix(']')).expect("it is one").to_owned();
    let stranger = tag.replace("~", "");
    for socket in 0..2 {
        bench.text(socket, &format!(r#"42["said",[{stranger}, {{"text":{tag}}}]]"#));
    }
    bench.pass(20_000);
    bench.give(Input::Finish);
    let snapshot = bench.engine.snapshot(bench.now);
    let owed = &snapshot.ledger;
    assert_eq!((owed.due, owed.delivered, owed.missing, owed.arrived), (2, 2, 0, 2));
    let count = snapshot.metrics.counters.iter().find(|counter| counter.counter == "events.in.said").map(|it| it.count);
    assert_eq!(count, Some(2), "one event a frame");
}

#[test]
fn a_server_may_say_by_an_event_who_is_in_a_room() {
    let scenario = json!({
        "on": [
            { "event": "welcome", "steps": [{ "enters": "${event./room}" }] },
            { "event": "goodbye", "steps": [{ "leaves": "${event./room}" }] },
        ],
        "delivery": { "event": "said" },
    });
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    let rooms = |bench: &Bench| bench.engine.ledger.rooms_of(UserId::new(0, 0)).join(",");
    for (frame, expected) in [("welcome", "lobby"), ("welcome", "lobby"), ("goodbye", "")] {
        bench.text(0, &format!(r#"42["{frame}",{{"room":"lobby"}}]"#));
        assert_eq!(rooms(&bench), expected, "after {frame}");
    }
}
