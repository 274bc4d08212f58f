//! What counts as a success, what as a failure, and what decides that a step is over.

use serde_json::json;

use super::*;
use metrics::{Aggregator, Outcomes, PopulationConfig, Totals, TotalsConfig};
use plan::{Action, TimedAction};

/// Everything the engine has measured so far, added up as a run does it.
pub(super) fn totals(bench: &mut Bench) -> Totals {
    let mut adding = adding();
    add_up(&mut adding, bench);
    adding.into()
}

fn adding() -> Aggregator {
    let answered = ["join".to_owned()].into();
    let populations = vec![PopulationConfig { name: "p".to_owned(), answered, ..PopulationConfig::default() }];
    Aggregator::new(TotalsConfig { workers: 1, populations, ..TotalsConfig::default() })
}

fn add_up(adding: &mut Aggregator, bench: &mut Bench) {
    adding.absorb(0, bench.engine.snapshot(bench.now).part());
}

pub(super) fn answer(status: u16, body: &str) -> FetchOutcome {
    FetchOutcome::Answer { status, headers: Vec::new(), body: body.to_owned(), landed: None }
}

/// A user that asks for `/x` once a second, and the server's ten answers, each after 100 ms.
#[track_caller]
fn check_requests(answers: [(u16, &str); 10], expected: Outcomes) {
    let scenario = json!({ "variables": { "id": null }, "every": [{
        "name": "ask", "interval": { "fixed_ms": 1000 }, "first": { "fixed_ms": 0 },
        "steps": [{ "http": { "operation": "rest.x", "url": "http://h/x", "save": { "id": "/id" } } }],
    }]});
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    for (number, (status, body)) in (0..).zip(answers) {
        bench.pass(100);
        bench.give(Input::Edge(FromEdge::Fetched { fetch: FetchId(number), outcome: answer(status, body) }));
        bench.pass(900);
    }
    let totals = totals(&mut bench);
    assert_eq!(totals.operations()["rest.x"], expected);
    let samples = totals.histogram("rest.x").map_or(0, |histogram| histogram.count());
    assert_eq!(samples, expected.succeeded, "only what went well is measured");
}

