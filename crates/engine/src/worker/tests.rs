//! A worker whose edge does what the test says, in a time that the test moves.

use serde_json::json;

use super::*;
use crate::tests::Bench;
use crate::wire::{Snapshot, WorkerLoad};
use plan::Plan;
use serde_json::Map;

/// A worker, what it ordered and said in short, and its edge.
#[derive(Default)]
struct Desk {
    worker: Worker,
    now_ms: f64,
    heard: Vec<String>,
    snapshots: Vec<Snapshot>,
    /// The browser refuses every address.
    refuses: bool,
}

impl Desk {
    /// At 1,000 ms it gets its load: so many users from the start on.
    fn loaded(users: u32, change: impl FnOnce(&mut WorkerLoad)) -> Self {
        let held = json!({ "model": "closed", "start": users, "stages": [{ "duration_s": 600, "target": users }] });
        let mut load = Bench::load(&[(json!({}), held)], None);
        change(&mut load);
        let mut desk = Self { now_ms: 1_000.0, ..Self::default() };
        desk.tell(ToWorker::Load(Box::new(load)));
        desk.check(&["set up", "Loaded"]);
        desk
    }

    /// It has started at 2,000 ms.
    fn started(users: u32, change: impl FnOnce(&mut WorkerLoad)) -> Self {
        let mut desk = Self::loaded(users, change);
        desk.tell(start(2_000.0));
        desk.wake(2_000.0);
        desk
    }

    fn tell(&mut self, message: ToWorker) {
        self.give(WorkerInput::Told(message));
    }

    fn edge(&mut self, happened: FromEdge<'_>) {
        self.give(WorkerInput::Edge(happened));
    }

    fn wake(&mut self, now_ms: f64) {
        self.now_ms = now_ms;
        self.give(WorkerInput::Woken { lag: Some(Span::ZERO) });
    }

    /// Time passes until then, every timer on time.
    fn pass(&mut self, until_ms: f64) {
        while let Some(due_ms) = self.worker.next_timeout_ms().filter(|due_ms| *due_ms <= until_ms) {
            self.wake(due_ms.max(self.now_ms));
        }
        self.now_ms = until_ms;
    }

    fn give(&mut self, input: WorkerInput<'_>) {
        self.worker.handle(self.now_ms, input);
        while let Some(output) = self.worker.poll() {
            self.obey(output);
        }
        self.worker.rest(self.now_ms);
    }

    fn obey(&mut self, output: WorkerOutput) {
        let line = match output {
            WorkerOutput::SetUp { .. } => "set up".to_owned(),
            WorkerOutput::Edge(ToEdge::Connect { socket, .. }) => {
                if self.refuses {
                    self.worker.on_refused(self.now_ms, socket, "no");
                }
                format!("connect {}", socket.0)
            }
            WorkerOutput::Edge(ToEdge::Close { socket }) => format!("close {}", socket.0),
            WorkerOutput::Measure => {
                return self.worker.on_measured(
                    self.now_ms,
                    [],
                    SocketLoad { buffered_sum: 7, ..SocketLoad::default() },
                );
            }
            WorkerOutput::BeginTrial(_) if self.refuses => {
                self.worker.on_no_trial();
                "no trial".to_owned()
            }
            WorkerOutput::BeginTrial(_) => "trial".to_owned(),
            WorkerOutput::EndTrial => "end of trial".to_owned(),
            WorkerOutput::Say(FromWorker::Snapshot(snapshot)) => {
                let line = format!("snapshot at {}", snapshot.at.as_micros() / 1_000);
                self.snapshots.push(*snapshot);
                line
            }
            WorkerOutput::Say(said) => format!("{said:?}"),
            other => format!("{other:?}"),
        };
        self.heard.push(line);
    }

    /// What it ordered and said since the last call.
    #[track_caller]
    fn check(&mut self, expected: &[&str]) {
        assert_eq!(std::mem::take(&mut self.heard), expected);
    }

    #[track_caller]
    fn check_snapshots(&mut self, expected: &[&str]) {
        self.heard.retain(|line| line.starts_with("snapshot"));
        self.check(expected);
    }
}

