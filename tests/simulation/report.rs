//! A run and what is made again from its report are the same: in every number of a second report, and in every view.

use app::past::PastRun;
use app::run::RunView;
use app::run::log::LogFilter;
use app::run::view::charts::{self, ChartKind};
use base::time::Span;
use metrics::{Browser, Report};
use plan::Plan;
use serde_json::{Value, json};
use testkit::{ClosePoint, Faults, VoiceConfig, World};

use crate::support::held;

fn plan(populations: Value) -> Plan {
    let plan = json!({
        "version": 1, "name": "simulated", "seed": 7, "warmup_s": 5, "populations": populations,
        "thresholds": ["message.round_trip p95 < 1 ms", "errors rate < 50%", "nobody.counts count > 0", "delivery.missing == 0"],
    });
    Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn chat(name: &str, users: u32) -> Value {
    json!({ "name": name, "scenario": "ktb-chat", "load": held(users, 30) })
}

fn voices(users: u32) -> Value {
    let load = json!({ "model": "batch", "users": users, "size": users, "every_s": 1, "hold_s": 40 });
    json!({ "name": "voices", "scenario": "voice-guest", "load": load })
}

fn world(populations: Value, faults: Faults) -> World {
    let config = VoiceConfig { close: Some((ClosePoint::Listening, 1011)), ..VoiceConfig::default() };
    World::new(plan(populations), Vec::new(), 4, Span::from_millis(5), faults).with_voice(config)
}

fn report_of(world: &World) -> Report {
    let browser = Browser { user_agent: "Simulated/1".to_owned(), cores: 4, workers: 4, ..Browser::default() };
    world.run.report(vec![browser], "2026-11-25T12:00:00.000Z".to_owned())
}

#[track_caller]
fn check(world: &World) {
    let report = report_of(world);
    let text = serde_json::to_string(&report).expect("a report is plain data");
    let past = PastRun::read(&text).unwrap_or_else(|error| panic!("{error}"));

    let again = past.result.report(report.browsers.clone(), report.started_at.clone());
    let unfinished = again.problem.clone().filter(|_| !report.finished);
    assert_eq!(again, Report { problem: unfinished.or_else(|| report.problem.clone()), ..report });

    let live = RunView::live(&world.run, &LogFilter::default(), &RunView::default());
    let shown = RunView::of(&past.result);
    assert!(live.tables.latencies.len() > 3 && !live.tables.operations.is_empty());
    assert_eq!(shown.tables, live.tables);
    assert_eq!(shown.log.rows, live.log.rows);
    if world.run.is_done() {
        assert_eq!((&shown.tiles, &shown.status), (&live.tiles, &live.status));
    }
    for kind in ChartKind::ALL.into_iter().chain(ChartKind::VOICE) {
        for metric in &live.tables.latencies {
            let (was, is) = (charts::data(kind, &world.run.result(), metric), charts::data(kind, &past.result, metric));
            // Not a number is equal to nothing, and drawn as nothing.
            assert_eq!(format!("{is:?}"), format!("{was:?}"), "{kind:?} of {metric}");
        }
    }
}

#[track_caller]
fn check_played(populations: Value, faults: Faults) {
    let mut world = world(populations, faults);
    world.play(Span::from_secs(4_000));
    assert!(world.run.is_done(), "the run is not over: {:?}", world.run.status());
    check(&world);
}

#[test]
fn a_past_run_is_the_run_it_was() {
    let faults = || Faults { lose: 0.05, duplicate: 0.05, reorder: 0.05, ..Faults::default() };
    check_played(json!([chat("owls", 12)]), faults());
    check_played(json!([chat("owls", 6), chat("larks", 5)]), faults());
    check_played(json!([voices(5)]), Faults::default());
    check_played(json!([voices(4), chat("owls", 4)]), faults());
}

#[test]
fn a_report_that_was_written_in_mid_run_says_so() {
    let mut world = world(json!([chat("owls", 12)]), Faults::default());
    world.play(Span::from_secs(20));
    let report = report_of(&world);
    assert!(!report.finished);
    let view = RunView::of(&PastRun::of(report).expect("it can be shown").result);
    assert_eq!(view.status.problem.as_deref(), Some("this was written while the run was going on"));
}
