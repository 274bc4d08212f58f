//! Whole runs with scripted workers: what the page hears and says, without a browser.

use serde_json::{Map, Value, json};

use super::*;
use base::time::Timestamp;
use engine::wire::{FromWorker, LogLevel, LogLine, Moved, Snapshot, ToWorker};
use metrics::{
    CounterDelta, Fate, HealthDelta, LedgerDelta, MetricsDelta, SentLog, SentRecord, UserId, UsersByState,
    VerdictOutcome,
};

/// The probe's worker: three cores give two for the load before it.
const PROBE: usize = 2;

struct Script {
    run: Run,
    now_ms: f64,
}

impl Script {
    /// Two populations; the load lasts 20 s and is at its top after 10 s.
    fn new() -> Self {
        Self::of(None)
    }

    fn of(second_s_browser: Option<&str>) -> Self {
        Self::in_room(second_s_browser, 250)
    }

    /// That browser can hold so many sockets.
    fn in_room(second_s_browser: Option<&str>, sockets: u32) -> Self {
        let population = |name: &str, target: u32| {
            json!({"name": name, "scenario": "ktb-chat", "load": {"model": "closed", "stages": [
                {"duration_s": 10, "target": target}, {"duration_s": 10, "target": target},
            ]}})
        };
        let plan = json!({
            "version": 1, "name": "scripted", "seed": 7, "settle_s": 3, "graceful_stop_s": 4,
            "populations": [population("talkers", 8), population("listeners", 2)],
        });
        let now_ms = 1_000.0;
        let mut parts = layout(&[Capacity::own(3, 250)], 4);
        parts[1].browser = second_s_browser.map(str::to_owned);
        parts[1].budget.sockets = sockets;
        let run = Run::new(now_ms, serde_json::from_value(plan).unwrap(), Vec::new(), "a1b".into(), parts);
        Self { run, now_ms }
    }

    /// A run that is past its epoch.
    fn running() -> Self {
        Self::new().start()
    }

    fn start(mut self) -> Self {
        self.all(ready);
        self.all(|| FromWorker::Loaded);
        self.from(PROBE, prepared(0, json!({})));
        self.from(PROBE, prepared(1, json!({})));
        self.after(250.0);
        self.said();
        self
    }

    fn leaving() -> Self {
        let mut script = Self::running();
        script.input(RunInput::Stop);
        script.all(|| snapshot(0, 0, |snapshot| snapshot.settled = true));
        script.said();
        script
    }

    fn input(&mut self, input: RunInput) -> &mut Self {
        self.run.handle(self.now_ms, input);
        self
    }

    fn from(&mut self, worker: usize, message: FromWorker) -> &mut Self {
        self.input(RunInput::From { worker, message })
    }

    fn all(&mut self, message: impl Fn() -> FromWorker) -> &mut Self {
        for worker in 0..=PROBE {
            self.from(worker, message());
        }
        self
    }

    fn after(&mut self, ms: f64) -> &mut Self {
        self.now_ms += ms;
        self.input(RunInput::Tick)
    }

    /// What workers were told since the last look, like `0 load`.
    fn said(&mut self) -> Vec<String> {
        let messages = std::iter::from_fn(|| self.run.poll());
        messages.map(|(worker, message)| format!("{worker} {}", in_short(&message))).collect()
    }

    #[track_caller]
    fn check(&mut self, phase: RunPhase, said: &[&str]) -> &mut Self {
        assert_eq!(self.said(), said);
        assert_eq!(self.run.phase(), phase);
        self
    }

    #[track_caller]
    fn check_problem(&self, expected: &str) {
        assert_eq!(self.run.status().problem.as_deref(), Some(expected));
    }
}

fn in_short(message: &ToWorker) -> String {
    match message {
        ToWorker::Load(load) if load.life > 0 => {
            format!("load part {}, played {} times before, of run {}", load.segment.part, load.life, load.run)
        }
        ToWorker::Load(load) => format!("load part {} of run {}", load.segment.part, load.run),
        ToWorker::Prepare { population } => format!("prepare {population}"),
        ToWorker::Start { epoch_ms, shared } => format!("start at {epoch_ms} with {}", json!(shared)),
        ToWorker::Epoch { epoch_ms } => format!("epoch {epoch_ms}"),
        ToWorker::Sent(sent) => format!("sent {}", sent.records.len()),
        ToWorker::Stop => "stop".into(),
        ToWorker::Leave => "leave".into(),
        ToWorker::Abort => "abort".into(),
        ToWorker::Finish => "finish".into(),
        ToWorker::Act(action) => format!("at {} s: {}", action.at_s, action.text()),
        ToWorker::Hear(_) => "hear".into(),
        ToWorker::Watch(_) => "watch".into(),
        ToWorker::Canary { .. } => "canary".into(),
        ToWorker::Full => "full".into(),
        ToWorker::Free => "free".into(),
        ToWorker::GiveUp { users } => format!("give up {users}"),
        ToWorker::TakeIn { guests, most } => {
            let users: Vec<_> = guests.iter().map(|guest| guest.user.index()).collect();
            format!("take in {users:?} of at most {most}")
        }
        ToWorker::Try => "try".into(),
    }
}

