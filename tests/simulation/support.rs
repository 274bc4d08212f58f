//! Plans for simulated runs, and what is read from their results.

use std::borrow::Cow;

use base::time::Span;
use metrics::LedgerDelta;
use plan::Plan;
use serde_json::{Value, json};
use testkit::{Faults, World};

/// A chat plan; `load` as in a plan document.
pub fn chat_plan(load: Value, variables: Value) -> Plan {
    let plan = json!({
        "version": 1,
        "name": "simulated",
        "seed": 7,
        "populations": [{ "name": "chat", "scenario": "ktb-chat", "variables": variables, "load": load }],
    });
    Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// So many users at once, held for so long.
pub fn held(users: u32, seconds: u32) -> Value {
    json!({ "model": "closed", "start": users, "stages": [{ "duration_s": seconds, "target": users }] })
}

/// The plan in a browser with four cores, 5 ms away from the server.
pub fn world(plan: Plan, faults: Faults) -> World {
    World::new(plan, Vec::new(), 4, Span::from_millis(5), faults)
}

/// Plays the whole run.
pub fn played(plan: Plan, faults: Faults) -> World {
    let mut world = world(plan, faults);
    world.play(Span::from_secs(4_000));
    assert!(world.run.is_done(), "the run is not over: {:?}", world.run.status());
    assert_eq!(world.run.status().problem, None);
    let is_waiting = |(name, _, times): (&str, _, Cow<'_, _>)| matches!(times, Cow::Owned(_)).then(|| name.to_owned());
    let waiting: Vec<_> = world.run.totals().histograms().filter_map(is_waiting).collect();
    assert!(waiting.is_empty(), "at the end nobody waits: {waiting:?}");
    world
}

pub fn ledger(world: &World) -> LedgerDelta {
    *world.run.totals().delivery()
}

pub fn counter(world: &World, name: &str) -> u64 {
    world.run.totals().counter(name).unwrap_or(0)
}

/// Samples of a metric.
pub fn samples(world: &World, metric: &str) -> u64 {
    world.run.totals().histogram(metric).map_or(0, |histogram| histogram.count())
}

/// All errors, as text, for a readable failure.
pub fn errors(world: &World) -> Vec<String> {
    world.run.totals().errors().iter().map(|error| format!("{error:?}")).collect()
}
