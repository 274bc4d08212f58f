//! Thresholds of whole runs: windows, stopping, populations, an earlier run to compare with.

use base::time::{Span, Timestamp};
use metrics::{Baseline, Outcome, Report, ThresholdEntry};
use plan::Plan;
use run::RunInput;
use serde_json::{Value, json};
use testkit::{Faults, World};

use crate::support::{held, world};

/// So many users per population, each sends once a second.
fn plan(populations: &[(&str, u32)], seconds: u32, warmup_s: u32, thresholds: &[&str]) -> Plan {
    let variables =
        json!({ "room_size": 10, "send_min_ms": 1000, "send_max_ms": 1000, "read": "none", "reaction_share": 0 });
    let population = |(name, users): &(&str, u32)| {
        json!({
            "name": name, "scenario": "ktb-chat", "variables": variables, "load": held(*users, seconds),
        })
    };
    let populations: Vec<Value> = populations.iter().map(population).collect();
    let plan = json!({
        "version": 1, "name": "simulated", "seed": 7, "populations": populations, "thresholds": thresholds, "warmup_s": warmup_s,
    });
    Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::ZERO + Span::from_secs(seconds)
}

fn report(world: &World) -> Report {
    world.run.report(Vec::new(), "2026-01-01T00:00:00Z".to_owned())
}

fn entry<'a>(report: &'a Report, expression: &str) -> &'a ThresholdEntry {
    report.thresholds.iter().find(|entry| entry.expression == expression).expect("it is the plan's")
}

/// The server keeps up for 30 s; then its capacity falls to half of what the users send.
fn overloaded_from_30_s(thresholds: &[&str]) -> World {
    let mut world = world(plan(&[("chat", 40)], 90, 10, thresholds), Faults::default());
    world.serve_one_by_one(Span::from_millis(2));
    world.play(Span::from_secs(30));
    world.serve_one_by_one(Span::from_millis(50));
    world
}

#[test]
fn a_window_notices_what_the_whole_run_does_not_and_tells_when() {
    let window = "message.round_trip p50 < 300 ms for 5 s";
    let whole = "message.round_trip p50 < 300 ms";
    let mut world = overloaded_from_30_s(&[window, whole]);
    world.play_until(at(29));
    assert_eq!(entry(&report(&world), window).outcome, Outcome::Pass);
    world.play_until(at(40));
    world.serve_one_by_one(Span::from_millis(1));
    world.play_until(at(4_000));
    let report = report(&world);
    assert_eq!(entry(&report, whole).outcome, Outcome::Pass, "{:?}", entry(&report, whole));
    let entry = entry(&report, window);
    let found = entry.window.as_ref().expect("it has windows");
    assert_eq!((entry.outcome, found.length_s), (Outcome::Fail, 5));
    // From 30 s on 40 messages a second wait for a server that takes 20: after one second for a second, after two for two.
    assert!(found.broken_at_s.is_some_and(|at| (31..=35).contains(&at)), "{found:?}");
    // What came last into the queue waited longest, and until about 50 s.
    assert!(found.worst_at_s.is_some_and(|at| (47..=52).contains(&at)), "{found:?}");
    // Full windows between the warm-up and the end of the load, each a second later than the one before.
    assert_eq!(found.measured, 90 - 10 - 5 + 1);
    assert!(found.latest.is_some_and(|latest| latest < 30.0), "{found:?}");
}

#[test]
fn a_broken_threshold_stops_the_run_and_the_report_says_which_and_when() {
    let threshold = "message.round_trip p90 < 300 ms for 3 s abort";
    let mut world = overloaded_from_30_s(&["errors == 0", threshold]);
    world.play_until(at(4_000));
    assert!(world.run.is_done());
    let report = report(&world);
    let entry = entry(&report, threshold);
    let (stopped, broken) = (entry.stopped_run_at_s.expect("it stopped the run"), entry.window.as_ref().unwrap());
    assert!((31.0..36.0).contains(&stopped), "{entry:?}");
    assert!(broken.broken_at_s.is_some_and(|at| (f64::from(at)..f64::from(at) + 1.0).contains(&stopped)), "{entry:?}");
    assert!(report.duration_s < 60.0, "a graceful stop is no cut: {}", report.duration_s);
    assert_eq!(report.thresholds[0].stopped_run_at_s, None);
    let line = format!("stopped after {stopped:.1} s: `{threshold}` is broken");
    assert!(world.run.log().lines().iter().any(|known| known.text == line), "{:?}", world.run.log().lines());
}

