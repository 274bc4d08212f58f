//! Whole runs held against each other, by their reports alone.

use base::time::Span;
use catalogue::Figure;
use metrics::Report;
use results::compare::{CompareRow, ComparedSubject, Judgement, LoadDifference, compare};
use serde_json::json;
use testkit::{Faults, World};

use crate::support::{chat_plan, held};

/// Twenty users who talk for a minute, so far from a server that does so.
fn run(seed: u64, latency_ms: u64, faults: Faults) -> Report {
    run_of(20, seed, latency_ms, faults)
}

fn run_of(users: u32, seed: u64, latency_ms: u64, faults: Faults) -> Report {
    let mut plan = chat_plan(held(users, 60), json!({"send_min_ms": 1_000, "send_max_ms": 3_000}));
    plan.seed = seed;
    let mut world = World::new(plan, Vec::new(), 4, Span::from_millis(latency_ms), faults);
    world.play(Span::from_secs(200));
    assert!(world.run.is_done());
    world.run.report(Vec::new(), String::new())
}

fn judged(rows: &[CompareRow], wanted: Judgement) -> Vec<String> {
    let is_so = |row: &&CompareRow| row.changes[0].as_ref().is_some_and(|change| change.judgement == wanted);
    rows.iter().filter(is_so).map(|row| format!("{:?}", row.subject)).collect()
}

#[test]
fn runs_of_the_same_service_show_no_difference() {
    let (a, b) = (run(1, 20, Faults::default()), run(2, 20, Faults::default()));
    let found = compare(&[&a, &b]);
    assert!(found.comparisons > 10, "{}", found.comparisons);
    assert_eq!(judged(&found.rows, Judgement::Worse), [""; 0]);
    assert_eq!(judged(&found.rows, Judgement::Better), [""; 0]);
}

#[test]
fn a_slower_and_lossy_service_is_worse_and_the_way_back_better() {
    let (good, bad) = (run(1, 20, Faults::default()), run(2, 30, Faults { lose: 0.05, ..Faults::default() }));
    let of = |first: &Report, second: &Report| compare(&[first, second]).rows;
    let (there, back) = (of(&good, &bad), of(&bad, &good));
    let trip = format!("{:?}", ComparedSubject::Quantile { metric: "message.round_trip".into(), share: 0.5 });
    let missing = format!("{:?}", ComparedSubject::Delivery { part: Figure::Missing, of: Figure::Due });
    for subject in [trip, missing] {
        assert!(judged(&there, Judgement::Worse).contains(&subject), "{subject}: {there:?}");
        assert!(judged(&back, Judgement::Better).contains(&subject), "{subject}: {back:?}");
    }
}

#[test]
fn fewer_users_are_not_worse_and_their_latencies_still_compare() {
    let found = compare(&[&run_of(40, 1, 20, Faults::default()), &run_of(15, 2, 30, Faults::default())]);
    assert_eq!(found.loads, [vec![LoadDifference::Users(40, 15)]]);
    let counts = found.rows.iter().filter(|row| row.subject.is_count());
    assert!(counts.clone().count() > 1 && counts.clone().all(|row| row.values.iter().all(Option::is_some)));
    assert!(counts.clone().all(|row| row.changes == [None]), "{found:?}");
    let trip = format!("{:?}", ComparedSubject::Quantile { metric: "message.round_trip".into(), share: 0.5 });
    assert!(judged(&found.rows, Judgement::Worse).contains(&trip));
}