fn ready() -> FromWorker {
    FromWorker::Ready { build: "this".into() }
}

fn prepared(population: usize, shared: Value) -> FromWorker {
    let Value::Object(shared) = shared else { panic!("{shared} is no object") };
    FromWorker::Prepared { population, shared }
}

fn snapshot(active: u32, done: u32, change: impl Fn(&mut Snapshot)) -> FromWorker {
    let users = UsersByState { active, done, ..UsersByState::default() };
    let mut snapshot = Snapshot {
        at: Timestamp::from_micros(250_000),
        metrics: MetricsDelta::default(),
        users: vec![users, UsersByState::default()],
        ledger: LedgerDelta::default(),
        sent: SentLog::default(),
        completions: Vec::new(),
        health: HealthDelta::default(),
        evidence: Vec::new(),
        log: Vec::new(),
        log_dropped: 0,
        settled: false,
        moved: Moved::default(),
    };
    change(&mut snapshot);
    FromWorker::Snapshot(Box::new(snapshot))
}

fn one_sent(snapshot: &mut Snapshot) {
    let fate = Fate::Accepted(Timestamp::from_micros(9));
    let sender = UserId::new(0, 3);
    let record = SentRecord { room: 0, sender, sequence: 0, sent_at: Timestamp::from_micros(5), fate };
    snapshot.sent = SentLog { rooms: vec!["lobby".into()], records: vec![record] };
}

