//! What counts as a success, what as a failure, and what decides that a step is over.

use serde_json::json;

use super::*;
use metrics::{Aggregator, Outcomes, PopulationConfig, Totals, TotalsConfig};

/// Everything the engine has measured so far, added up as a run does it.
fn totals(bench: &mut Bench) -> Totals {
    let answered = ["join".to_owned()].into();
    let populations = vec![PopulationConfig { name: "p".to_owned(), answered, ..PopulationConfig::default() }];
    let mut adding = Aggregator::new(TotalsConfig { workers: 1, populations, ..TotalsConfig::default() });
    adding.absorb(0, bench.engine.snapshot(bench.now).part());
    adding.into()
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
        bench.give(Input::Fetched { fetch: FetchId(number), outcome: answer(status, body) });
        bench.pass(900);
    }
    let totals = totals(&mut bench);
    assert_eq!(totals.operations()["rest.x"], expected);
    let samples = totals.histogram("rest.x").map_or(0, metrics::Histogram::count);
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
