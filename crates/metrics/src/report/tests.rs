use serde_json::json;

use super::*;
use crate::totals::Totals;
use crate::{
    Completion, DisconnectKey, ErrorKey, HealthDelta, Player, PopulationConfig, Recorder, SnapshotPart, TotalsConfig,
    UserId, UsersByState,
};
use plan::Plan;

fn plan() -> Plan {
    let document = json!({
        "version": 1,
        "name": "evening",
        "populations": [
            {"name": "owls", "scenario": "ktb-chat", "load": {"model": "shape", "name": "smoke", "users": 3, "duration_s": 60}},
            {"name": "larks", "scenario": "ktb-chat", "load": {"model": "shape", "name": "smoke", "users": 3, "duration_s": 60}},
        ],
        "thresholds": ["message.round_trip p95 < 300 ms", "history p95 < 1 s", "delivery.missing == 0", "leave max < 20 s"],
        "lab": {"lose_share": 0.05},
    });
    Plan::check(&document).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn totals() -> Totals {
    let population =
        |name: &str| PopulationConfig { name: name.to_owned(), delivery: Some("message".to_owned()), ..<_>::default() };
    let mut adding = crate::Aggregator::new(TotalsConfig {
        workers: 2,
        probes: vec![1],
        populations: vec![population("owls"), population("larks")],
        warmup_end: Timestamp::ZERO,
        ..TotalsConfig::default()
    });
    for worker in 0..2 {
        for second in 1..=3u64 {
            let at = Timestamp::ZERO + Span::from_secs(second);
            let mut recorder = Recorder::new(Timestamp::ZERO);
            let trip = recorder.series("message.round_trip", "owls");
            let (fanout, leave) = (recorder.series("message.fanout", "owls"), recorder.series("leave", "owls"));
            let calls = recorder.counter("http.requests", "larks");
            for n in 1..20 {
                recorder.sample(at, trip, Span::from_millis(n));
                recorder.sample(at, fanout, Span::from_millis(n + second));
            }
            recorder.count(calls, 7);
            // What never came, and what this worker stood still in.
            recorder.censored(at, leave, Span::from_secs(10), Span::from_secs(10));
            recorder.stood_still(at.before(Span::from_millis(5)), at);
            recorder.sample(at, leave, Span::from_millis(3));
            let mut player = Player::new(Span::ZERO);
            for n in 0..4 {
                player.arrive(Timestamp::ZERO + Span::from_millis(n * 80), Span::from_millis(100));
            }
            recorder.heard(UserId::new(1, worker as u32), &player.listened());
            let (population, phase) = ("owls".to_owned(), Phase::Flow);
            let key =
                ErrorKey { population: population.clone(), operation: "join".into(), code: "timeout".into(), phase };
            recorder.error(at, key, || "no answer in 10 s".to_owned());
            recorder.disconnect(
                at,
                DisconnectKey { population, code: 1006, reason: String::new(), by: ClosedBy::Server, phase },
            );
            let health = HealthDelta { lag: vec![Span::from_millis(3)], busy_share: 0.25, ..HealthDelta::default() };
            let completion = Completion {
                sender: UserId::new(0, 1),
                sequence: second as u32,
                sent_at: Timestamp::ZERO,
                missing: 0,
                latencies: 5_000u32.to_le_bytes().to_vec(),
            };
            adding.absorb(
                worker,
                SnapshotPart {
                    at,
                    metrics: &recorder.drain(),
                    users: &[UsersByState { active: 3, ..<_>::default() }; 2],
                    ledger: &LedgerDelta { sent: 2, due: 6, delivered: 6, arrived: 6, accepted: 2, ..<_>::default() },
                    completions: &[completion],
                    health: &health,
                },
            );
        }
    }
    adding.finish();
    adding.into()
}

fn report() -> Report {
    let browser = Browser {
        user_agent: "Mozilla/5.0".into(),
        cores: 4,
        workers: 2,
        version: "0.1.0".into(),
        build: "0123456789abcdef".into(),
        name: Some("Kim".into()),
        sent: 2,
        received: 6,
        errors: 0,
    };
    let (plan, totals) = (plan(), totals());
    let glance = |text: &String| ThresholdResult::at_a_glance(&text.parse().expect("an expression"), &totals);
    let facts = ReportFacts {
        thresholds: plan.thresholds.iter().map(glance).collect(),
        run: "a1b".into(),
        browsers: vec![browser],
        started_at: "2026-11-21T22:00:00.000Z".into(),
        problem: None,
        clock_bound_ms: Some(1.5),
        verdict: None,
        insights: crate::insights(&totals),
        finished: true,
        search: None,
        log: LogEntry { lines: log_lines(), left_out: 3 },
    };
    Report::new(&plan, &totals, facts)
}

fn log_lines() -> Vec<LogLineEntry> {
    let line = |level, population: &str, user, text: &str| LogLineEntry {
        at_s: 1.25,
        level,
        population: population.into(),
        user,
        text: text.into(),
    };
    vec![line(LogLevel::Info, "", None, "stopping"), line(LogLevel::Error, "chat", Some(0), "failed: no room")]
}

#[test]
fn a_report_is_what_its_schema_says() {
    let schema: Value = serde_json::from_str(include_str!("../../../../docs/report.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let empty = Report::new(&plan(), &Totals::default(), ReportFacts::default());
    let told: Vec<Insight> =
        crate::insight::tests::scene::one_of_each().into_iter().map(|(kind, _)| kind.into()).collect();
    let told = told.chunks(crate::MOST_INSIGHTS).map(|told| Report { insights: told.to_vec(), ..report() });
    for report in told.chain([report(), empty]) {
        let document = serde_json::to_value(&report).unwrap();
        let problems: Vec<_> =
            validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(problems.is_empty(), "{problems:#?}");
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    }
}

#[test]
fn a_report_of_an_earlier_version_tells_nothing() {
    let mut document = serde_json::to_value(report()).unwrap();
    document.as_object_mut().unwrap().remove("insights");
    assert_eq!(serde_json::from_value::<Report>(document).unwrap().insights, []);
}

#[test]
fn a_report_says_what_happened() {
    let report = report();
    let metric = |name: &str, population: Option<&str>| {
        let wanted =
            |entry: &&MetricEntry| entry.name == name && entry.tags.get("population").map(String::as_str) == population;
        report.metrics.iter().find(wanted).map(|entry| (entry.stats.count, entry.stats.max))
    };
    assert_eq!(metric("message.round_trip", None), Some((114, 19.0)));
    assert_eq!(metric("message.round_trip", Some("owls")), Some((114, 19.0)));
    assert_eq!(metric("message.round_trip", Some("larks")), None);
    assert_eq!(metric("message.completion.last", Some("owls")), Some((3, 5.0)));
    assert_eq!(metric("worker.lag", None), Some((6, 3.0)));
    let calls = report.counters.iter().find(|entry| entry.name == "http.requests").unwrap();
    assert_eq!((calls.count, calls.tags["population"].as_str()), (42, "larks"));
    assert_eq!((report.errors[0].count, report.errors[0].first_s), (6, 1.0));
    assert_eq!((report.delivery.sent, report.delivery.due), (12, 36));
    let verdicts: Vec<_> = report.thresholds.iter().map(|entry| (entry.ok, entry.outcome)).collect();
    let kept = (true, Outcome::Pass);
    assert_eq!(verdicts, [kept, (false, Outcome::NotMeasured), kept, (false, Outcome::Invalid)]);
    let leave = report.metrics.iter().find(|entry| entry.name == "leave").expect("it was measured");
    assert_eq!(leave.stats.censored.map(|censored| (censored.count, censored.from)), Some((6, 10_000.0)));
    assert!(report.thresholds[3].at_least && leave.clean.is_some());
    let listeners = report.listeners.as_ref().unwrap();
    let worst: Vec<_> = listeners.worst.iter().map(|worst| (worst.population.as_str(), worst.user)).collect();
    assert_eq!((listeners.users, worst), (2, vec![("larks", 0), ("larks", 1)]));
    assert_eq!((listeners.all.answers, listeners.all.real_time_factor), (6, Some(1.25)));
    let join = report.operations.iter().find(|entry| entry.name == "join").unwrap();
    assert_eq!((join.succeeded, join.failed, join.error_rate), (0, 6, Some(1.0)));
    assert_eq!(report.series.metrics["message.round_trip"].count, [38, 38, 38]);
    assert_eq!(report.series.metrics["message.round_trip"].p50, [Some(10.0); 3]);
    assert_eq!(report.series.values["users.active"], [Some(12.0); 3]);
    assert_eq!(report.series.values["delivery.sent"], [Some(4.0); 3]);
    assert!(report.health.workers[1].probe);
    assert_eq!(report.health.workers[0].busy_share, 0.25);
}

#[test]
fn a_plan_in_a_report_keeps_its_faults_and_loses_its_secrets() {
    let plan = report().plan;
    assert_eq!(plan["lab"]["lose_share"], json!(0.05));
    assert_eq!(plan["populations"][0]["accounts"]["columns"]["password"], json!("***"));
    assert_eq!(plan["populations"][0]["accounts"]["columns"]["name"], json!("Swarm {run} {population} {n}"));
}

#[test]
fn the_staleness_of_an_older_report_is_not_taken_for_the_worst() {
    let of = |p50_ms| Some(Staleness { p50_ms, p95_ms: 2.0 * p50_ms });
    let cases = [
        (of(30.0), Some(30.0), of(30.0)),
        (of(30.0), Some(f64::from(30.000_01_f32)), of(30.0)),
        (of(3.0), Some(30.0), None),
        (None, Some(30.0), None),
        (None, None, None),
    ];
    for (staleness, staleness_max_ms, expected) in cases {
        let mut read = report();
        read.health = HealthEntry { staleness, staleness_max_ms, ..read.health };
        let totals = read.totals(&plan()).expect("it is whole");
        assert_eq!((totals.staleness(), totals.worst_staleness()), (None, expected), "{staleness:?}");
    }
}
