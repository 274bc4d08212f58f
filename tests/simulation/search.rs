//! A search for the breaking point against a server of a set capacity: one worker, and so much time for each message.

use base::time::Span;
use metrics::{Ended, SearchReport, StepOutcome};
use plan::Plan;
use serde_json::{Value, json};
use testkit::{Faults, World};

use crate::support::world;

/// Each user sends every second; the load waits for the search.
fn plan(users: u32, search: Value, thresholds: &[&str]) -> Plan {
    let variables =
        json!({ "room_size": 10, "send_min_ms": 1000, "send_max_ms": 1000, "read": "none", "reaction_share": 0 });
    let load = json!({ "model": "closed", "start": users, "stages": [{ "duration_s": 3000, "target": users }] });
    let plan = json!({
        "version": 1, "name": "search", "seed": 7, "thresholds": thresholds, "search": search,
        "populations": [{ "name": "chat", "scenario": "ktb-chat", "variables": variables, "load": load }],
    });
    Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn searched(plan: Plan, service_ms: u64) -> (World, SearchReport) {
    let mut world = world(plan, Faults::default());
    world.serve_one_by_one(Span::from_millis(service_ms));
    world.play(Span::from_secs(4_000));
    assert!(world.run.is_done());
    let report = world.run.report(Vec::new(), "2026-01-01T00:00:00Z".to_owned());
    (world, report.search.expect("the plan has a search"))
}

#[track_caller]
fn check(found: &SearchReport, capacity: f64) {
    let steps: Vec<_> = found.steps.iter().map(|step| (step.level, step.outcome)).collect();
    assert_eq!(found.ended, Some(Ended::Found), "{steps:?}");
    let (held, broke) = (found.held.expect("one held"), found.broke.expect("one broke"));
    assert!((held - capacity).abs() <= capacity * 0.1, "{held} for {capacity}: {steps:?}");
    assert!(broke > held && broke <= held * 1.06 + 1.0, "{held} to {broke}");
}

#[test]
fn the_largest_number_of_users_is_found() {
    for service_ms in [23, 40] {
        let search = json!({ "raise": "users", "from": 10, "to": 100, "step": 20, "hold_s": 10, "settle_s": 3 });
        let thresholds = ["message.round_trip p95 < 300 ms", "errors rate < 1%", "join p95 < 5 s"];
        let (world, found) = searched(plan(10, search, &thresholds), service_ms);
        check(&found, 1_000.0 / service_ms as f64);
        let broken = found.steps.iter().find(|step| step.outcome == StepOutcome::Broke).unwrap();
        assert_eq!(broken.measured.broken, ["message.round_trip p95 < 300 ms"]);
        assert!(broken.measured.p95 > Some(300.0), "{broken:?}");
        let first = &found.steps[0];
        assert_eq!((first.level, found.metric.as_str()), (10.0, "message.round_trip"));
        assert!(first.measured.per_second.is_some_and(|rate| (rate - 10.0).abs() < 1.5), "{first:?}");
        assert!((first.to_s - first.from_s - 10.0).abs() < 0.01, "{first:?}");
        assert!(world.run.status().elapsed_s < 600.0);
    }
}

#[test]
fn the_largest_rate_of_messages_is_found() {
    let search = json!({ "raise": "messages", "from": 10, "to": 150, "step": 30, "hold_s": 10, "settle_s": 3 });
    let (_, found) = searched(plan(20, search, &["message.round_trip p95 < 300 ms"]), 30);
    check(&found, 1_000.0 / 30.0);
}

#[test]
fn what_is_never_reached_and_what_breaks_at_once_is_said() {
    let search =
        |from| json!({ "raise": "users", "from": from, "to": from + 20, "step": 10, "hold_s": 5, "settle_s": 2 });
    let (_, found) = searched(plan(5, search(5), &["message.round_trip p95 < 300 ms"]), 1);
    assert_eq!((found.ended, found.held, found.broke), (Some(Ended::NotReached), Some(25.0), None));
    let (_, found) = searched(plan(5, search(60), &["message.round_trip p95 < 300 ms"]), 50);
    assert_eq!((found.ended, found.held, found.broke), (Some(Ended::BrokenAtStart), None, Some(60.0)));
}

#[test]
fn a_plan_of_a_search_is_checked_whole() {
    let base =
        serde_json::to_value(plan(5, json!({ "raise": "users", "from": 5, "to": 50, "step": 5 }), &["errors == 0"]))
            .unwrap();
    let check = |search: Value, expected: &[&str]| {
        let mut document = base.clone();
        document["search"] = search;
        let found = Plan::check(&document).err().unwrap_or_default();
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    };
    check(
        json!({ "raise": "sockets", "from": 0, "to": "many", "hold_s": 1, "precison": 0.1 }),
        &[
            "search.precison: unknown field, did you mean `precision`?",
            "search.raise: expected `users`, `arrivals` or `messages`, found the text \"sockets\"",
            "search.from: expected a number from 0.1 to 1000000, found the number 0",
            "search.to: expected a number from 0.1 to 1000000, found the text \"many\"",
            "search: `step` is missing",
            "search.hold_s: expected a number from 2 to 3600, found the number 1",
        ],
    );
    check(json!({ "raise": "users", "from": 50, "to": 5, "step": 5 }), &["search.to: must be above `from` (50)"]);
    check(
        json!({ "raise": "arrivals", "population": "chat", "from": 5, "to": 50, "step": 5 }),
        &["search: arrivals are raised of an open load, and this population's is closed"],
    );
    check(
        json!({ "raise": "users", "population": "owls", "from": 5, "to": 50, "step": 5 }),
        &["search: there is no population \"owls\", only chat"],
    );
    check(
        json!({ "raise": "users", "from": 1, "to": 500, "step": 1, "hold_s": 60 }),
        &["search: may take 32512 s, and the load lasts only 3000 s: make its last stage longer"],
    );
}
