//! Another browser's parts: those of an honest one are believed whatever happens on the way, and those of one that says what cannot
//! be put it out of the run, which goes on.

use base::time::{Span, Timestamp};
use engine::wire::{FromWorker, Snapshot, ToWorker};
use metrics::{CounterDelta, LedgerDelta, MetricsDelta, UsersByState};
use plan::Plan;
use proptest::prelude::*;
use run::{Capacity, Run, RunInput, layout};
use serde_json::json;
use testkit::{Faults, VoiceConfig, World};

use crate::support::{chat_plan, held};
use crate::voice::{once, plan as voice_plan};

/// The same browser as in other simulations, but somebody else's: every hand-over of its is held against what can be.
fn elsewhere(plan: Plan, faults: Faults) -> World {
    let kim = Capacity { browser: Some("Kim".into()), is_capped: false, ..Capacity::own(4, 250) };
    World::in_browser(&kim, plan, Vec::new(), Span::from_millis(5), faults)
}

#[track_caller]
fn check_believed(world: &World) {
    assert!(world.run.is_done(), "the run is not over: {:?}", world.run.status());
    assert_eq!(world.run.status().problem, None);
    assert!(world.run.totals().delivery().sent > 0 || world.run.totals().listeners().all().answers > 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]

    #[test]
    fn what_an_honest_browser_hands_over_is_believed(
        lose in 0.0..0.2f64, duplicate in 0.0..0.2f64, reorder in 0.0..0.3f64, strange in 0.0..0.1f64, mistyped in 0.0..0.1f64,
        users in 5..16u32, room in 3..20u32, cut in 5..25u64, own_twice: bool, stops: bool,
    ) {
        let faults = Faults { lose, duplicate, reorder, strange, mistyped, own_twice, ..Faults::default() };
        let variables = json!({ "room_size": room, "send_min_ms": 400, "send_max_ms": 900 });
        let mut world = elsewhere(chat_plan(held(users, 30), variables), faults);
        world.play(Span::from_secs(cut));
        world.cut_connections(3);
        if stops {
            world.command(RunInput::Stop);
        }
        world.play_until(Timestamp::ZERO + Span::from_secs(4_000));
        check_believed(&world);
    }
}

#[test]
fn an_honest_browser_of_voice_users_is_believed() {
    let plan = voice_plan("voice-guest", json!({}), once(12, 60));
    let mut world = elsewhere(plan, Faults::default()).with_voice(VoiceConfig::default());
    world.play(Span::from_secs(30));
    world.cut_conversations();
    world.play_until(Timestamp::ZERO + Span::from_secs(4_000));
    assert!(world.run.is_done());
    assert_eq!(world.run.status().problem, None);
}

/// A run of this browser and Kim's, five seconds after its start.
struct Pair {
    run: Run,
    now_ms: f64,
}

impl Pair {
    fn new() -> Self {
        let kim = Capacity { browser: Some("Kim".into()), ..Capacity::own(2, 250) };
        let plan = chat_plan(held(20, 60), json!({}));
        let parts = layout(&[Capacity::own(2, 250), kim], plan.handshakes_in_flight);
        let mut this = Self { run: Run::new(0.0, plan, Vec::new(), "k3f".into(), parts), now_ms: 0.0 };
        let build = tabswarm::BUILD_ID.to_owned();
        (0..4).for_each(|worker| this.from(worker, FromWorker::Ready { build: build.clone() }));
        (0..4).for_each(|worker| this.from(worker, FromWorker::Loaded));
        this.from(2, FromWorker::Prepared { population: 0, shared: serde_json::Map::new() });
        this.now_ms = 5_250.0;
        this.input(RunInput::Tick);
        this.hand_over(KIM, |_| {});
        this.said();
        this
    }

    fn input(&mut self, input: RunInput) {
        self.run.handle(self.now_ms, input);
    }

    fn from(&mut self, worker: usize, message: FromWorker) {
        self.input(RunInput::From { worker, message });
    }

    fn hand_over(&mut self, worker: usize, change: impl FnOnce(&mut Snapshot)) {
        let mut snapshot = Snapshot {
            at: Timestamp::ZERO + Span::from_secs(5),
            users: vec![UsersByState { active: 9, ..UsersByState::default() }],
            ledger: LedgerDelta { sent: 3, accepted: 3, arrived: 3, ..LedgerDelta::default() },
            ..Snapshot::default()
        };
        change(&mut snapshot);
        self.from(worker, FromWorker::Snapshot(Box::new(snapshot)));
    }

