//! Each loss counts once, and nothing that was answered vanishes.

use serde_json::json;

use super::outcomes::{answer, totals};
use super::*;
use metrics::Outcomes;

#[test]
fn a_request_that_is_answered_while_its_user_leaves_is_measured() {
    let scenario = json!({ "flow": [{ "http": { "operation": "rest.upload", "url": "http://h/x", "save": { "id": "/id" } } }],
        "variables": { "id": null } });
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    bench.pass(10);
    bench.give(Input::Stop);
    bench.pass(1_000);
    bench.give(Input::Edge(FromEdge::Fetched { fetch: FetchId(0), outcome: answer(200, r#"{"id":1}"#) }));
    bench.pass(60_000);
    let totals = totals(&mut bench);
    assert_eq!(totals.operations()["rest.upload"], Outcomes { succeeded: 1, failed: 0 });
    assert_eq!(totals.histogram("rest.upload").map(|histogram| histogram.count()), Some(1));
}

#[test]
fn a_user_that_leaves_waits_a_moment_for_its_request() {
    let ask = json!({ "http": { "operation": "rest.upload", "url": "http://h/x" } });
    let scenario = json!({ "every": [
        { "name": "ask", "interval": { "fixed_ms": 600_000 }, "first": { "fixed_ms": 100 }, "steps": [ask] },
        { "name": "go", "interval": { "fixed_ms": 600_000 }, "first": { "fixed_ms": 200 }, "steps": ["leave"] },
    ]});
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    bench.pass(1_200);
    assert_eq!(bench.users().finishing, 1);
    bench.give(Input::Edge(FromEdge::Fetched { fetch: FetchId(0), outcome: answer(200, "{}") }));
    let totals = totals(&mut bench);
    assert_eq!(totals.operations()["rest.upload"], Outcomes { succeeded: 1, failed: 0 });
}

/// A user whose server refuses what it fetched with the code; either its own step or its farewell had asked.
fn refused(asks: &str) -> Vec<String> {
    let ask = |operation: &str| json!([{ "emit": { "event": "fetch", "operation": operation, "answer": { "event": "loaded" } } }]);
    let nothing = json!([]);
    let of = |name: &str| if asks == name { ask(name) } else { nothing.clone() };
    let scenario = json!({
        "flow": [{ "if": "${false}", "then": [ask("history")[0], ask("probe")[0]] }],
        "every": [{ "name": "t", "interval": { "fixed_ms": 600_000 }, "first": { "fixed_ms": 0 }, "steps": of("history") }],
        "finish": of("probe"),
        "errors": [
            { "event": "error", "fails": "history", "code": "/code" },
            { "event": "error", "fails": "probe", "code": "/code" },
        ],
    });
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    bench.pass(10);
    if asks == "probe" {
        bench.give(Input::Stop);
        while !bench.wanted().iter().any(|frame| frame.contains("fetch")) {
            bench.pass(500);
        }
    }
    bench.text(0, r#"42["error",{"code":"LOAD_ERROR"}]"#);
    bench.pass(60_000);
    Bench::errors(&bench.engine.snapshot(bench.now))
}

#[test]
fn an_error_is_of_the_operation_that_can_have_failed() {
    assert_eq!(refused("history"), ["history LOAD_ERROR Active x1"]);
    assert_eq!(refused("probe"), ["probe LOAD_ERROR Finishing x1"]);
    assert_eq!(refused("nobody"), ["history LOAD_ERROR Active x1"]);
}

#[test]
fn a_farewell_with_a_dead_session_is_no_further_error() {
    let scenario = json!({
        "errors": [{ "event": "error", "where": { "/code": "EXPIRED" }, "code": "/code", "ends_user": true }],
        "finish": [
            { "emit": { "event": "leaveRoom", "operation": "leave", "ack": true, "timeout_s": 1 } },
            { "http": { "operation": "rest.logout", "url": "http://h/x" } },
        ],
    });
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    bench.text(0, r#"42["error",{"code":"EXPIRED"}]"#);
    // Nobody takes its place.
    bench.give(Input::Stop);
    bench.pass(3_000);
    bench.give(Input::Edge(FromEdge::Fetched { fetch: FetchId(0), outcome: answer(401, "") }));
    bench.pass(60_000);
    assert_eq!(Bench::errors(&bench.engine.snapshot(bench.now)), ["error EXPIRED Active x1"]);
}

#[test]
fn texts_that_differ_for_each_user_are_no_endless_list() {
    let mut bench = Bench::new(json!({ "errors": [{ "event": "oops", "message": "/text" }] }), held(1));
    bench.connect(0);
    for number in 0..100 {
        bench.text(0, &format!(r#"42["oops",{{"text":"no room for user {number}"}}]"#));
    }
    bench.text(0, r#"42["oops",{"text":"no room for user 7"}]"#);
    let snapshot = bench.engine.snapshot(bench.now);
    let errors = Bench::errors(&snapshot);
    assert_eq!(errors.len(), 31);
    assert!(errors.contains(&"oops (other codes) Active x70".to_owned()), "{errors:?}");
    assert!(errors.contains(&"oops no room for user 7 Active x2".to_owned()), "{errors:?}");
}

#[test]
fn a_code_may_be_a_number_wherever_it_stands() {
    let ask =
        json!({ "http": { "operation": "rest.x", "url": "http://h/x", "error_code": "/code", "required": false } });
    let scenario = json!({ "flow": [ask], "errors": [{ "event": "oops", "code": "/code", "message": "/text" }] });
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    bench.give(Input::Edge(FromEdge::Fetched { fetch: FetchId(0), outcome: answer(409, r#"{"code":4090}"#) }));
    for told in [r#"{"code":17,"text":"no"}"#, r#"{"code":{"odd":1},"text":"no"}"#, r#"{"code":""}"#] {
        bench.text(0, &format!(r#"42["oops",{told}]"#));
    }
    let errors = Bench::errors(&bench.engine.snapshot(bench.now));
    assert_eq!(errors, ["oops 17 Active x1", "oops no Active x1", "oops oops Active x1", "rest.x 4090 Flow x1"]);
}
