use super::*;
use crate::*;
use base::time::{Span, Timestamp};

/// What two seconds of a small run add up to.
fn run(thresholds: Vec<Threshold>) -> Aggregator {
    let population = PopulationConfig { name: "p".into(), delivery: Some("message".into()), ..<_>::default() };
    let config = TotalsConfig { workers: 1, populations: vec![population], thresholds, ..TotalsConfig::default() };
    let mut adding = Aggregator::new(config);
    let mut recorder = Recorder::new(Timestamp::ZERO);
    let (join, trip) = (recorder.series("join", "p"), recorder.series("message.round_trip", "p"));
    (1..=100).for_each(|n| recorder.sample(Timestamp::ZERO, trip, Span::from_millis(n)));
    (1..=3).for_each(|n| recorder.sample(Timestamp::ZERO, join, Span::from_secs(n)));
    // Nine answers in 20 ms, and one that never came within 10 s.
    let ask = recorder.series("ask", "p");
    (0..9).for_each(|_| recorder.sample(Timestamp::ZERO, ask, Span::from_millis(20)));
    recorder.censored(Timestamp::ZERO, ask, Span::from_secs(10), Span::from_secs(10));
    let updates = recorder.counter("events.in.participantsUpdate", "p");
    recorder.count(updates, 50);
    recorder.counter("reconnects", "p");
    let error = |operation: &str, code: &str| ErrorKey {
        population: "p".into(),
        operation: operation.into(),
        code: code.into(),
        phase: Phase::Flow,
    };
    recorder.error(Timestamp::ZERO, error("join", "timeout"), String::new);
    recorder.error(Timestamp::ZERO, error("message", "RATE_LIMIT"), String::new);
    recorder.error(Timestamp::ZERO, error("message", "RATE_LIMIT"), String::new);
    let closed =
        |by, code| DisconnectKey { population: "p".into(), code, reason: String::new(), by, phase: Phase::Flow };
    recorder.disconnect(Timestamp::ZERO, closed(ClosedBy::Server, 1006));
    recorder.disconnect(Timestamp::ZERO, closed(ClosedBy::User, 1000));
    // It was never connected: no connection was lost.
    let attempt = DisconnectKey { phase: Phase::Connecting, ..closed(ClosedBy::Server, 1006) };
    recorder.disconnect(Timestamp::ZERO, attempt);
    let ledger =
        LedgerDelta { sent: 10, due: 1_000, delivered: 998, missing: 2, arrived: 2_000, late: 40, ..<_>::default() };
    let part = SnapshotPart {
        at: Timestamp::ZERO + Span::from_secs(2),
        metrics: &recorder.drain(),
        users: &[UsersByState::default()],
        ledger: &ledger,
        completions: &[],
        health: &HealthDelta::default(),
    };
    adding.absorb(0, part);
    adding
}

/// While nine of ten are waited for beyond their limit, then when they have come.
#[test]
fn what_is_waited_for_beyond_its_limit_counts_as_such_until_it_comes() {
    let threshold = "ask p50 < 1 s".parse::<Threshold>().expect("it is one");
    let windowed = "ask p50 < 1 s for 1 s".parse::<Threshold>().expect("it is one");
    let population = PopulationConfig { name: "p".into(), ..<_>::default() };
    let thresholds = vec![threshold.clone(), windowed];
    let config = TotalsConfig { workers: 1, populations: vec![population], thresholds, ..TotalsConfig::default() };
    let (mut adding, mut recorder) = (Aggregator::new(config), Recorder::new(Timestamp::ZERO));
    let (ask, limit) = (recorder.series("ask", "p"), Span::from_secs(5));
    let mut add = |at_s: u64, recorder: &mut Recorder| {
        adding.absorb(
            0,
            SnapshotPart {
                at: Timestamp::ZERO + Span::from_secs(at_s),
                metrics: &recorder.drain(),
                users: &[UsersByState::default()],
                ledger: &LedgerDelta::default(),
                completions: &[],
                health: &HealthDelta::default(),
            },
        );
        let glance = ThresholdResult::at_a_glance(&threshold, adding.totals());
        let results = adding.thresholds();
        assert_eq!((glance.outcome, glance.at_least), (results[0].outcome, results[0].at_least), "{at_s} s");
        (results[0].outcome, results[0].actual, results[0].at_least, results[1].outcome)
    };
    recorder.sample(Timestamp::ZERO, ask, Span::from_millis(20));
    assert_eq!(add(1, &mut recorder), (Outcome::Pass, Some(20.0), false, Outcome::Pass));
    recorder.wait(ask, limit, 9);
    assert_eq!(add(6, &mut recorder), (Outcome::Fail, Some(5_000.0), true, Outcome::Pass), "nothing came in a window");
    recorder.wait(ask, limit, -9);
    let now = Timestamp::ZERO + Span::from_secs(7);
    (0..9).for_each(|_| recorder.late(now, ask, Span::from_millis(6_500), now));
    let (outcome, actual, at_least, in_windows) = add(8, &mut recorder);
    assert_eq!((outcome, actual.map(f64::round), at_least), (Outcome::Fail, Some(6_500.0), false));
    assert_eq!(in_windows, Outcome::Fail);
}