    fn said(&mut self) -> Vec<(usize, ToWorker)> {
        std::iter::from_fn(|| self.run.poll()).collect()
    }
}

/// Places of Kim's workers: that with the load, and the probe.
const KIM: usize = 1;
const PROBE_OF_KIM: usize = 3;

/// What is said puts Kim out, and the run goes on.
#[track_caller]
fn check_out(change: impl FnOnce(&mut Snapshot), why: &str) {
    let mut pair = Pair::new();
    pair.hand_over(KIM, change);
    let problem = pair.run.status().problem.unwrap_or_default();
    assert_eq!(problem, format!("Kim was put out after 5.0 s with its 9 users: {why}"));
    let told: Vec<usize> =
        pair.said().into_iter().filter(|(_, said)| *said == ToWorker::Abort).map(|of| of.0).collect();
    assert_eq!(told, [KIM, PROBE_OF_KIM]);
    assert_eq!(pair.run.take_put_out(), [KIM]);
    let vacant = pair.run.vacant_parts(None);
    assert_eq!(vacant.iter().map(|vacancy| vacancy.part.segment.part).collect::<Vec<_>>(), [KIM, PROBE_OF_KIM]);
    // What was believed before stays; nothing more is heard.
    assert_eq!(pair.run.totals().delivery().sent, 3);
    pair.hand_over(PROBE_OF_KIM, |_| {});
    assert_eq!(pair.run.totals().delivery().sent, 3);
    pair.hand_over(0, |_| {});
    assert_eq!(pair.run.totals().delivery().sent, 6);
    assert!(!pair.run.is_done());
    assert!(pair.run.totals().timeline().seconds() < 1_000);
}

#[test]
fn who_says_what_cannot_be_is_put_out_and_named_and_the_run_goes_on() {
    let far = Timestamp::from_micros(u64::MAX);
    check_out(|it| it.at = far, "its part said that it was made at 18446744073709.6 s of the run, which is not as old");
    check_out(|it| it.ledger.sent = u64::MAX, "its part said that more than 1000000000 messages are sent");
    check_out(|it| it.ledger.missing = -4, "its part said that -4 messages are missing");
}

#[test]
fn names_that_come_little_by_little_are_bounded_as_well() {
    let mut pair = Pair::new();
    for round in 0..40 {
        let counter = |n: u32| CounterDelta { counter: format!("c{round}.{n}"), population: "chat".into(), count: 1 };
        let counters = (0..500).map(counter).collect();
        pair.hand_over(KIM, |it| it.metrics = MetricsDelta { counters, ..MetricsDelta::default() });
    }
    let problem = pair.run.status().problem.unwrap_or_default();
    assert!(problem.contains("names of metrics that nobody else has"), "{problem}");
    assert!(pair.run.totals().counters().count() < 5_000);
}

#[test]
fn a_browser_of_which_a_worker_is_dead_already_is_put_out_all_the_same() {
    let mut pair = Pair::new();
    pair.input(RunInput::WorkerDied { worker: KIM, message: "a fault".into() });
    pair.input(RunInput::PutOut { worker: KIM, why: "what it handed over cannot be read".into() });
    assert_eq!(pair.run.take_put_out(), [KIM]);
    pair.hand_over(PROBE_OF_KIM, |_| {});
    assert_eq!(pair.run.totals().delivery().sent, 3);
}

#[test]
fn what_our_own_workers_say_is_not_doubted() {
    let mut pair = Pair::new();
    pair.hand_over(0, |it| it.ledger = LedgerDelta { sent: 1, accepted: 2, ..LedgerDelta::default() });
    assert_eq!(pair.run.status().problem, None);
}

#[test]
fn nobody_prepares_who_was_not_asked_to() {
    let kim = Capacity { browser: Some("Kim".into()), ..Capacity::own(2, 250) };
    let plan = chat_plan(held(20, 60), json!({}));
    let parts = layout(&[Capacity::own(2, 250), kim], plan.handshakes_in_flight);
    let mut run = Run::new(0.0, plan, Vec::new(), "k3f".into(), parts);
    let build = tabswarm::BUILD_ID.to_owned();
    let mut from = |worker, message| run.handle(0.0, RunInput::From { worker, message });
    (0..4).for_each(|worker| from(worker, FromWorker::Ready { build: build.clone() }));
    (0..4).for_each(|worker| from(worker, FromWorker::Loaded));
    from(KIM, FromWorker::Prepared { population: 0, shared: serde_json::Map::new() });
    assert_eq!(run.epoch_ms(), None);
}
