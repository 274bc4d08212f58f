//! What counts as a success, what as a failure, and what decides that a step is over.

use serde_json::json;

use super::*;
use crate::metrics::{Outcomes, PopulationConfig, Totals, TotalsConfig};

/// Everything the engine has measured so far, added up as a run does it.
fn totals(bench: &mut Bench) -> Totals {
    let populations = vec![PopulationConfig { name: "p".to_owned(), delivery: None }];
    let mut totals = Totals::new(TotalsConfig { workers: 1, populations, ..TotalsConfig::default() });
    totals.absorb(0, bench.engine.snapshot(bench.now).part());
    totals
}

fn answer(status: u16, body: &str) -> FetchOutcome {
    FetchOutcome::Answer { status, headers: Vec::new(), body: body.to_owned() }
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
    let samples = totals.histogram("rest.x").map_or(0, crate::metrics::Histogram::count);
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
