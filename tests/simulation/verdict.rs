//! What whole runs are worth: PASS, FAIL and INVALID against a simulated server.

use base::time::{Span, Timestamp};
use metrics::{ReasonKind, Verdict, VerdictOutcome};
use plan::Plan;
use run::Capacity;
use serde_json::json;
use testkit::{Faults, World};

use crate::support::{chat_plan, errors, held, played};

fn plan(users: u32, seconds: u32, thresholds: &[&str]) -> Plan {
    talking_every(1_000, users, seconds, thresholds)
}

fn talking_every(ms: u32, users: u32, seconds: u32, thresholds: &[&str]) -> Plan {
    let variables = json!({ "room_size": 20, "send_min_ms": ms, "send_max_ms": ms });
    let plan = chat_plan(held(users, seconds), variables);
    Plan { thresholds: thresholds.iter().map(|text| (*text).to_owned()).collect(), ..plan }
}

/// With 254 sockets for users.
fn chromium(plan: Plan) -> World {
    World::in_browser(&Capacity::own(4, 250), plan, Vec::new(), Span::from_millis(5), Faults::default())
}

fn verdict(world: &World) -> Verdict {
    world.run.status().verdict.expect("the run has begun")
}

#[track_caller]
fn check(thresholds: &[&str], faults: Faults, outcome: VerdictOutcome, reasons: &[ReasonKind]) {
    let verdict = verdict(&played(plan(40, 60, thresholds), faults));
    let found: Vec<_> = verdict.reasons.iter().map(|reason| reason.what).collect();
    assert_eq!((verdict.outcome, verdict.so_far, found.as_slice()), (outcome, false, reasons), "{verdict:#?}");
}

#[test]
fn a_server_s_faults_are_a_fail_and_never_invalid() {
    use ReasonKind::{NotAsked, ThresholdFailed};
    let all_arrives = ["delivery.missing == 0", "message.round_trip p95 < 300 ms"];
    check(&all_arrives, Faults::default(), VerdictOutcome::Pass, &[]);
    // Without any threshold it is held to what is expected of every run.
    check(&[], Faults::default(), VerdictOutcome::Pass, &[]);
    let losing = Faults { lose: 0.05, ..Faults::default() };
    // Echoes that were lost are failed attempts, which no threshold is about.
    check(&all_arrives[..1], losing, VerdictOutcome::Fail, &[ThresholdFailed, NotAsked]);
    // Of an echo that never came no more is known than that it took longer than its limit.
    let both = [ThresholdFailed, ThresholdFailed, NotAsked];
    check(&all_arrives, Faults { lose: 0.1, ..losing }, VerdictOutcome::Fail, &both);
}

#[test]
fn a_browser_that_is_full_says_so_within_five_seconds_and_blames_no_server() {
    // 254 sockets; with eight handshakes at a time all of them are open after some tenths of a second.
    let mut plan = talking_every(5_000, 260, 30, &["errors rate < 1%"]);
    plan.handshakes_in_flight = 64;
    let mut world = chromium(plan);
    world.play(Span::from_secs(5));
    let so_far = verdict(&world);
    assert_eq!((so_far.outcome, so_far.so_far), (VerdictOutcome::Invalid, true), "{so_far:#?}");
    let text =
        "The browser is full at 254 sockets: 6 users could not connect. That is the browser's limit, not the server's.";
    assert_eq!((so_far.reasons[0].what, so_far.reasons[0].text.as_str()), (ReasonKind::BrowserFull, text));
    let lines = world.run.log().lines();
    let said = lines.iter().filter(|line| line.text.contains("is full at 254 sockets")).count();
    assert_eq!(said, 1, "{lines:?}");
    world.play_until(Timestamp::ZERO + Span::from_secs(100));
    assert!(world.run.is_done());
    assert_eq!(errors(&world), [""; 0]);
    assert_eq!(verdict(&world).outcome, VerdictOutcome::Invalid);
}

#[test]
fn what_fits_into_a_browser_fills_none() {
    let mut plan = talking_every(5_000, 254, 30, &["errors rate < 1%"]);
    plan.handshakes_in_flight = 64;
    let mut world = chromium(plan);
    world.play(Span::from_secs(100));
    assert!(world.run.is_done());
    assert_eq!(verdict(&world).outcome, VerdictOutcome::Pass);
}

/// Twenty users that do this every half second; from the tenth second on their frames are read 8 s late.
fn flooded(step: &serde_json::Value) -> World {
    let scenario = json!({ "version": 1, "name": "users", "protocol": "socketio", "connect": { "url": "http://chat.test", "auth": { "token": "token.of.user-${user.index}" } },
        "every": [{ "name": "ask", "interval": { "fixed_ms": 500 }, "steps": [step] }] });
    let plan = Plan::check(&json!({ "version": 1, "name": "p", "seed": 3, "settle_s": 10,
        "populations": [{ "name": "users", "scenario": scenario, "load": held(20, 40) }] }));
    let mut world = chromium(plan.unwrap_or_else(|problems| panic!("{problems:#?}")));
    world.play(Span::from_secs(10));
    world.flood(Span::from_secs(8));
    world.play_until(Timestamp::ZERO + Span::from_secs(100));
    assert!(world.run.is_done());
    world
}

#[test]
fn a_flood_that_waits_in_the_sockets_queue_is_measured_by_the_age_of_own_answers() {
    let ask = json!({ "emit": { "event": "ask", "args": [1], "ack": true, "operation": "ask", "timeout_s": 60 } });
    let world = flooded(&ask);
    let found = verdict(&world);
    let backlog = found.reasons.iter().find(|reason| reason.what == ReasonKind::Backlog);
    let value = backlog.and_then(|reason| reason.value).unwrap_or_else(|| panic!("{found:#?}"));
    assert!((7_900.0..=8_100.0).contains(&value), "{value} ms");
    assert_eq!(found.outcome, VerdictOutcome::Invalid);
    let backlogs: Vec<_> = world.run.totals().backlogs().iter().map(|backlog| backlog.seconds()).collect();
    assert!(backlogs[0].is_some_and(|seconds| seconds > 7.9), "{backlogs:?}");
}

#[test]
fn where_nobody_asks_for_an_answer_the_backlog_is_not_known() {
    let found = verdict(&flooded(&json!({ "emit": { "event": "ask", "args": [1] } })));
    let kinds: Vec<_> = found.reasons.iter().map(|reason| reason.what).collect();
    assert!(kinds.contains(&ReasonKind::BacklogNotKnown), "{found:#?}");
}