#[test]
fn a_stop_waits_for_its_delay() {
    let threshold = "message.round_trip max < 1 ms abort after 20 s";
    let mut world = world(plan(&[("chat", 10)], 60, 0, &[threshold]), Faults::default());
    world.play(Span::from_secs(19));
    assert_eq!(entry(&report(&world), threshold).outcome, Outcome::Fail);
    assert_eq!(entry(&report(&world), threshold).stopped_run_at_s, None);
    world.play_until(at(4_000));
    let stopped = entry(&report(&world), threshold).stopped_run_at_s;
    assert!(stopped.is_some_and(|at| (20.0..21.5).contains(&at)), "{stopped:?}");
}

#[test]
fn what_users_do_while_the_run_stops_is_in_no_window() {
    let threshold = "events.out.chatMessage rate >= 30 /s for 5 s";
    let mut world = world(plan(&[("chat", 40)], 90, 10, &[threshold]), Faults::default());
    world.play(Span::from_secs(40));
    world.command(RunInput::Stop);
    world.play_until(at(4_000));
    let report = report(&world);
    let entry = entry(&report, threshold);
    assert_eq!(entry.outcome, Outcome::Pass, "nobody sends any more, and that is no fault of the server's: {entry:?}");
}

#[test]
fn populations_and_scopes_are_told_apart() {
    let thresholds = [
        "message.round_trip{owls} count > 0",
        "message.round_trip{larks} count > 0",
        "message.round_trip count > 0",
        "message.round_trip count > 0 whole run",
        "events.out.chatMessage{larks} count > 0",
        "events.out.chatMessage count > 0",
        "events.out.chatMessage count > 0 after warm-up",
        "errors[message]{owls} rate < 1%",
    ];
    let mut world = world(plan(&[("owls", 20), ("larks", 10)], 60, 20, &thresholds), Faults::default());
    world.play(Span::from_secs(4_000));
    let report = report(&world);
    let own = report.thresholds.iter().take(thresholds.len());
    let values: Vec<f64> = own.map(|entry| entry.value.expect("it was measured")).collect();
    let [owls, larks, both, whole, sent_by_larks, sent, sent_after, rate] = values[..] else { panic!("{values:?}") };
    let metric = |tag: Option<&str>| {
        let is_it = |entry: &&metrics::MetricEntry| {
            entry.name == "message.round_trip" && entry.tags.get("population").map(String::as_str) == tag
        };
        report.metrics.iter().find(is_it).expect("it was measured").stats.count as f64
    };
    assert_eq!((owls, larks, both), (metric(Some("owls")), metric(Some("larks")), metric(None)));
    assert_eq!(owls + larks, both);
    assert_eq!(whole, sent, "with the warm-up every message that was sent came back");
    assert_eq!(sent as u64, world.chat.counts.messages);
    assert!((sent / 3.0 - sent_by_larks).abs() < 20.0, "{sent_by_larks} of {sent}");
    // The hand-over that the warm-up ends in is left out of counts, and only that: a quarter of a second's messages.
    assert!(sent_after <= both + 1.0 && sent_after >= both - 20.0, "{sent_after} of {both}");
    assert_eq!(rate, 0.0);
}

#[test]
fn a_run_is_held_against_an_earlier_one() {
    let (close, wide) = ("message.round_trip p95 <= baseline + 10 %", "message.round_trip p95 <= baseline * 20");
    let windows = "message.round_trip p95 <= baseline * 20 for 5 s";
    let missing = "answer.first_audio p95 <= baseline";
    let plan = plan(&[("chat", 20)], 40, 0, &[close, wide, windows, missing]);
    let mut first = world(plan.clone(), Faults::default());
    first.play(Span::from_secs(4_000));
    let earlier = report(&first);
    let reason = "no baseline is pinned, or it has no such number";
    let unpinned = entry(&earlier, close);
    assert_eq!((unpinned.outcome, unpinned.limit, unpinned.why.as_deref()), (Outcome::NotMeasured, None, Some(reason)));
    let baseline = Baseline::of(&plan, earlier.run.clone(), &earlier);
    let mut same = world(plan.clone(), Faults::default()).with_baseline(&baseline);
    same.play(Span::from_secs(4_000));
    assert_eq!(entry(&report(&same), close).outcome, Outcome::Pass);
    let mut slower = world(plan, Faults::default()).with_baseline(&baseline);
    slower.serve_one_by_one(Span::from_millis(20));
    slower.play(Span::from_secs(4_000));
    let slower = report(&slower);
    let p95 = earlier.metrics.iter().find(|entry| entry.name == "message.round_trip").unwrap().stats.p95;
    let broken = entry(&slower, close);
    assert_eq!((broken.outcome, broken.limit), (Outcome::Fail, Some(p95 * 1.1)));
    assert_eq!(broken.baseline.as_ref().map(|found| (found.run.as_str(), found.value)), Some(("k3f", p95)));
    assert_eq!(entry(&slower, wide).outcome, Outcome::Pass);
    assert_eq!(entry(&slower, windows).outcome, Outcome::Pass);
    assert_eq!(entry(&slower, missing).outcome, Outcome::NotMeasured);
}
