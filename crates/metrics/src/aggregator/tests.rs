use super::*;
use crate::totals::{Outcomes, PopulationConfig};
use crate::{Phase, Recorder, UserId};

fn seconds(seconds: u64) -> Timestamp {
    Timestamp::ZERO + Span::from_secs(seconds)
}

/// Two workers, the second one the probe's; two seconds of warm-up.
fn aggregator() -> Aggregator {
    let population = PopulationConfig { name: "p".into(), delivery: Some("message".into()), ..<_>::default() };
    let populations = vec![population];
    let (warmup_end, late_after) = (seconds(2), Span::from_secs(5));
    Aggregator::new(TotalsConfig { workers: 2, probes: vec![1], populations, warmup_end, late_after, ..<_>::default() })
}

/// What one hand-over holds; the rest is empty.
#[derive(Default)]
struct Handed {
    samples: Vec<(&'static str, u64)>,
    counts: Vec<(&'static str, u64)>,
    errors: u64,
    ledger: LedgerDelta,
    active: u32,
    completions: Vec<Completion>,
    lag: Vec<Span>,
}

fn hand_over(aggregator: &mut Aggregator, worker: usize, at: Timestamp, handed: &Handed) {
    let mut recorder = Recorder::new(seconds(2));
    for &(metric, millis) in &handed.samples {
        let series = recorder.series(metric, "p");
        recorder.sample(at, series, Span::from_millis(millis));
    }
    for &(name, count) in &handed.counts {
        let counter = recorder.counter(name, "p");
        recorder.count(counter, count);
    }
    for _ in 0..handed.errors {
        let key = ErrorKey { population: "p".into(), operation: "join".into(), code: "x".into(), phase: Phase::Flow };
        recorder.error(at, key, || format!("worker {worker}"));
    }
    aggregator.absorb(
        worker,
        SnapshotPart {
            at,
            metrics: &recorder.drain(),
            users: &[UsersByState { active: handed.active, ..<_>::default() }],
            ledger: &handed.ledger,
            completions: &handed.completions,
            health: &HealthDelta { busy_share: 0.5, lag: handed.lag.clone(), ..<_>::default() },
        },
    );
}

#[test]
fn the_order_of_workers_does_not_matter() {
    let say = |samples: Vec<_>, errors, due| Handed {
        samples,
        counts: vec![("frames.in", due)],
        errors,
        ledger: LedgerDelta { due, ..<_>::default() },
        ..<_>::default()
    };
    let parts = [
        (0, 3, say(vec![("join", 10), ("join", 30)], 1, 4)),
        (1, 3, say(vec![("join", 20)], 2, 5)),
        (0, 4, say(vec![], 0, 6)),
        (1, 4, say(vec![("join", 500)], 0, 7)),
    ];
    let sum = |order: [usize; 4]| {
        let mut adding = aggregator();
        for (worker, second, handed) in order.map(|place| &parts[place]) {
            hand_over(&mut adding, *worker, seconds(*second), handed);
        }
        adding.finish();
        let stats = adding.totals().histogram("join").and_then(|histogram| histogram.stats());
        let errors: Vec<_> = adding.totals().errors().values().map(|error| (error.count, error.first)).collect();
        let columns =
            adding.totals().timeline().metric("join").map(|columns| (columns.p50.clone(), columns.count.clone()));
        let text = format!("{stats:?} {:?} {errors:?} {columns:?}", adding.totals().counter("frames.in"));
        (text, *adding.totals().delivery(), adding.totals().operations().clone())
    };
    let expected = sum([0, 1, 2, 3]);
    assert_eq!(sum([1, 3, 0, 2]), expected);
    assert_eq!(sum([1, 0, 3, 2]), expected);
    assert_eq!(expected.1.due, 22);
    assert_eq!(expected.2["join"], Outcomes { succeeded: 4, failed: 3 });
}

#[test]
fn the_warm_up_is_shown_and_not_measured() {
    let mut adding = aggregator();
    for second in 1..=3 {
        let handed = Handed { samples: vec![("join", 10 * second)], counts: vec![("frames.in", 1)], ..<_>::default() };
        hand_over(&mut adding, 0, seconds(second), &handed);
    }
    adding.finish();
    let stats = adding.totals().histogram("join").and_then(|histogram| histogram.stats()).expect("two samples");
    assert_eq!((stats.count, stats.min), (2, 20.0), "the sample at the end of the warm-up counts");
    assert_eq!(adding.totals().counter("frames.in"), Some(3));
    assert_eq!(adding.totals().operations()["join"].succeeded, 3);
    assert_eq!(
        adding.totals().timeline().metric("join").map(|columns| columns.max.clone()),
        Some(vec![10.0, 20.0, 30.0])
    );
    assert_eq!((adding.totals().elapsed(), adding.totals().measured()), (Span::from_secs(3), Span::from_secs(1)));
}

#[test]
fn operations_are_counted_four_times_a_second_and_at_the_end() {
    let mut adding = aggregator();
    let succeeded = |adding: &Aggregator| adding.totals().operations()["join"].succeeded;
    let sample = Handed { samples: vec![("join", 10)], ..<_>::default() };
    let mut counted = Vec::new();
    for at_ms in [250, 300, 450, 500, 600] {
        hand_over(&mut adding, 0, Timestamp::ZERO + Span::from_millis(at_ms), &sample);
        counted.push(succeeded(&adding));
    }
    assert_eq!(counted, [1, 1, 1, 4, 4]);
    adding.finish();
    assert_eq!(succeeded(&adding), 5);
}

#[test]
fn a_second_has_percentiles_when_every_worker_is_past_it() {
    let mut adding = aggregator();
    let sample = |millis| Handed { samples: vec![("join", millis)], ..<_>::default() };
    hand_over(&mut adding, 0, seconds(1), &sample(10));
    assert_eq!(adding.totals().timeline().closed(), 0);
    assert!(adding.totals().timeline().metric("join").is_none());
    hand_over(&mut adding, 1, Timestamp::from_micros(990_000), &sample(30));
    assert_eq!(adding.totals().timeline().closed(), 0, "the probe may have more of this second");
    hand_over(&mut adding, 1, seconds(1), &sample(30));
    assert_eq!(adding.totals().timeline().closed(), 1);
    let columns = adding.totals().timeline().metric("join").expect("a closed second");
    assert_eq!((columns.count[0], columns.p50[0], columns.max[0]), (3, 30.0, 30.0));
}

#[test]
fn a_silent_worker_holds_nothing_back_for_long() {
    let mut adding = aggregator();
    for second in 1..=12 {
        hand_over(&mut adding, 0, seconds(second), &Handed { samples: vec![("join", 1)], ..<_>::default() });
    }
    assert_eq!(adding.totals().timeline().closed(), 2);
    hand_over(&mut adding, 1, seconds(1), &Handed { samples: vec![("join", 99)], ..<_>::default() });
    adding.finish();
    let columns = adding.totals().timeline().metric("join").expect("closed seconds");
    assert_eq!(columns.max[..3], [1.0, 1.0, 99.0], "what comes too late is shown in the first second that is open");
    assert_eq!(
        adding.totals().histogram("join").map(|histogram| histogram.count()),
        Some(11),
        "and counted where it belongs: its warm-up"
    );
}

#[test]
fn a_lost_worker_holds_nothing_back() {
    let mut adding = aggregator();
    adding.lose(1, seconds(1), &[UsersByState { failed: 2, ..<_>::default() }]);
    let completion = Completion {
        sender: UserId::new(0, 7),
        sequence: 0,
        sent_at: seconds(3),
        missing: 0,
        latencies: 5u32.to_le_bytes().to_vec(),
    };
    hand_over(&mut adding, 0, seconds(4), &Handed { completions: vec![completion], ..<_>::default() });
    assert_eq!(adding.totals().timeline().closed(), 4);
    assert_eq!(adding.totals().users_by_state().failed, 2);
    assert_eq!(adding.totals().histogram("message.completion.last").map(|histogram| histogram.count()), Some(1));
}

#[test]
fn sums_are_zero_and_levels_stay_while_nothing_comes() {
    let mut adding = aggregator();
    let busy = Handed { counts: vec![("frames.in", 5)], active: 3, ..<_>::default() };
    hand_over(&mut adding, 0, seconds(1), &busy);
    hand_over(&mut adding, 1, seconds(1), &Handed { active: 1, ..<_>::default() });
    hand_over(&mut adding, 0, seconds(4), &busy);
    let timeline = adding.totals().timeline();
    assert_eq!(timeline.value("frames.in"), Some(&[5.0, 0.0, 0.0, 5.0][..]));
    assert_eq!(timeline.value("users.active"), Some(&[4.0, 4.0, 4.0, 4.0][..]));
    let busy = timeline.value("health.busy_share").expect("it was handed over");
    assert!(busy[0] == 0.5 && busy[1].is_nan() && busy[3] == 0.5, "{busy:?}");
    assert_eq!(timeline.value("frames.out"), None);
}

#[test]
fn completion_is_over_the_members_of_all_workers() {
    let part = |missing, millis: &[u32]| Completion {
        sender: UserId::new(0, 7),
        sequence: 0,
        sent_at: seconds(3),
        missing,
        latencies: millis.iter().flat_map(|millis| (millis * 1_000).to_le_bytes()).collect(),
    };
    let said = |missing| {
        let mut adding = aggregator();
        let first = Handed { completions: vec![part(0, &[10, 30, 50])], ..<_>::default() };
        hand_over(&mut adding, 0, seconds(9), &first);
        assert!(adding.totals().histogram("message.completion.first").is_none(), "the probe's worker has not reported");
        let second = Handed { completions: vec![part(missing, &[20, 70])], ..<_>::default() };
        hand_over(&mut adding, 1, seconds(9), &second);
        let max = |part: &str| {
            adding
                .totals()
                .histogram(&format!("message.completion.{part}"))
                .and_then(|histogram| histogram.stats())
                .map(|stats| (stats.max, stats.is_at_least(stats.max)))
        };
        (["first", "median", "last"].map(max), adding.totals().counter("message.incomplete"))
    };
    let known = |millis| Some((millis, false));
    assert_eq!(said(0), ([known(10.0), known(30.0), known(70.0)], Some(0)));
    // The one that missed it is beyond the time after which a message is late.
    assert_eq!(said(1), ([known(10.0), known(30.0), Some((5_000.0, true))], Some(1)));
}

#[test]
fn a_worker_that_nobody_knows_is_ignored() {
    let mut adding = aggregator();
    hand_over(&mut adding, 2, seconds(1), &Handed { counts: vec![("frames.in", 5)], ..<_>::default() });
    assert_eq!((adding.totals().counter("frames.in"), adding.totals().elapsed()), (None, Span::ZERO));
}

#[test]
fn hidden_time_is_added_up() {
    let mut adding = aggregator();
    hand_over(&mut adding, 0, seconds(1), &Handed::default());
    adding.hidden(seconds(2), true);
    adding.hidden(seconds(3), true);
    adding.hidden(seconds(5), false);
    adding.hidden(seconds(8), true);
    assert_eq!(adding.totals().health().hidden_for(seconds(10)), Span::from_secs(5));
    hand_over(&mut adding, 0, seconds(12), &Handed::default());
    adding.finish();
    assert_eq!(adding.totals().health().hidden_for(seconds(99)), Span::from_secs(7));
}

#[test]
fn every_second_in_which_a_worker_stood_still_is_known() {
    let mut adding = aggregator();
    for (worker, at_ms, lag_ms) in [(0, 2_500, 1), (0, 5_250, 2_500), (0, 6_500, 1), (1, 6_500, 4_000)] {
        let at = Timestamp::ZERO + Span::from_millis(at_ms);
        hand_over(&mut adding, worker, at, &Handed { lag: vec![Span::from_millis(lag_ms)], ..<_>::default() });
    }
    assert_eq!(adding.totals().timeline().value("health.late_s"), Some(&[0.0, 0.0, 0.5, 1.0, 1.0, 0.25, 0.0][..]));
}

#[test]
fn a_run_of_more_than_a_day_does_not_grow_without_end() {
    let mut adding = aggregator();
    let handed = Handed { counts: vec![("frames.in", 1)], ..<_>::default() };
    for day in 1..=3 {
        hand_over(&mut adding, 0, seconds(day * 86_400), &handed);
    }
    assert_eq!(adding.totals().timeline().seconds(), 86_400);
    assert_eq!(adding.totals().timeline().value("frames.in").and_then(|values| values.last().copied()), Some(3.0));
}

#[test]
fn the_worst_staleness_outlives_the_quiet_end_of_a_run() {
    let mut adding = aggregator();
    let got = |second: u64, millis: u32| {
        let completion = |sequence| Completion {
            sender: UserId::new(0, 7),
            sequence: second as u32 * 100 + sequence,
            sent_at: seconds(second),
            missing: 0,
            latencies: (millis * 1_000).to_le_bytes().to_vec(),
        };
        Handed { completions: (0..6).map(completion).collect(), ..<_>::default() }
    };
    for (second, load, probe) in [(1, 12, 10), (14, 40, 10), (28, 15, 10)] {
        hand_over(&mut adding, 0, seconds(second + 1), &got(second, load));
        hand_over(&mut adding, 1, seconds(second + 1), &got(second, probe));
    }
    (0..2).for_each(|worker| hand_over(&mut adding, worker, seconds(60), &Handed::default()));
    adding.finish();
    let totals = adding.totals();
    assert_eq!(totals.staleness(), None, "nothing was sent at the end");
    assert_eq!(totals.worst_staleness().map(|worst| worst.p50_ms), Some(30.0));
}
