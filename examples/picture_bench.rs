//! Milliseconds that a second of the run page costs on the host, without drawing: the result of 250 users with 40 operations after an
//! hour, its tables, and the data of its charts.
//!
//! `cargo run --release --example picture_bench`. Absolute times depend on the machine and on what else it does.

use std::borrow::Cow;
use std::hint::black_box;
use std::time::Instant;

use app::run::RunView;
use app::run::view::charts::{ChartKind, data};
use base::time::{Span, Timestamp};
use metrics::{
    Aggregator, ErrorKey, HealthDelta, LedgerDelta, Phase, Recorder, SnapshotPart, TotalsConfig, UsersByState,
};
use plan::Plan;
use run::{Log, RunResult, Status};

const OPERATIONS: usize = 40;
const WORKERS: usize = 5;
const SECONDS: u64 = 3_600;

fn main() {
    let plan = plan();
    let mut adding = Aggregator::new(TotalsConfig::new(&plan, vec![None; WORKERS], vec![WORKERS - 1]));
    let added = millis(|| an_hour(&mut adding));
    println!("{WORKERS} workers' hand-overs of a second are added up in {:.2} ms", added / SECONDS as f64);
    let kept = adding.totals().timeline().window_bytes() as f64 / 1e6;
    println!("distributions of all windows: {kept:.1} MB");
    println!("the run page's second after an hour: {:.2} ms", fastest(|| picture(&plan, &adding)));
}

fn picture(plan: &Plan, adding: &Aggregator) {
    let result = RunResult {
        id: "a1b".into(),
        plan: Cow::Borrowed(plan),
        totals: Cow::Borrowed(adding.totals()),
        log: Cow::Owned(Log::default()),
        status: Status::default(),
        finished: false,
        clock_bound: None,
        told: None,
        thresholds: Cow::Owned(adding.thresholds()),
        search: None,
        search_level: None,
    };
    let view = RunView::of(&result);
    let metric = view.tables.latencies.first().cloned().unwrap_or_default();
    ChartKind::ALL.iter().for_each(|kind| drop(black_box(data(*kind, &result, &metric))));
    black_box(view);
}

fn an_hour(adding: &mut Aggregator) {
    let mut random = fastrand::Rng::with_seed(7);
    let names: Vec<_> = (0..OPERATIONS).map(|n| format!("rest.operation_{n}")).collect();
    for second in 1..=SECONDS {
        for worker in 0..WORKERS {
            let at = Timestamp::ZERO + Span::from_secs(second);
            let mut recorder = Recorder::new(Timestamp::ZERO);
            for name in &names {
                let series = recorder.series(name, "everybody");
                (0..3).for_each(|_| recorder.sample(at, series, Span::from_micros(random.u64(300..900_000))));
            }
            let key = ErrorKey {
                population: "everybody".into(),
                operation: names[random.usize(..OPERATIONS)].clone(),
                code: "timeout".into(),
                phase: Phase::Active,
            };
            recorder.error(at, key, || "no answer in 10 s".to_owned());
            adding.absorb(
                worker,
                SnapshotPart {
                    at,
                    metrics: &recorder.drain(),
                    users: &[UsersByState { active: 50, ..UsersByState::default() }],
                    ledger: &LedgerDelta {
                        sent: 10,
                        due: 90,
                        delivered: 90,
                        arrived: 90,
                        accepted: 10,
                        ..LedgerDelta::default()
                    },
                    completions: &[],
                    health: &HealthDelta { busy_share: 0.2, lag: vec![Span::from_millis(3)], ..HealthDelta::default() },
                },
            );
        }
    }
}

fn plan() -> Plan {
    let document = serde_json::json!({
        "version": 1,
        "name": "an hour",
        "populations": [
            {"name": "everybody", "scenario": "ktb-chat", "load": {"model": "shape", "name": "smoke", "users": 250, "duration_s": SECONDS}},
        ],
        "thresholds": ["rest.operation_1 p95 < 800 ms", "rest.operation_2 p99 < 2 s for 30 s", "errors rate < 1%"],
    });
    Plan::check(&document).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The best of some rounds: what else the machine does only ever adds.
fn fastest(mut round: impl FnMut()) -> f64 {
    (0..20).map(|_| millis(&mut round)).fold(f64::INFINITY, f64::min)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn millis(what: impl FnOnce()) -> f64 {
    let start = Instant::now();
    what();
    start.elapsed().as_secs_f64() * 1e3
}