#[test]
fn a_failed_request_is_no_success_as_well() {
    check_requests([(500, "{}"); 10], Outcomes { succeeded: 0, failed: 10 });
    assert_eq!(Outcomes { succeeded: 0, failed: 10 }.error_rate(), Some(1.0));
    // An answer without what the scenario needs of it is none either.
    check_requests([(200, "{}"); 10], Outcomes { succeeded: 0, failed: 10 });
    let mut mixed = [(200, r#"{"id":1}"#); 10];
    mixed[3] = (503, "busy");
    check_requests(mixed, Outcomes { succeeded: 9, failed: 1 });
}

#[test]
fn an_unexpected_answer_is_no_success_as_well() {
    let scenario = json!({ "variables": { "room": null }, "flow": [join()] });
    let mut bench = Bench::new(scenario, held(2));
    bench.connect(0);
    bench.connect(1);
    bench.text(0, r#"42["joined",{}]"#);
    bench.text(1, r#"42["joined",{"room":"r"}]"#);
    assert_eq!(totals(&mut bench).operations()["join"], Outcomes { succeeded: 1, failed: 1 });
}

/// One user that joins with an answer and an ack, and then sends a message a second.
fn joins_with_ack() -> Bench {
    let mut join = join();
    join["emit"]["ack"] = true.into();
    let scenario = json!({
        "variables": { "room": null }, "flow": [join],
        "delivery": { "event": "said", "operation": "message" },
        "errors": [{ "event": "joinError", "fails": "join", "code": "/code" }],
        "every": [{ "name": "send", "interval": { "fixed_ms": 1000 }, "first": { "fixed_ms": 500 }, "times": 1,
            "steps": [{ "emit": { "event": "say", "args": ["${tag}"], "ack": true, "operation": "message", "message": "r" } }] }],
    });
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    assert_eq!(bench.wanted(), ["connect 0", "0 40", r#"0 420["join","r"]"#]);
    bench
}

#[test]
fn an_answer_ends_the_waiting_even_where_no_ack_ever_comes() {
    let mut bench = joins_with_ack();
    bench.pass(100);
    bench.text(0, r#"42["joined",{"room":"r"}]"#);
    assert_eq!(bench.users().active, 1, "it is in from the answer on");
    // An error of the same operation is not this one's any more.
    bench.text(0, r#"42["joinError",{"code":"FULL"}]"#);
    assert_eq!(bench.users().active, 1);
    bench.pass(600);
    let sent = bench.wanted();
    let [say] = &sent[..] else { panic!("{sent:?}") };
    let tag = say.split('"').nth(3).expect("the tag is the argument").to_owned();
    bench.text(0, &format!(r#"42["said","{tag}"]"#));
    bench.text(0, "431[]");
    bench.pass(11_000);
    assert_eq!(bench.users().active, 1, "a missing ack ends nobody");
    let snapshot = bench.engine.snapshot(bench.now);
    assert_eq!(Bench::errors(&snapshot), ["join FULL Active x1", "join ack timeout Active x1"]);
    assert_eq!((snapshot.ledger.due, snapshot.ledger.delivered), (1, 1), "it is a member from the answer on");
}

#[test]
fn an_ack_does_not_stand_for_an_answer() {
    let mut bench = joins_with_ack();
    bench.text(0, "430[]");
    bench.pass(9_000);
    assert_eq!(bench.users().flow, 1);
    bench.pass(2_000);
    assert_eq!(bench.users().failed, 1);
    assert_eq!(totals(&mut bench).operations()["join"], Outcomes { succeeded: 0, failed: 1 });
}

#[test]
fn half_a_success_is_one_failure() {
    let mut bench = joins_with_ack();
    bench.text(0, r#"42["joined",{"room":"r"}]"#);
    bench.pass(600);
    // Its message is acknowledged and never comes back, and the ack of the join never comes.
    bench.text(0, "431[]");
    bench.pass(12_000);
    let operations = totals(&mut bench).operations().clone();
    assert_eq!(operations["join"], Outcomes { succeeded: 0, failed: 1 });
    assert_eq!(operations["message"], Outcomes { succeeded: 0, failed: 1 });
}

/// One user that joins and sends a message every 5 s; the server hangs. Its frames with tags, as they were sent.
fn of_a_server_that_hangs(seconds: u64) -> (Bench, Vec<String>) {
    let reconnect = json!({ "initial_ms": 100, "max_ms": 100, "jitter": 0, "attempts": 9 });
    let scenario = json!({
        "connect": { "url": "http://h", "reconnect": reconnect },
        "variables": { "room": null }, "flow": [join()],
        "delivery": { "event": "said", "operation": "message" },
        "errors": [{ "event": "sayError", "fails": "message", "code": "/code" }],
        "every": [{ "name": "send", "interval": { "fixed_ms": 5000 }, "first": { "fixed_ms": 0 },
            "steps": [{ "emit": { "event": "say", "args": ["${tag}"], "ack": true, "operation": "message", "message": "r" } }] }],
    });
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    bench.text(0, r#"42["joined",{"room":"r"}]"#);
    bench.wanted();
    bench.pass(1);
    let mut tags = Vec::new();
    for _ in 0..seconds {
        let said = bench.wanted().into_iter().filter(|frame| frame.contains("say"));
        tags.extend(said.map(|frame| frame.split('"').nth(3).expect("the tag is the argument").to_owned()));
        bench.pass(1_000);
    }
    (bench, tags)
}

#[test]
fn what_comes_late_is_a_time_and_one_failure() {
    let (mut bench, tags) = of_a_server_that_hangs(40);
    let mut adding = adding();
    add_up(&mut adding, &mut bench);
    for metric in ["message.round_trip", "message.ack", "message.round_trip.intended"] {
        let stats =
            adding.totals().histogram(metric).and_then(|histogram| histogram.stats()).expect("it is waited for");
        let waiting = stats.censored.map(|censored| (censored.count, censored.from));
        assert_eq!((stats.count, waiting), (7, Some((7, 10_000.0))), "{metric} while the server hangs");
    }
    for (ack, tag) in tags.iter().enumerate() {
        bench.text(0, &format!("43{ack}[]"));
        bench.text(0, &format!(r#"42["said","{tag}"]"#));
    }
    bench.pass(3_000);
    add_up(&mut adding, &mut bench);
    let totals = adding.totals();
    for metric in ["message.round_trip", "message.ack", "message.round_trip.intended"] {
        let stats = totals.histogram(metric).and_then(|histogram| histogram.stats()).expect("measured");
        assert_eq!((stats.count, stats.censored), (8, None), "{metric}");
        assert_eq!((stats.min.round(), stats.max.round(), stats.p50.round() as i64 / 100), (5_001.0, 40_001.0, 200));
    }
    // The one that was sent less than 10 s before went well.
    assert_eq!(totals.operations()["message"], Outcomes { succeeded: 1, failed: 7 });
    let owed = totals.delivery();
    assert_eq!((owed.accepted, owed.due, owed.delivered, owed.missing), (8, 8, 8, 0));
}

#[test]
fn what_never_comes_is_more_than_its_limit() {
    let (mut bench, tags) = of_a_server_that_hangs(40);
    // It took the last one, and of the others says nothing.
    let last = tags.len() - 1;
    bench.text(0, &format!("43{last}[]"));
    bench.text(0, &format!(r#"42["said","{}"]"#, tags[last]));
    bench.pass(3_000);
    bench.give(Input::Stop);
    bench.pass(60_000);
    bench.give(Input::Finish);
    let totals = totals(&mut bench);
    let stats = totals.histogram("message.round_trip").and_then(|histogram| histogram.stats()).expect("measured");
    assert_eq!((stats.max, stats.is_at_least(stats.p50), stats.is_at_least(stats.min)), (10_000.0, true, false));
    assert_eq!(stats.censored.map(|censored| censored.from), Some(10_000.0));
    let owed = totals.delivery();
    assert_eq!((owed.unconfirmed, owed.missing), (7, 7), "the server passed them by: {owed:?}");
}

#[test]
fn what_comes_while_its_user_says_farewell_has_come() {
    let scenario = json!({
        "variables": { "room": null }, "flow": [join()], "delivery": { "event": "said", "operation": "message" },
        "every": [{ "name": "send", "interval": { "fixed_ms": 600_000 }, "first": { "fixed_ms": 0 },
            "steps": [{ "emit": { "event": "say", "args": ["${tag}"], "operation": "message", "message": "r", "timeout_s": 1 } }] }],
        "finish": [{ "emit": { "event": "leave", "operation": "leave", "ack": true } }],
    });
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    bench.text(0, r#"42["joined",{"room":"r"}]"#);
    bench.wanted();
    bench.pass(1);
    let said = bench.wanted().into_iter().find(|frame| frame.contains("say")).expect("it has sent");
    let tag = said.split('"').nth(3).expect("the tag is the argument").to_owned();
    bench.give(Input::Stop);
    while !bench.wanted().iter().any(|frame| frame.contains("leave")) {
        bench.pass(500);
    }
    bench.text(0, &format!(r#"42["said","{tag}"]"#));
    bench.pass(60_000);
    bench.give(Input::Finish);
    let totals = totals(&mut bench);
    let stats = totals.histogram("message.round_trip").and_then(|histogram| histogram.stats()).expect("measured");
    assert_eq!((stats.count, stats.censored), (1, None));
    assert_eq!((totals.delivery().accepted, totals.delivery().abandoned), (1, 0));
}

#[test]
fn what_is_late_ends_with_its_connection() {
    let (mut bench, _) = of_a_server_that_hangs(12);
    bench.give(Input::Act(TimedAction {
        at_s: bench.now.as_secs_f64(),
        ..TimedAction::now(Action::ReconnectStorm { share: 1.0 })
    }));
    bench.pass(100);
    bench.wanted();
    bench.connect(1);
    bench.text(1, r#"42["joined",{"room":"r"}]"#);
    bench.pass(1_000);
    let said = bench.wanted().into_iter().find(|frame| frame.contains("say")).expect("it sends again");
    let tag = said.split('"').nth(3).expect("the tag is the argument").to_owned();
    bench.text(1, &format!(r#"42["said","{tag}"]"#));
    bench.pass(3_000);
    let totals = totals(&mut bench);
    let owed = totals.delivery();
    assert_eq!(
        (owed.sent, owed.accepted, owed.abandoned, owed.unconfirmed),
        (4, 1, 3, 0),
        "the old connection is no ground"
    );
    let stats = totals.histogram("message.round_trip").and_then(|histogram| histogram.stats()).expect("measured");
    assert_eq!(stats.censored.map(|censored| censored.count), Some(1));
}

#[test]
fn what_is_refused_late_is_owed_to_nobody_and_fails_once() {
    let (mut bench, tags) = of_a_server_that_hangs(40);
    for _ in &tags {
        bench.text(0, r#"42["sayError",{"code":"INTERNAL"}]"#);
    }
    bench.pass(3_000);
    let totals = totals(&mut bench);
    assert_eq!(totals.operations()["message"], Outcomes { succeeded: 0, failed: 8 });
    let owed = totals.delivery();
    assert_eq!((owed.rejected, owed.due), (8, 0));
    assert!(totals.histogram("message.round_trip").is_none(), "a refusal is no time");
}

#[test]
fn an_answer_that_was_lost_makes_no_later_one_late() {
    let ask = json!({ "emit": { "event": "ask", "operation": "ask", "timeout_s": 2,
        "answer": { "event": "answered" } } });
    let scenario = json!({ "every": [{ "name": "ask", "interval": { "fixed_ms": 3000 }, "first": { "fixed_ms": 0 }, "steps": [ask] }] });
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    // The first one is lost; the next ones take 100 ms.
    bench.pass(3_000);
    for _ in 0..5 {
        bench.pass(100);
        bench.text(0, r#"42["answered",{}]"#);
        bench.pass(2_900);
    }
    let now = totals(&mut bench);
    let stats = now.histogram("ask").and_then(|histogram| histogram.stats()).expect("measured");
    // The lost one is waited for: it takes more than 2 s.
    assert_eq!((stats.came(), stats.p75.round() as i64 / 10, stats.max), (5, 10, 2_000.0));
    assert_eq!(now.operations()["ask"], Outcomes { succeeded: 5, failed: 1 });
}

#[test]
fn a_request_without_an_answer_is_more_than_its_limit() {
    let ask = json!({ "http": { "operation": "rest.x", "url": "http://h/x", "timeout_s": 4 } });
    let scenario = json!({ "every": [{ "name": "ask", "interval": { "fixed_ms": 5000 }, "first": { "fixed_ms": 0 }, "steps": [ask] }] });
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    bench.pass(4_000);
    let (cause, detail) = (FetchFailure::TimedOut, "no answer".to_owned());
    bench.give(Input::Edge(FromEdge::Fetched { fetch: FetchId(0), outcome: FetchOutcome::Blocked { cause, detail } }));
    let totals = totals(&mut bench);
    let stats = totals.histogram("rest.x").and_then(|histogram| histogram.stats()).expect("it is a sample");
    assert_eq!((stats.count, stats.p50, stats.is_at_least(stats.p50)), (1, 4_000.0, true));
    assert_eq!(totals.operations()["rest.x"], Outcomes { succeeded: 0, failed: 1 });
}