fn start(epoch_ms: f64) -> ToWorker {
    ToWorker::Start { epoch_ms, shared: vec![Map::new()] }
}

#[test]
fn messages_before_the_load_are_about_nothing() {
    let mut desk = Desk::default();
    for message in [start(0.0), ToWorker::Stop, ToWorker::Try, ToWorker::Abort, ToWorker::Finish] {
        desk.tell(message);
    }
    desk.wake(1_000.0);
    desk.edge(FromEdge::Opened { socket: SocketId(0) });
    desk.check(&[]);
    assert_eq!(desk.worker.next_timeout_ms(), None);
}

#[test]
fn a_load_that_cannot_be_played_is_refused_and_the_one_before_it_stays() {
    let speaks = json!({ "version": 1, "name": "t", "protocol": "websocket", "connect": { "url": "ws://h" },
        "audio": { "outbound": { "event": "say", "field": "audio" }, "inbound": { "event": "said", "field": "/audio", "done": "done" } },
        "flow": [{ "speak": { "clip": "nobody" } }] });
    let batch = json!({ "model": "batch", "users": 1, "size": 1, "every_s": 1, "hold_s": 1 });
    let plan = json!({ "version": 1, "name": "t", "seed": 1, "populations": [
        { "name": "p", "scenario": speaks, "load": batch }] });
    let plan = Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let bad = WorkerLoad { plan, ..Bench::load(&[(json!({}), batch)], None) };
    let mut desk = Desk::loaded(1, |_| {});
    desk.tell(ToWorker::Load(Box::new(bad)));
    let why = r#"Failed { message: "population \"p\": there is no clip \"nobody\", only order, weather, weekend" }"#;
    desk.check(&[why]);
    desk.tell(start(2_000.0));
    desk.wake(2_000.0);
    desk.check(&["connect 0"]);
}

#[test]
fn users_start_at_the_epoch_wherever_it_is_moved_to() {
    let mut desk = Desk::loaded(1, |_| {});
    desk.tell(start(2_000.0));
    assert_eq!(desk.worker.next_timeout_ms(), Some(2_000.0));
    desk.tell(ToWorker::Epoch { epoch_ms: 2_500.0 });
    assert_eq!(desk.worker.next_timeout_ms(), Some(2_500.0));
    // The timer had been armed for the earlier time.
    desk.wake(2_000.0);
    desk.check(&[]);
    desk.wake(2_500.0);
    desk.check(&["connect 0"]);
    desk.pass(2_800.0);
    desk.check(&["snapshot at 250"]);
}

#[test]
fn a_late_snapshot_does_not_shift_those_after_it() {
    let mut desk = Desk::started(1, |_| {});
    desk.pass(2_300.0);
    // It stands still for more than two snapshots, and a frame comes before the timer.
    desk.now_ms = 2_780.0;
    desk.edge(FromEdge::Opened { socket: SocketId(0) });
    desk.pass(3_300.0);
    desk.check_snapshots(&["snapshot at 250", "snapshot at 780", "snapshot at 1000", "snapshot at 1250"]);
    assert_eq!(desk.snapshots[0].health.buffered_sum, 7);
}

#[test]
fn the_time_of_a_run_never_goes_back_with_its_epoch() {
    let mut desk = Desk::started(1, |_| {});
    desk.pass(2_300.0);
    desk.tell(ToWorker::Epoch { epoch_ms: 2_400.0 });
    desk.pass(3_300.0);
    desk.check_snapshots(&[
        "snapshot at 250",
        "snapshot at 290",
        "snapshot at 350",
        "snapshot at 600",
        "snapshot at 850",
    ]);
}

#[test]
fn a_connection_whose_address_is_refused_was_never_opened() {
    let mut desk = Desk::loaded(1, |_| {});
    desk.refuses = true;
    desk.tell(start(2_000.0));
    desk.pass(2_251.0);
    desk.check(&["connect 0", "snapshot at 250"]);
    let Snapshot { metrics, health, .. } = &desk.snapshots[0];
    assert_eq!(health.refused, 1);
    let [disconnect] = &metrics.disconnects[..] else { panic!("{:?}", metrics.disconnects) };
    assert_eq!((disconnect.key.code, disconnect.key.reason.as_str()), (1006, "no"));
}

