use serde_json::json;

use super::*;
use crate::wire::LogLevel;
use metrics::{Cause, CounterDelta, Fate, Frame, Phase, SentRecord, UserId};

fn part() -> PartOfRun {
    let load = json!({"model": "closed", "start": 5, "stages": [{"duration_s": 60, "target": 5}]});
    let plan = json!({
        "version": 1, "name": "p", "seed": 1,
        "populations": [{"name": "chat", "scenario": "ktb-chat", "load": load}],
    });
    PartOfRun::new(&Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:?}")))
}

/// Three seconds into a run, of an honest worker.
fn honest() -> Snapshot {
    let samples = [Span::from_millis(3), Span::from_secs(3_599)];
    let histogram = HistogramDelta::of("message.fanout".into(), "chat".into(), false, &samples);
    Snapshot {
        at: Timestamp::ZERO + Span::from_secs(3),
        metrics: MetricsDelta { histograms: histogram.into_iter().collect(), ..MetricsDelta::default() },
        users: vec![UsersByState { active: 5, ..UsersByState::default() }],
        ledger: LedgerDelta {
            sent: 4,
            accepted: 3,
            due: 9,
            delivered: 8,
            missing: 1,
            arrived: 8,
            ..LedgerDelta::default()
        },
        ..Snapshot::default()
    }
}

#[track_caller]
fn check(break_it: impl FnOnce(&mut Snapshot), expected: &str) {
    let mut snapshot = honest();
    break_it(&mut snapshot);
    let now = Timestamp::ZERO + Span::from_secs(3);
    let found = snapshot.plausible(now, &part(), &LedgerDelta::default());
    assert_eq!(found.err().map(|error| error.to_string()).unwrap_or_default(), expected);
}

#[test]
fn what_an_honest_worker_says_can_be() {
    check(|_| {}, "");
}

#[test]
fn times_that_have_not_come_cannot_be() {
    let far = Timestamp::from_micros(u64::MAX);
    check(|it| it.at = far, "it was made at 18446744073709.6 s of the run, which is not as old");
    check(|it| it.at = Timestamp::ZERO + Span::from_secs(500), "");
    let record = |room, sent_at, fate| SentRecord { room, sender: UserId::new(0, 1), sequence: 0, sent_at, fate };
    let log = |record| SentLog { rooms: vec!["a".into()], records: vec![record] };
    check(
        |it| it.sent = log(record(0, far, Fate::Rejected)),
        "a message was sent at 18446744073709.6 s of the run, which is not as old",
    );
    check(
        |it| it.sent = log(record(0, Timestamp::ZERO, Fate::Accepted(far))),
        "a message's fate was known at 18446744073709.6 s of the run, which is not as old",
    );
    check(|it| it.sent = log(record(1, Timestamp::ZERO, Fate::Rejected)), "a message went to room 1 of 1");
    let line = |text: &str, population: &str, at| LogLine {
        at,
        level: LogLevel::Info,
        population: population.into(),
        user: None,
        text: text.into(),
    };
    check(
        |it| it.log = vec![line("a", "", far)],
        "a line of its log was written at 18446744073709.6 s of the run, which is not as old",
    );
    check(|it| it.log = vec![line("a", "them", it.at)], "it has a population `them`, and the plan has none");
    check(
        |it| it.log = vec![line(&"a".repeat(30_000), "chat", it.at)],
        "a line of its log has 30000 bytes, and 20000 are the most that can be",
    );
}

