//! The contract check and the consistency probe, against a server whose faults are known.

use metrics::{Report, ReportFacts};
use plan::Plan;
use serde_json::json;
use testkit::{Faults, World};

use crate::support::{chat_plan, counter, errors, held, played};

/// Four users in one room; each of them looks at every event and compares the whole history.
fn plan(users: u32, contract_every: u32) -> Plan {
    let variables = json!({ "room_size": users, "read": "seen", "reaction_share": 0, "probe_pages": 20, "send_min_ms": 500, "send_max_ms": 900 });
    Plan { consistency_users: users, contract_every, ..chat_plan(held(users, 20), variables) }
}

fn findings(world: &World) -> [u64; 5] {
    ["compared", "missing", "duplicated", "out_of_order", "stuck_unread"]
        .map(|name| counter(world, &format!("consistency.{name}")))
}

#[test]
fn an_honest_history_is_found_consistent() {
    let world = played(plan(4, 1), Faults::default());
    assert_eq!(errors(&world), Vec::<String>::new());
    assert_eq!(counter(&world, "consistency.users"), 4);
    let messages = world.chat.counts.messages;
    assert!(messages > 80, "{messages}");
    assert_eq!(findings(&world), [messages * 4, 0, 0, 0, 0]);
}

#[test]
fn each_fault_of_a_history_is_found() {
    #[track_caller]
    fn check(faults: Faults, which: usize, told: fn(&World) -> u64) {
        let world = played(plan(4, 0), faults);
        let found = findings(&world);
        let told = told(&world);
        assert!(told > 5, "the server has done nothing wrong: {told}");
        // A sender's oldest message may be lost without a trace, and a duplicate that is swapped with itself is in order.
        assert!(found[which] <= told && found[which] + 4 * 4 >= told, "{found:?}, done: {told}");
        let others = (1..5).filter(|&other| other != which);
        assert_eq!(others.map(|other| found[other]).sum::<u64>(), 0, "{found:?}");
    }
    check(Faults { history_lose: 0.1, ..Faults::default() }, 1, |world| world.chat.counts.history_lost);
    check(Faults { history_duplicate: 0.1, ..Faults::default() }, 2, |world| world.chat.counts.history_duplicated);
    check(Faults { stuck_unread: 0.1, ..Faults::default() }, 4, |world| world.chat.counts.unread);
}

/// Who marks only some, or gathers them, marks what it marks before it leaves; the rest is nobody's fault.
#[test]
fn what_users_did_not_mark_is_not_held_against_the_server() {
    #[track_caller]
    fn check(behaviour: serde_json::Value) {
        let mut variables = json!({ "room_size": 4, "read": "seen", "reaction_share": 0, "probe_pages": 20, "send_min_ms": 500, "send_max_ms": 900 });
        let more = behaviour.as_object().expect("it is an object").clone();
        variables.as_object_mut().expect("it is an object").extend(more);
        let plan = Plan { consistency_users: 4, contract_every: 0, ..chat_plan(held(4, 20), variables.clone()) };
        let honest = played(plan.clone(), Faults::default());
        assert_eq!(errors(&honest), Vec::<String>::new());
        assert_eq!(findings(&honest)[1..], [0; 4], "{variables}");
        // And a server that does not keep the marks is still found out, by name.
        let faulty = played(plan, Faults { stuck_unread: 0.2, ..Faults::default() });
        let [_, missing, duplicated, out_of_order, stuck] = findings(&faulty);
        assert_eq!((missing, duplicated, out_of_order), (0, 0, 0));
        assert!(stuck > 5, "{variables}: {stuck}");
        let named = report(&faulty).findings;
        let entry = named.iter().find(|entry| entry.key.finding == "consistency.stuck_unread").expect("it is named");
        assert_eq!((entry.count, entry.about.len()), (stuck, 10));
    }
    check(json!({ "read_share": 0.5 }));
    check(json!({ "read_batch": 20 }));
    check(json!({ "read_batch": 20, "read_flush_ms": 60_000, "read_share": 0.7 }));
}

#[test]
fn disorder_is_of_one_sender() {
    let world = played(plan(1, 0), Faults { history_reorder: 0.2, ..Faults::default() });
    let [_, missing, duplicated, out_of_order, stuck] = findings(&world);
    assert_eq!((missing, duplicated, stuck), (0, 0, 0));
    // One sender alone: every swap puts a later message first; one that is moved on and on is one.
    assert!(out_of_order > 1 && out_of_order <= world.chat.counts.history_reordered, "{out_of_order}");
}

#[test]
fn nobody_probes_when_nobody_shall() {
    let world = played(Plan { consistency_users: 0, ..plan(4, 0) }, Faults::default());
    let names: Vec<&str> = world.run.totals().counters().map(|(name, ..)| name).collect();
    assert!(names.iter().all(|name| !name.starts_with("consistency.") && !name.starts_with("contract.")), "{names:?}");
}

#[test]
fn broken_events_are_counted_by_path_and_strangers_listed() {
    let faults = Faults { mistyped: 0.2, strange: 0.1, ..Faults::default() };
    let world = played(plan(3, 1), faults);
    let report = report(&world);
    let of = |event: &str| report.contract.iter().find(|entry| entry.key.event == event).expect(event);
    let broken = of("message");
    assert_eq!(
        (broken.key.path.as_str(), broken.key.expected.as_str(), broken.key.found.as_str()),
        ("_id", "string", "number")
    );
    assert_eq!(broken.count, world.chat.counts.mistyped * 3);
    assert!(broken.sample.contains(" in {"), "{}", broken.sample);
    let strange = of("strange");
    assert!(strange.key.is_unknown_event());
    assert_eq!(strange.count, world.chat.counts.strange);
    // The ids come back to the server and from there to everybody: a read receipt is broken by them, too.
    let events: Vec<&str> = report.contract.iter().map(|entry| entry.key.event.as_str()).collect();
    assert!(events.iter().all(|event| ["message", "messagesRead", "strange"].contains(event)), "{events:?}");
    let violations = report.contract.iter().filter(|entry| !entry.key.is_unknown_event()).map(|entry| entry.count);
    assert_eq!(counter(&world, "contract.violations"), violations.sum::<u64>());
    let past = report.totals(world.run.plan()).expect("it is our own report");
    assert_eq!(Report::new(world.run.plan(), &past, ReportFacts::default()).contract, report.contract);
}

#[test]
fn every_nth_event_is_looked_at() {
    let all = counter(&played(plan(4, 1), Faults::default()), "events.in.message");
    let sampled = counter(&played(plan(4, 10), Faults::default()), "contract.checked");
    // Messages and what else is looked into; in each worker and of each event the first one besides.
    assert!(sampled > all / 10 && sampled < all, "{sampled} of {all}");
}

fn report(world: &World) -> Report {
    Report::new(world.run.plan(), world.run.totals(), ReportFacts::default())
}