#[test]
fn one_trial_is_made_at_a_time() {
    let place = Trial { url: "ws://elsewhere".to_owned(), protocols: Vec::new() };
    let mut desk = Desk::loaded(1, |load| load.trial = Some(place));
    desk.tell(ToWorker::Try);
    desk.tell(ToWorker::Try);
    desk.check(&["trial"]);
    // The first word counts; the socket says another one when it closes.
    desk.edge(FromEdge::Tried { opened: true });
    desk.edge(FromEdge::Tried { opened: false });
    desk.check(&["end of trial"]);
    desk.refuses = true;
    desk.tell(ToWorker::Try);
    desk.tell(ToWorker::Try);
    desk.check(&["no trial", "no trial"]);
    desk.refuses = false;
    desk.tell(start(2_000.0));
    desk.pass(2_251.0);
    let health = &desk.snapshots[0].health;
    assert_eq!((health.trials_opened, health.trials_failed), (1, 0));
    let mut nowhere = Desk::loaded(1, |_| {});
    nowhere.tell(ToWorker::Try);
    nowhere.check(&[]);
}

#[test]
fn a_last_snapshot_goes_before_the_end() {
    let mut desk = Desk::started(1, |_| {});
    desk.pass(2_310.0);
    desk.tell(ToWorker::Finish);
    desk.check(&["connect 0", "snapshot at 250", "snapshot at 310", "Finished"]);
    desk.pass(4_000.0);
    desk.check_snapshots(&[]);
    // Of a run that never began there is none.
    let mut unborn = Desk::loaded(1, |_| {});
    unborn.tell(ToWorker::Finish);
    unborn.check(&["Finished"]);
}

#[test]
fn that_all_users_are_gone_is_said_once_and_after_what_they_did() {
    let mut desk = Desk::started(1, |load| load.starve_ms = 50);
    desk.check(&["BeginStarving { millis: 50 }", "connect 0"]);
    desk.tell(ToWorker::Abort);
    desk.tell(ToWorker::Abort);
    desk.pass(2_260.0);
    desk.check(&["close 0", "EndStarving", "snapshot at 0", "Done", "snapshot at 250"]);
}

#[test]
fn standing_still_is_noticed_while_the_run_goes_on() {
    #[track_caller]
    fn check(wakes: &[f64], opens_ms: f64, stalled: bool) {
        let mut desk = Desk::loaded(1, |_| {});
        desk.wake(1_500.0);
        desk.tell(start(2_000.0));
        wakes.iter().for_each(|wake| desk.wake(*wake));
        desk.now_ms = opens_ms;
        desk.edge(FromEdge::Opened { socket: SocketId(0) });
        desk.edge(FromEdge::Text {
            socket: SocketId(0),
            frame: r#"0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":60000}"#,
        });
        desk.edge(FromEdge::Text { socket: SocketId(0), frame: r#"40{"sid":"t"}"# });
        desk.pass(opens_ms.max(2_300.0));
        let histograms = desk.snapshots.iter().flat_map(|snapshot| &snapshot.metrics.histograms);
        let marks: Vec<_> = histograms.map(|histogram| histogram.is_stalled).collect();
        assert!(!marks.is_empty());
        assert_eq!(marks.contains(&true), stalled, "{marks:?}");
    }
    // Before the start nobody waits for it.
    check(&[2_000.0], 2_010.0, false);
    check(&[2_000.0, 2_020.0, 2_040.0], 2_060.0, false);
    check(&[2_000.0], 2_060.0, true);
}

#[test]
fn the_share_of_time_that_our_own_code_ran_is_told() {
    let mut desk = Desk::started(1, |_| {});
    desk.worker.handle(2_100.0, WorkerInput::Edge(FromEdge::Opened { socket: SocketId(0) }));
    while desk.worker.poll().is_some() {}
    desk.worker.rest(2_150.0);
    desk.now_ms = 2_150.0;
    desk.pass(2_501.0);
    let percent: Vec<_> = desk.snapshots.iter().map(|snapshot| (snapshot.health.busy_share * 100.0).round()).collect();
    assert_eq!(percent, [20.0, 0.0]);
}