#[test]
fn counts_beyond_reason_cannot_be() {
    check(|it| it.ledger.sent = u64::MAX, "more than 1000000000 messages are sent");
    check(|it| it.ledger.missing = -4, "-4 messages are missing");
    check(|it| it.ledger.missing = i64::MIN, "less than -1000000000 messages are missing");
    check(|it| it.ledger.delivered = 9, "of 9 deliveries 9 came and 1 are missing");
    check(|it| it.ledger.rejected = 2, "the fate of 5 messages is known, and 4 were sent");
    check(
        |it| it.users[0].active = u32::MAX,
        "there were 4294967295 users that are active, and 1000000 are the most that can be",
    );
    check(
        |it| it.users.resize(3, UsersByState::default()),
        "it has 3 populations with users, and 1 are the most that can be",
    );
    check(
        |it| it.health.buffered_sum = u64::MAX,
        "there were 18446744073709551615 bytes that wait, and 1000000000000 are the most that can be",
    );
    check(|it| it.health.busy_share = f64::NAN, "NaN of its time that its code ran");
    check(
        |it| it.health.sockets_open = u32::MAX,
        "there were 4294967295 sockets, and 1000000 are the most that can be",
    );
}

#[test]
fn samples_beyond_an_hour_cannot_be() {
    let pair = |value: u32, count: u32| [value.to_le_bytes(), count.to_le_bytes()].concat();
    check(
        |it| it.metrics.histograms[0].pairs = pair(4_294_967_295, 1),
        "there were 4294967295 microseconds of a sample of message.fanout, and 3600000000 are the most that can be",
    );
    check(
        |it| it.metrics.histograms[0].max_us = u32::MAX,
        "there were 4294967295 microseconds of a sample of message.fanout, and 3600000000 are the most that can be",
    );
    check(|it| it.metrics.histograms[0].sum_us = f64::INFINITY, "inf microseconds of all samples of message.fanout");
    check(
        |it| it.metrics.histograms[0].pairs.clear(),
        "0 bytes, least 3000 and most 3599000000 are samples of message.fanout",
    );
    let never = |limit_us| vec![metrics::Censored { limit_us, count: 2 }];
    check(
        |it| it.metrics.histograms[0].censored = never(u32::MAX),
        "there were 4294967295 microseconds of a sample of message.fanout, and 3600000000 are the most that can be",
    );
    check(
        |it| it.metrics.histograms[0].censored = never(5).repeat(17),
        "it has 17 limits of one metric, and 16 are the most that can be",
    );
    check(
        |it| it.metrics.histograms[0].late = 1_000,
        "16 bytes, least 3000 and most 3599000000 are samples of message.fanout",
    );
    check(
        |it| it.metrics.histograms[0].pairs = [pair(1, u32::MAX), pair(2, 3)].concat(),
        "there were 4294967298 samples of message.fanout, and 1000000000 are the most that can be",
    );
}

#[test]
fn names_without_end_cannot_be() {
    let counter = |n: u32| CounterDelta { counter: format!("c{n}"), population: "chat".into(), count: 1 };
    check(|it| it.metrics.counters = (0..500).map(counter).collect(), "");
    let mut snapshot = honest();
    snapshot.metrics.counters = (0..15_000).map(counter).collect();
    let found = snapshot.plausible(snapshot.at, &part(), &LedgerDelta::default());
    assert!(found.is_err_and(|why| why.to_string().starts_with("it has 15000 counters, and ")));
    let name = "n".repeat(2_000);
    check(
        |it| it.metrics.counters = vec![CounterDelta { counter: name, population: "chat".into(), count: 1 }],
        "a counter's name has 2000 bytes, and 1024 are the most that can be",
    );
}

#[test]
fn evidence_is_bounded() {
    let evidence = |frames| Evidence {
        at_s: 1.0,
        population: "chat".into(),
        user: 1,
        phase: Phase::Flow,
        cause: Cause::Slowest { metric: "m".into(), ms: 1.0 },
        frames,
        generator: None,
    };
    check(|it| it.evidence = vec![evidence(vec![Frame::default(); 24])], "");
    check(
        |it| it.evidence = vec![evidence(vec![Frame::default(); 65])],
        "it has 65 frames beside it, and 64 are the most that can be",
    );
    let long = Frame { text: Some("x".repeat(5_000)), ..Frame::default() };
    check(|it| it.evidence = vec![evidence(vec![long])], "a frame has 5000 bytes, and 4096 are the most that can be");
}