/// A run that follows the threshold, and one that is only asked at its end, say the same.
#[track_caller]
fn check(text: &str, outcome: Outcome, actual: Option<f64>) {
    let threshold = text.parse::<Threshold>().unwrap_or_else(|error| panic!("{text}: {error}"));
    let followed = run(vec![threshold.clone()]).thresholds().remove(0);
    let asked = ThresholdResult::at_a_glance(&threshold, run(Vec::new()).totals());
    for result in [followed, asked] {
        assert_eq!((result.outcome, result.threshold.as_str()), (outcome, text.trim()), "{result:?}");
        let close = |(a, b): (f64, f64)| (a - b).abs() <= 0.001 * b.abs();
        assert!(result.actual.zip(actual).map_or(result.actual == actual, close), "{text}: {:?}", result.actual);
    }
}

#[test]
fn times() {
    check("message.round_trip p95 < 300 ms", Outcome::Pass, Some(95.0));
    check("message.round_trip p95 < 95", Outcome::Fail, Some(95.0));
    check("  MESSAGE.round_trip P99.9<=0.1s ", Outcome::Pass, Some(100.0));
    check("message.round_trip max >= 100000 us", Outcome::Pass, Some(100.0));
    check("message.round_trip median < 0.001 min", Outcome::Pass, Some(50.0));
    check("join mean == 2 s", Outcome::Pass, Some(2_000.0));
    check("join min != 1 s", Outcome::Fail, Some(1_000.0));
    check("history p95 < 1 s", Outcome::NotMeasured, None);
}

#[test]
fn what_never_came_is_more_than_its_limit_and_how_much_more_nobody_knows() {
    check("ask p90 < 50 ms", Outcome::Pass, Some(20.0));
    check("ask p95 < 9 s", Outcome::Fail, Some(10_000.0));
    check("ask p95 < 15 s", Outcome::Invalid, Some(10_000.0));
    check("ask p95 > 9 s", Outcome::Pass, Some(10_000.0));
    // It is more than its limit.
    check("ask max > 10 s", Outcome::Pass, Some(10_000.0));
    check("ask max <= 10 s", Outcome::Fail, Some(10_000.0));
    check("ask max > 15 s", Outcome::Invalid, Some(10_000.0));
    check("ask max == 9 s", Outcome::Fail, Some(10_000.0));
    check("ask max != 9 s", Outcome::Pass, Some(10_000.0));
    check("ask mean < 1 s", Outcome::Fail, Some(1_018.0));
    check("ask mean < 2 s", Outcome::Invalid, Some(1_018.0));
    check("ask min < 50 ms", Outcome::Pass, Some(20.0));
    check("ask count == 9", Outcome::Pass, Some(9.0));
}

#[test]
fn counts_and_rates() {
    check("events.in.participantsUpdate count > 49", Outcome::Pass, Some(50.0));
    check("events.in.participantsupdate rate > 25 /s", Outcome::Fail, Some(25.0));
    check("join count = 3", Outcome::Pass, Some(3.0));
    check("join rate >= 1.5", Outcome::Pass, Some(1.5));
    check("reconnects count == 0", Outcome::Pass, Some(0.0));
    check("reconects count == 0", Outcome::NotMeasured, None);
}

#[test]
fn errors_and_disconnects() {
    check("errors == 3", Outcome::Pass, Some(3.0));
    check("errors[join] count == 0", Outcome::Fail, Some(1.0));
    check("errors[message/rate_limit] < 3", Outcome::Pass, Some(2.0));
    check("errors[message/other] == 0", Outcome::Pass, Some(0.0));
    check("errors[joim] == 0", Outcome::NotMeasured, None);
    check("errors rate < 3 %", Outcome::Pass, Some(3.0 / 115.0));
    check("errors[join] rate < 0.25", Outcome::Fail, Some(0.25));
    check("disconnects == 1", Outcome::Pass, Some(1.0));
    check("disconnects[1000] == 0", Outcome::Pass, Some(0.0));
}

#[test]
fn deliveries() {
    check("delivery.missing == 0", Outcome::Fail, Some(2.0));
    check("delivery.missing <= 0.2%", Outcome::Pass, Some(0.002));
    // What came, owed or not, is a share of what came.
    check("delivery.late < 1%", Outcome::Fail, Some(0.02));
    check("delivery.sent count > 9", Outcome::Pass, Some(10.0));
    let nothing: Threshold = "delivery.missing == 0".parse().unwrap();
    assert_eq!(
        ThresholdResult::at_a_glance(&nothing, &Totals::default()).outcome,
        Outcome::NotMeasured,
        "nothing owed is no success"
    );
}