#[test]
fn workers_are_loaded_prepared_and_started_together() {
    let mut script = Script::new();
    script.from(1, ready()).check(RunPhase::Ramping, &["1 load part 1 of run a1b"]);
    script.from(0, ready()).from(PROBE, ready());
    script.check(RunPhase::Ramping, &["0 load part 0 of run a1b", "2 load part 2 of run a1b"]);
    script.from(0, FromWorker::Loaded).from(1, FromWorker::Loaded).check(RunPhase::Ramping, &[]);
    script.from(PROBE, FromWorker::Loaded).check(RunPhase::Ramping, &["2 prepare 0"]);
    script.from(PROBE, prepared(0, json!({"rooms": ["r1"]}))).check(RunPhase::Ramping, &["2 prepare 1"]);
    let start = |worker| format!(r#"{worker} start at 1250 with [{{"rooms":["r1"]}},{{}}]"#);
    script.from(PROBE, prepared(1, Value::Object(Map::new())));
    script.check(RunPhase::Ramping, &[&start(0), &start(1), &start(2)]);
    assert_eq!(script.run.status().elapsed_s, 0.0);
    script.after(10_200.0).check(RunPhase::Ramping, &[]);
    script.after(100.0).check(RunPhase::Holding, &[]);
    let status = script.run.status();
    assert_eq!((status.elapsed_s, status.planned_s, status.users.target), (10.05, 20.0, 10));
}

#[test]
fn a_run_ends_in_three_rounds() {
    let mut script = Script::running();
    script.after(19_900.0).check(RunPhase::Holding, &[]);
    script.after(100.0).check(RunPhase::Stopping, &["0 stop", "1 stop", "2 stop"]);
    script.from(0, snapshot(4, 0, |snapshot| snapshot.settled = true)).check(RunPhase::Stopping, &[]);
    script.from(1, snapshot(4, 0, |snapshot| snapshot.settled = true)).check(RunPhase::Stopping, &[]);
    script.from(PROBE, snapshot(1, 0, |snapshot| snapshot.settled = true));
    script.check(RunPhase::Stopping, &["0 leave", "1 leave", "2 leave"]);
    script.from(0, FromWorker::Done).from(1, FromWorker::Done).check(RunPhase::Stopping, &[]);
    script.from(PROBE, FromWorker::Done).check(RunPhase::Stopping, &["0 finish", "1 finish", "2 finish"]);
    script.from(0, FromWorker::Finished).from(1, FromWorker::Finished).check(RunPhase::Stopping, &[]);
    script.from(PROBE, FromWorker::Finished).check(RunPhase::Done, &[]);
    let status = script.run.status();
    assert_eq!((status.elapsed_s, status.problem), (20.0, None));
    script.after(1_000.0);
    assert_eq!(script.run.status().elapsed_s, 20.0);
}

#[test]
fn sent_logs_go_to_all_others() {
    let mut script = Script::running();
    script.from(1, snapshot(4, 0, one_sent)).check(RunPhase::Ramping, &["0 sent 1", "2 sent 1"]);
    script.from(1, snapshot(4, 0, |_| {})).check(RunPhase::Ramping, &[]);
    script.input(RunInput::WorkerDied { worker: 2, message: "boom".into() });
    script.from(1, snapshot(4, 0, one_sent)).check(RunPhase::Ramping, &["0 sent 1"]);
}

#[test]
fn snapshots_are_added_up() {
    let mut script = Script::running();
    script.from(0, snapshot(4, 1, |snapshot| snapshot.ledger.sent = 3));
    script.from(1, snapshot(2, 0, |snapshot| snapshot.ledger.arrived = 9));
    script.from(
        0,
        snapshot(5, 2, |snapshot| {
            snapshot.ledger.sent = 1;
            snapshot.metrics.counters =
                vec![CounterDelta { counter: "frames.in".into(), population: String::new(), count: 2 }];
        }),
    );
    let status = script.run.status();
    assert_eq!((status.users.connected, status.users.by_state.done), (7, 2));
    assert_eq!((status.sent, status.received, status.errors), (4, 9, 0));
}

#[test]
fn what_goes_wrong_before_the_start_is_the_run_s_one_problem() {
    #[track_caller]
    fn check(inputs: Vec<RunInput>, problem: &str) {
        let mut script = Script::new();
        script.all(ready).said();
        for input in inputs {
            script.input(input);
        }
        assert_eq!(script.run.phase(), RunPhase::Done);
        let said = script.said();
        assert!(said.iter().any(|message| message.ends_with("abort")), "{said:?}");
        script.check_problem(problem);
        assert_eq!(script.run.status().elapsed_s, 0.0);
    }
    let failed =
        |worker, message: &str| RunInput::From { worker, message: FromWorker::Failed { message: message.into() } };
    check(vec![failed(1, "no such scenario")], "no such scenario");
    check(vec![failed(1, "first"), failed(0, "second")], "first");
    check(vec![RunInput::WorkerDied { worker: 0, message: "not found".into() }], "not found");
    check(vec![RunInput::Stop], "stopped before it started");
    check(vec![RunInput::Abort], "stopped before it started");
}

#[test]
fn who_watches_before_the_workers_have_their_load_watches_when_they_have() {
    let mut script = Script::new();
    script.input(RunInput::Watch(Some(UserId::new(0, 3)))).said();
    script.from(0, ready());
    assert_eq!(script.said()[1..], ["0 watch"]);
    script.input(RunInput::Watch(None)).said();
    script.from(1, ready());
    assert_eq!(script.said().len(), 1, "only its load");
}

#[test]
fn a_run_goes_on_without_a_worker_that_died() {
    let mut script = Script::running();
    script.from(0, snapshot(4, 1, |_| {})).from(1, snapshot(3, 0, |_| {}));
    script.after(5_000.0).input(RunInput::WorkerDied { worker: 0, message: "unreachable".into() });
    script.check(RunPhase::Ramping, &[]);
    script.check_problem("worker 1 of 3 broke after 5.0 s and took 4 users with it: unreachable");
    let users = script.run.status().users;
    assert_eq!((users.connected, users.by_state.done, users.by_state.failed), (3, 1, 4));
    assert_eq!(script.run.totals().users_by_state(), users.by_state);
    // What it may still have said is too late.
    script.from(0, snapshot(9, 9, |_| {}));
    assert_eq!(script.run.status().users, users);
    script.input(RunInput::Stop).check(RunPhase::Stopping, &["1 stop", "2 stop"]);
    for message in [snapshot(3, 0, |snapshot| snapshot.settled = true), FromWorker::Done, FromWorker::Finished] {
        script.from(1, message.clone()).from(PROBE, message);
    }
    assert_eq!(script.run.phase(), RunPhase::Done);
}

#[test]
fn a_worker_that_reports_a_failure_is_cut_off() {
    let mut script = Script::running();
    script.from(1, FromWorker::Failed { message: "a fault".into() }).check(RunPhase::Ramping, &["1 abort"]);
    for worker in [0, PROBE] {
        script.input(RunInput::WorkerDied { worker, message: "boom".into() });
    }
    assert_eq!(script.run.phase(), RunPhase::Done);
    script.check_problem("worker 2 of 3 broke after 0.0 s and took 0 users with it: a fault");
    let errors = script.run.log().lines().iter().filter(|line| line.level == LogLevel::Error);
    assert_eq!(errors.count(), 3);
}

#[test]
fn overdue_workers_are_not_waited_for() {
    let mut script = Script::running();
    script.input(RunInput::Stop).check(RunPhase::Stopping, &["0 stop", "1 stop", "2 stop"]);
    script.after(18_000.0).check(RunPhase::Stopping, &[]);
    script.after(1.0).check(RunPhase::Stopping, &["0 leave", "1 leave", "2 leave"]);
    // They live, and do not come to an end.
    script.all(|| snapshot(0, 1, |_| {}));
    script.after(9_000.0).check(RunPhase::Stopping, &[]);
    script.after(1.0).check(RunPhase::Stopping, &["0 abort", "1 abort", "2 abort"]);
    script.from(0, FromWorker::Done).from(PROBE, FromWorker::Done);
    script.after(5_001.0).check(RunPhase::Stopping, &["0 finish", "2 finish"]);
    script.from(0, FromWorker::Finished);
    script.after(5_001.0).check(RunPhase::Done, &[]);
    script.check_problem("worker 2 of 3 broke after 32.0 s and took 0 users with it: it does not answer");
}

#[test]
fn an_abort_cuts_off_at_any_time() {
    let abort = ["0 abort", "1 abort", "2 abort"];
    let mut script = Script::running();
    script.input(RunInput::Abort).check(RunPhase::Stopping, &abort);
    script.input(RunInput::Abort).input(RunInput::Stop).check(RunPhase::Stopping, &[]);
    script.all(|| FromWorker::Done).check(RunPhase::Stopping, &["0 finish", "1 finish", "2 finish"]);
    script.input(RunInput::Abort).check(RunPhase::Done, &[]);
    Script::leaving().input(RunInput::Abort).check(RunPhase::Stopping, &abort);
}

#[test]
fn charts_do_not_wait_for_the_dead() {
    let mut script = Script::running();
    script.input(RunInput::WorkerDied { worker: 0, message: "boom".into() });
    for second in 1..=3 {
        let at = |snapshot: &mut Snapshot| snapshot.at = Timestamp::from_micros(second * 1_000_000);
        script.from(1, snapshot(3, 0, at)).from(PROBE, snapshot(1, 0, at));
    }
    assert_eq!(script.run.totals().timeline().closed(), 3);
}

#[test]
fn hiding_the_page_is_noted() {
    let mut script = Script::new();
    script.input(RunInput::Hidden(true));
    assert_eq!(script.run.log().lines().len(), 0);
    let mut script = Script::running();
    script.input(RunInput::Hidden(true)).input(RunInput::Hidden(false));
    assert_eq!(script.run.totals().health().hidden_for(Timestamp::ZERO), base::time::Span::ZERO);
    let lines: Vec<_> = script.run.log().lines().iter().map(|line| line.text.as_str()).collect();
    assert_eq!(lines, ["run a1b starts", "the page is hidden", "the page is visible again"]);
}

#[test]
fn a_page_that_was_frozen_says_so() {
    let mut script = Script::new();
    script.input(RunInput::Frozen(true));
    assert_eq!(script.run.log().lines().len(), 0, "nothing runs yet");
    let mut script = Script::running();
    script.input(RunInput::Frozen(true)).input(RunInput::Frozen(false));
    let woke = "the browser had frozen this page for 0.0 s: what was measured meanwhile is suspect";
    let lines: Vec<_> = script.run.log().lines().iter().map(|line| line.text.as_str()).collect();
    assert_eq!(lines, ["run a1b starts", "the browser freezes this page", woke]);
    let marks: Vec<_> = script.run.totals().annotations().all().iter().map(|mark| mark.text.as_str()).collect();
    assert_eq!(marks, ["the browser freezes this page", woke]);
}

/// As `Script`, but the second load worker lives in Kim's browser.
fn swarming() -> Script {
    Script::of(Some("Kim")).start()
}

#[test]
fn a_browser_that_vanishes_takes_its_users_and_may_bring_them_back() {
    let mut script = swarming();
    script.from(0, snapshot(4, 0, |_| {})).from(1, snapshot(3, 0, |_| {}));
    script.after(5_000.0).input(RunInput::Away { worker: 1 }).check(RunPhase::Ramping, &[]);
    let users = script.run.status().users;
    assert_eq!((users.connected, users.by_state.failed), (4, 3));
    assert_eq!(script.run.status().problem, None, "it may come back");
    script.after(5_000.0).input(RunInput::Back { worker: 1 });
    script.from(1, snapshot(3, 0, |snapshot| snapshot.ledger.sent = 7));
    let status = script.run.status();
    assert_eq!((status.users.connected, status.users.by_state.failed, status.sent), (7, 0, 7));
    let lines: Vec<_> = script.run.log().lines().iter().map(|line| line.text.as_str()).collect();
    assert_eq!(
        lines[1..],
        ["a worker of Kim does not answer: its 3 users are not counted", "a worker of Kim is back after 5.0 s"]
    );
    let marks = script.run.totals().annotations().all();
    let marks: Vec<_> = marks.iter().map(|mark| mark.text.as_str()).collect();
    assert_eq!(marks, ["Kim does not answer: its users are not counted", "Kim is back after 5.0 s"]);
}

#[test]
fn nobody_waits_for_a_browser_that_is_away_and_the_result_says_what_it_lacks() {
    let mut script = swarming();
    script.from(1, snapshot(3, 0, |_| {})).after(5_000.0).input(RunInput::Away { worker: 1 });
    script.input(RunInput::Stop).check(RunPhase::Stopping, &["0 stop", "1 stop", "2 stop"]);
    for message in [snapshot(3, 0, |snapshot| snapshot.settled = true), FromWorker::Done, FromWorker::Finished] {
        script.from(0, message.clone()).from(PROBE, message);
    }
    assert_eq!(script.run.phase(), RunPhase::Done);
    script.check_problem("Kim vanished after 5.0 s: the results lack its part from then on");
}

#[test]
fn what_a_browser_s_limits_do_not_let_it_do_is_said_once_and_marked() {
    let mut script = swarming();
    script.after(3_000.0);
    let line = |ms: f64| LogLine {
        at: Timestamp::from_millis_f64(ms),
        level: LogLevel::Warning,
        population: "talkers".into(),
        user: None,
        text: "no further users start".into(),
    };
    for (worker, ms) in [(1, 2_900.0), (1, 2_950.0), (0, 2_960.0), (1, 9_000.0)] {
        script.from(worker, snapshot(1, 0, |snapshot| snapshot.log = vec![line(ms)]));
    }
    let marks = script.run.totals().annotations().all().iter().filter(|mark| mark.text.contains("no further"));
    let marks: Vec<_> = marks.map(|mark| (mark.at_s, mark.text.as_str())).collect();
    let (theirs, ours) = ("Kim: no further users start", "this browser: no further users start");
    assert_eq!(marks, [(2.9, theirs), (2.96, ours), (9.0, theirs)]);
    assert_eq!(script.run.log().lines().iter().filter(|line| line.text == theirs).count(), 2);
}

#[test]
fn a_part_that_nobody_plays_is_taken_up_by_another() {
    let mut script = swarming();
    let gone_after = Some(base::time::Span::from_secs(10));
    assert_eq!(script.run.vacant_parts(gone_after), []);
    script.input(RunInput::Away { worker: 1 }).after(9_000.0);
    assert_eq!(script.run.vacant_parts(gone_after), [], "its users may still be there");
    script.after(1_100.0);
    assert_eq!(script.run.vacant_parts(None), [], "it plays on to the plan's end");
    let vacant = script.run.vacant_parts(gone_after);
    assert_eq!(vacant.iter().map(|vacancy| vacancy.part.segment.part).collect::<Vec<_>>(), [1]);
    assert_eq!(vacant[0].again, None, "others may take it up as well");
    let part = Part { browser: Some("Lee".into()), ..vacant[0].part.clone() };
    script.input(RunInput::Add { part }).check(RunPhase::Holding, &["1 abort"]);
    script.check_problem("Kim vanished after 0.0 s: its part was given to Lee");
    assert_eq!(script.run.vacant_parts(gone_after), []);
    script.from(3, ready()).check(RunPhase::Holding, &["3 load part 1, played 1 times before, of run a1b"]);
    let start = r#"3 start at 1250 with [{},{}]"#;
    script.from(3, FromWorker::Loaded).check(RunPhase::Holding, &[start]);
    script.from(3, snapshot(5, 0, |_| {}));
    assert_eq!(script.run.status().users.connected, 5);
}

impl Script {
    /// Looks at the time four times a second, as a page does, while these workers hand over and the others say nothing.
    fn listening(&mut self, seconds: f64, speaking: &[usize]) -> &mut Self {
        for _ in 0..(seconds * 4.0) as u32 {
            for &worker in speaking {
                let at = Timestamp::from_millis_f64(self.now_ms - 1_250.0);
                self.from(worker, snapshot(3, 0, |snapshot| snapshot.at = at));
            }
            self.after(250.0);
            for input in self.run.overdue() {
                self.input(input);
            }
        }
        self
    }

    fn active_and_failed(&self) -> (u32, u32) {
        let users = self.run.status().users;
        (users.connected, users.by_state.failed)
    }

    fn verdict(&self) -> (VerdictOutcome, String) {
        let verdict = self.run.verdict().expect("a second is over");
        (verdict.outcome, verdict.reasons.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join(" "))
    }
}

#[test]
fn a_worker_that_falls_silent_is_noticed_and_may_be_heard_again() {
    let mut script = Script::running();
    script.listening(3.0, &[0, 1, PROBE]);
    assert_eq!((script.active_and_failed(), script.verdict().0), ((9, 0), VerdictOutcome::Pass));
    script.listening(1.5, &[0, PROBE]);
    assert_eq!(script.active_and_failed(), (9, 0));
    script.listening(1.75, &[0, PROBE]);
    assert_eq!(script.active_and_failed(), (6, 3));
    let (outcome, why) = script.verdict();
    assert_eq!(outcome, VerdictOutcome::Invalid);
    assert!(why.contains("worker 2 of 3 is silent since 2.8 s"), "{why}");
    // What it counted meanwhile is not lost.
    script.from(1, snapshot(3, 0, |snapshot| snapshot.ledger.sent = 7));
    script.listening(1.0, &[0, 1, PROBE]);
    assert_eq!((script.active_and_failed(), script.run.status().sent), ((9, 0), 7));
    assert_eq!((script.run.status().problem, script.verdict().0), (None, VerdictOutcome::Pass));
    assert_eq!(script.run.vacant_parts(None), []);
}

#[test]
fn a_worker_that_stays_silent_is_lost_and_its_later_hand_over_still_counts() {
    let mut script = Script::running();
    script.listening(2.0, &[0, 1, PROBE]).listening(10.5, &[0, PROBE]);
    let problem = "worker 2 of 3 is silent since 1.8 s: nobody counts on it any more";
    script.check_problem(problem);
    assert_eq!(script.run.vacant_parts(None).len(), 1);
    script.from(1, snapshot(3, 0, |snapshot| snapshot.ledger.sent = 7)).listening(1.0, &[0, 1, PROBE]);
    assert_eq!((script.active_and_failed(), script.run.status().sent), ((9, 0), 7));
    script.check_problem(problem);
    assert_eq!(script.verdict().0, VerdictOutcome::Invalid, "ten seconds of it are no measurement");
}

#[test]
fn stop_does_not_wait_for_the_silent_and_names_the_time_when_they_fell_silent() {
    let mut script = Script::running();
    script.listening(2.0, &[0, 1, PROBE]).listening(3.0, &[0, PROBE]);
    script.input(RunInput::Stop).said();
    for message in [snapshot(3, 0, |snapshot| snapshot.settled = true), FromWorker::Done, FromWorker::Finished] {
        script.from(0, message.clone()).from(PROBE, message);
    }
    assert_eq!((script.run.phase(), script.run.status().elapsed_s), (RunPhase::Done, 5.0));
    script.check_problem("worker 2 of 3 is silent since 1.8 s: the results lack its part from then on");
}

#[test]
fn a_page_that_slept_condemns_nobody() {
    let mut script = Script::running();
    script.listening(2.0, &[0, 1, PROBE]).after(600_000.0);
    assert_eq!(script.run.overdue(), []);
    script.listening(0.5, &[]).listening(1.0, &[0, 1, PROBE]);
    assert_eq!(script.active_and_failed(), (9, 0));
}

#[test]
fn remote_workers_are_watched_alike_while_their_browser_is_heard() {
    let mut script = swarming();
    script.listening(2.0, &[0, 1, PROBE]).input(RunInput::Away { worker: 1 });
    script.listening(5.0, &[0, PROBE]).input(RunInput::Back { worker: 1 });
    // Its browser is back: from now on it is listened for again.
    script.listening(3.5, &[0, PROBE]);
    assert_eq!(script.run.unheard_now(), None);
    script.listening(1.0, &[0, PROBE]);
    assert_eq!(script.run.unheard_now().as_deref(), Some("a worker of Kim is silent since 1.8 s"));
}

#[test]
fn a_browser_s_word_that_its_worker_is_silent_counts_at_once() {
    let mut script = swarming();
    script.input(RunInput::Silent { worker: 1 }).listening(2.0, &[0, 1, PROBE]);
    assert_eq!(script.active_and_failed(), (9, 0), "it was heard again");
    script.listening(2.25, &[0, PROBE]).input(RunInput::Silent { worker: 1 });
    assert_eq!(script.active_and_failed(), (6, 3));
    let since = |workers: &[usize]| script.run.silent_since(workers).map(Timestamp::as_secs_f64);
    assert_eq!((since(&[0, PROBE]), since(&[1])), (None, Some(1.75)));
    script.input(RunInput::Lost { worker: 1 });
    script.check_problem("a worker of Kim is silent since 1.8 s: nobody counts on it any more");
    // When all is over such a word comes too late to mean anything.
    let mut script = Script::leaving();
    script.all(|| FromWorker::Done).input(RunInput::Silent { worker: 1 });
    assert_eq!(script.run.unheard_now(), None);
}

#[test]
fn a_browser_that_is_gone_makes_the_verdict_invalid_at_once() {
    let mut script = swarming();
    script.listening(2.0, &[0, 1, PROBE]).input(RunInput::Away { worker: 1 }).listening(2.0, &[0, PROBE]);
    let (outcome, why) = script.verdict();
    assert_eq!(outcome, VerdictOutcome::Invalid);
    assert!(why.contains("Kim has not been heard of since 2.0 s"), "{why}");
}

#[test]
fn what_stopped_by_itself_is_named_with_its_time_and_played_again() {
    let mut script = swarming();
    script.listening(2.0, &[0, 1, PROBE]).input(RunInput::Away { worker: 1 });
    script.listening(10.0, &[0, PROBE]).input(RunInput::Back { worker: 1 });
    assert_eq!(script.run.vacant_parts(None), []);
    script.from(1, snapshot(0, 3, |snapshot| snapshot.settled = true));
    script.input(RunInput::Alone { worker: 1, at_s: 10.0 });
    script.check_problem("a worker of Kim stopped after 10.0 s: nobody conducted it any more");
    let vacant = script.run.vacant_parts(None);
    assert_eq!((vacant.len(), vacant[0].again.as_deref()), (1, Some("Kim")));
    script.said();
    script.input(RunInput::Add { part: vacant[0].part.clone() }).check(RunPhase::Holding, &["1 abort"]);
    assert_eq!(script.run.vacant_parts(None), []);
    let marks = script.run.totals().annotations().all().iter().map(|mark| (mark.at_s, mark.text.as_str()));
    assert!(marks.into_iter().any(|mark| mark == (10.0, "Kim stopped after 10.0 s: nobody conducted it any more")));
}

#[test]
fn who_plays_a_part_again_has_all_the_sockets_that_it_had_before() {
    let mut script = Script::in_room(Some("Kim"), 5).start();
    let sockets = |script: &mut Script, worker: usize| {
        script.from(worker, ready());
        std::iter::from_fn(|| script.run.poll()).find_map(|(_, message)| match message {
            ToWorker::Load(load) => Some(load.sockets),
            _ => None,
        })
    };
    assert_eq!(sockets(&mut script, 1), Some(None), "there is room for all of its users");
    script.input(RunInput::Alone { worker: 1, at_s: 0.0 });
    let part = script.run.vacant_parts(None)[0].part.clone();
    script.input(RunInput::Add { part });
    assert_eq!(sockets(&mut script, 3), Some(None));
}

#[test]
fn a_run_waits_for_parts_that_stopped_by_themselves() {
    let mut script = swarming();
    for worker in [0, 1, PROBE] {
        script.from(worker, snapshot(0, 3, |snapshot| snapshot.settled = true));
        if worker == 1 {
            script.input(RunInput::Alone { worker, at_s: 0.0 });
        }
    }
    assert_eq!(script.run.phase(), RunPhase::Ramping, "somebody may take it up");
    script.after(20_000.0);
    assert_eq!(script.run.phase(), RunPhase::Stopping);
}

/// Its own browser plays user 2 and others, Kim's plays users 1 and 3 and has no socket for three of them.
fn with_a_full_browser() -> Script {
    let mut script = Script::in_room(Some("Kim"), 5).start();
    for second in 1..=4u32 {
        let at = Timestamp::from_millis_f64(f64::from(second) * 1e3);
        script.after(1_000.0).from(0, snapshot(3, 0, |snapshot| snapshot.at = at));
        script.from(
            1,
            snapshot(3, 0, |snapshot| {
                snapshot.at = at;
                snapshot.users[0].connecting = 3;
                snapshot.health =
                    HealthDelta { sockets_open: 5, held: 3, handshake_queue: 3, ..HealthDelta::default() };
            }),
        );
    }
    script
}

fn moving(was_asked: bool, given_up: &[u32], taken_in: &[u32]) -> FromWorker {
    let users = |indices: &[u32]| indices.iter().map(|&index| UserId::new(0, index)).collect();
    let moved = Moved { was_asked, given_up: users(given_up), taken_in: users(taken_in) };
    snapshot(3, 0, |snapshot| {
        snapshot.moved = moved.clone();
        snapshot.at = Timestamp::from_millis_f64(5_000.0);
    })
}

#[test]
fn a_full_browser_s_users_are_dealt_to_those_with_room_each_once() {
    let mut script = with_a_full_browser();
    script.check(RunPhase::Ramping, &["1 give up 3"]);
    // One of them is not that worker's to give, and one is named twice.
    script
        .from(1, moving(true, &[1, 2, 3, 1], &[]))
        .check(RunPhase::Ramping, &["1 free", "0 take in [1, 3] of at most 4294967295"]);
    assert_eq!(script.run.status().users.by_state.waiting, 2, "on their way");
    script.from(1, moving(false, &[1, 3], &[])).check(RunPhase::Ramping, &[]);
    // Here one has no room after all: it goes home, and nobody is asked for a while.
    script.from(0, moving(false, &[3], &[1])).check(RunPhase::Ramping, &["1 take in [3] of at most 4294967295"]);
    script.from(1, moving(false, &[], &[3]));
    assert_eq!(script.run.status().users.by_state.waiting, 0);
    let lines: Vec<_> = script.run.log().lines().iter().map(|line| line.text.as_str()).collect();
    let text = "Kim is full: 2 of its users that wait for a socket go to this browser, which has room";
    assert!(lines.contains(&text), "{lines:?}");
}

#[test]
fn whoever_takes_up_a_part_knows_whom_it_has_lent_and_whom_it_plays() {
    let lending = |script: &mut Script, part: usize| {
        script.said();
        let part = Part { browser: Some("Lee".into()), ..script.part_of(part) };
        script.input(RunInput::Add { part });
        let worker = script.run.worker_count() - 1;
        script.from(worker, ready());
        std::iter::from_fn(|| script.run.poll()).find_map(|(to, message)| match message {
            ToWorker::Load(load) if to == worker => Some((load.lending.lent.len(), load.lending.guests.len())),
            _ => None,
        })
    };
    let mut script = with_a_full_browser();
    script.from(1, moving(true, &[1, 3], &[])).from(0, moving(false, &[], &[1, 3]));
    assert_eq!(lending(&mut script, 1), Some((2, 0)));
    // The one who played it before has nothing to give any more.
    script.said();
    script.from(1, moving(true, &[5], &[])).check(RunPhase::Ramping, &[]);
    assert_eq!(lending(&mut script, 0), Some((0, 2)));
}

#[test]
fn users_on_their_way_to_a_worker_that_breaks_are_lost_with_it() {
    let mut script = with_a_full_browser();
    script.from(1, moving(true, &[1, 3], &[])).input(RunInput::WorkerDied { worker: 0, message: "gone".into() });
    let users = script.run.status().users.by_state;
    assert_eq!((users.waiting, users.failed), (0, 3 + 2));
}

impl Script {
    fn part_of(&self, part: usize) -> Part {
        let mut parts = layout(&[Capacity::own(3, 250)], 4);
        parts.swap_remove(part)
    }
}
