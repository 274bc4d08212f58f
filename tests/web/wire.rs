//! Every message between page and worker, through the browser's own structured clone.

use std::fmt::Debug;

use base::time::{Span, Timestamp};
use engine::wire::{
    Act, Canary, Choice, FromWorker, Guest, HeardMoment, Lending, LogLevel, LogLine, Moved, Note, Seen, SeenFrame,
    SeenMessage, Sight, Snapshot, ToWorker, Told, Trial, WorkerLoad,
};
use metrics::{
    BreachDelta, BreachKey, Cause, ClosedBy, Completion, CounterDelta, DisconnectDelta, DisconnectKey, ErrorDelta,
    ErrorKey, Evidence, Fate, FindingDelta, FindingKey, Frame, GeneratorState, HealthDelta, HeardSums, HistogramDelta,
    LedgerDelta, ListenerDelta, MetricsDelta, Phase, SentLog, SentRecord, UserId, UsersByState, Way,
};
use plan::{Action, Caps, Limits, Pace, Segment, TimedAction};
use protocol::audio::Clip;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use swarm::{
    Credentials, FromLink, LinkCommand, LinkEvent, Loading, Offset, OpenLink, Refused, Secret, SessionId, ToLink,
    Traffic,
};
use tabswarm::browser::transport::{decode, encode};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = structuredClone)]
    fn structured_clone(value: &JsValue) -> JsValue;
}

pub fn check_all() {
    to_worker().iter().for_each(check);
    from_worker().iter().for_each(check);
    to_link().iter().for_each(check);
    from_link().iter().for_each(check);
    large_numbers().iter().for_each(check);
    check(&ToWorker::Sent(sent(Timestamp::NEVER)));
    assert!(decode::<ToWorker>(JsValue::from_str("Nonsense")).is_err());
}

/// Ids of services that count in 64 bits.
fn large_numbers() -> Vec<ToWorker> {
    let large =
        json!({"id": 9_007_199_254_740_993_u64, "most": u64::MAX, "least": i64::MIN, "list": [1, 2.5, "x", null]});
    let Value::Object(large) = large else { panic!("it is an object") };
    let mut load = load();
    load.plan.populations[0].variables = large.clone();
    load.plan.populations[0].scenario = json!({"variables": large});
    vec![
        ToWorker::Load(Box::new(load)),
        ToWorker::Start { epoch_ms: 1_795_000_000_123.456_8, shared: vec![large] },
        act(Action::Set { variable: "id".into(), value: u64::MAX.into() }),
    ]
}

#[track_caller]
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(message: &T) {
    let value = encode(message).unwrap_or_else(|error| panic!("{error}: {message:?}"));
    let arrived: T = decode(structured_clone(&value)).unwrap_or_else(|error| panic!("{error}: {message:?}"));
    assert_eq!(arrived, *message);
}

fn act(action: Action) -> ToWorker {
    ToWorker::Act(Box::new(TimedAction { at_s: 12.345, population: Some("users".into()), action }))
}

fn canary(order: Canary) -> ToWorker {
    ToWorker::Canary { user: UserId::new(3, 70_000), order }
}

/// One of each, at least. A new variant does not compile until it is in here.
#[expect(clippy::too_many_lines, reason = "one of each kind")]
fn to_worker() -> Vec<ToWorker> {
    let messages = vec![
        ToWorker::Load(Box::new(load())),
        ToWorker::Prepare { population: 2 },
        ToWorker::Start { epoch_ms: 1_795_000_000_123.456_8, shared: vec![shared(), Map::new()] },
        ToWorker::Epoch { epoch_ms: 1_795_000_000_123.456_8 },
        ToWorker::Sent(sent(Timestamp::from_micros(3_600_000_001))),
        ToWorker::Stop,
        ToWorker::Leave,
        ToWorker::Abort,
        ToWorker::Finish,
        ToWorker::Hear(Some(UserId::new(3, 70_000))),
        ToWorker::Hear(None),
        act(Action::Interval { timer: None, pace: Pace::Factor(2.0) }),
        act(Action::Set { variable: "message_size".into(), value: 200.into() }),
        act(Action::Users { users: 70_000, over_s: 0.0 }),
        ToWorker::Watch(Some(UserId::new(3, 70_000))),
        ToWorker::Watch(None),
        canary(Canary::Take),
        canary(Canary::Say("안녕 <b>".into())),
        canary(Canary::Speak("인사".into())),
        canary(Canary::Tick(1)),
        canary(Canary::React { reaction: 2, frame: 1 << 52 }),
        canary(Canary::Release),
        ToWorker::Full,
        ToWorker::Free,
        ToWorker::Try,
        ToWorker::GiveUp { users: u32::MAX },
        ToWorker::TakeIn { guests: vec![Guest { user: UserId::new(1, 2), row: vec!["방".into()] }], most: 0 },
    ];
    let kinds = messages.iter().map(|message| match message {
        ToWorker::Load(_) => 0,
        ToWorker::Prepare { .. } => 1,
        ToWorker::Start { .. } => 2,
        ToWorker::Epoch { .. } => 3,
        ToWorker::Sent(_) => 4,
        ToWorker::Stop => 5,
        ToWorker::Leave => 6,
        ToWorker::Abort => 7,
        ToWorker::Finish => 8,
        ToWorker::Hear(Some(_)) => 9,
        ToWorker::Hear(None) => 10,
        ToWorker::Act(action) => match action.action {
            Action::Interval { .. } => 11,
            Action::Set { .. } => 12,
            _ => 13,
        },
        ToWorker::Watch(Some(_)) => 14,
        ToWorker::Watch(None) => 15,
        ToWorker::Canary { order, .. } => match order {
            Canary::Take => 16,
            Canary::Say(_) => 17,
            Canary::Speak(_) => 18,
            Canary::Tick(_) => 19,
            Canary::React { .. } => 20,
            Canary::Release => 21,
        },
        ToWorker::Full => 22,
        ToWorker::Free => 23,
        ToWorker::Try => 24,
        ToWorker::GiveUp { .. } => 25,
        ToWorker::TakeIn { .. } => 26,
    });
    assert_eq!(kinds.collect::<Vec<_>>(), (0..27).collect::<Vec<_>>());
    messages
}

fn from_worker() -> Vec<FromWorker> {
    let messages = vec![
        FromWorker::Ready { build: tabswarm::BUILD_ID.into() },
        FromWorker::Loaded,
        FromWorker::Prepared { population: 0, shared: shared() },
        FromWorker::Failed { message: "no rooms: \"server\" answered 500 — 오류".into() },
        FromWorker::Snapshot(Box::new(snapshot())),
        FromWorker::Done,
        FromWorker::Finished,
        FromWorker::Heard(heard()),
        FromWorker::Seen(Box::new(seen())),
    ];
    let kinds = messages.iter().map(|message| match message {
        FromWorker::Ready { .. } => 0,
        FromWorker::Loaded => 1,
        FromWorker::Prepared { .. } => 2,
        FromWorker::Failed { .. } => 3,
        FromWorker::Snapshot(_) => 4,
        FromWorker::Done => 5,
        FromWorker::Finished => 6,
        FromWorker::Heard(_) => 7,
        FromWorker::Seen(_) => 8,
    });
    assert_eq!(kinds.collect::<Vec<_>>(), (0..9).collect::<Vec<_>>());
    messages
}

fn to_link() -> Vec<ToLink> {
    let session = SessionId::new(u64::MAX);
    let open = OpenLink {
        invite: "#conduct=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8&broker=wss%3A%2F%2Fb".into(),
        seed: Secret::new([255; 32]),
        loading: Loading((1 << 53) - 1),
        credentials: Some(Credentials { user: "kim".into(), password: "geheim".into() }),
    };
    vec![
        ToLink::Open(Box::new(open)),
        ToLink::Command(LinkCommand::Say { to: Some(session), message: vec![0, 255] }),
        ToLink::Command(LinkCommand::Say { to: None, message: Vec::new() }),
        ToLink::Command(LinkCommand::Card(vec![1])),
        ToLink::Command(LinkCommand::Leave),
        ToLink::Command(LinkCommand::Show(vec![2])),
        ToLink::Command(LinkCommand::Seated([session, SessionId::new(0)].into())),
    ]
}

fn from_link() -> Vec<FromLink> {
    let session = SessionId::new(7);
    let refused = Refused { replay: 3, ..Refused::default() };
    let events = vec![
        LinkEvent::Connected,
        LinkEvent::Lost("closed (1006)".into()),
        LinkEvent::Card(vec![1]),
        LinkEvent::Arrived(session),
        LinkEvent::Message { from: session, message: vec![9; 300] },
        LinkEvent::Away(session),
        LinkEvent::Back(session),
        LinkEvent::Clock(Offset { offset: -1.5, bound: 0.25, round_trip: 0.5 }),
        LinkEvent::Live(vec![2]),
        LinkEvent::Forgotten(session),
        LinkEvent::Rival,
        LinkEvent::Tick(Traffic { bytes_out: 1, bytes_in: 1 << 40, refused }),
    ];
    let ready = FromLink::Ready { build: tabswarm::BUILD_ID.into() };
    let failed = FromLink::Failed { message: "a fault".into() };
    events.into_iter().map(FromLink::Event).chain([ready, failed]).collect()
}

fn heard() -> HeardMoment {
    let told = [
        Told::Hears { pcm: vec![0, 255, 128] },
        Told::Says { pcm: Vec::new() },
        Told::In("audio.done".into()),
        Told::Out("말".into()),
        Told::Met(Phase::Listening),
        Told::Saw("closed 1011".into()),
        Told::Failed("answer: no answer".into()),
    ];
    let notes = told.map(|told| Note { at: Timestamp::from_micros(123_456_789), told });
    HeardMoment { user: UserId::new(2, 9), rate: 24_000, notes: notes.into() }
}

fn frame() -> Frame {
    Frame { at_s: 1.25, way: Way::Out, length: 70_000, more: 3, text: Some("42[\"말\"…".into()) }
}

fn seen() -> Seen {
    let said = SeenMessage { by: Some((UserId::new(2, 9), 4)), text: "<script>".into() };
    Seen {
        user: UserId::new(2, 9),
        sight: Some(Sight {
            phase: Some(Phase::Active),
            connected: true,
            rooms: vec!["r".into()],
            waits_for: vec!["message".into()],
            iteration: 7,
            taken: true,
            failure: Some("no answer".into()),
            offers: vec![Choice { act: Act::React(1), label: "read".into() }],
        }),
        frames: vec![
            SeenFrame { number: 1 << 52, frame: frame(), event: Some("message".into()), said: Some(said) },
            SeenFrame { number: 0, frame: Frame::default(), event: None, said: None },
        ],
        missed: 5,
        notes: heard().notes,
    }
}

fn evidence() -> Vec<Evidence> {
    let causes = [
        Cause::Error { operation: "join".into(), code: "500".into() },
        Cause::Close { code: 1006, reason: String::new(), by: ClosedBy::Server },
        Cause::Slowest { metric: "message.round_trip".into(), ms: 1.5 },
    ];
    let one = |cause| Evidence {
        at_s: 1.5,
        population: "users".into(),
        user: 9,
        phase: Phase::Active,
        cause,
        frames: vec![frame()],
        generator: Some(GeneratorState { worker: 1, lag_ms: Some(0.5), ..GeneratorState::default() }),
    };
    causes.map(one).into()
}

fn load() -> WorkerLoad {
    let stages = json!([{"duration_s": 1.5, "target": 10}, {"duration_s": 2, "target": 0.25, "ramp": "step"}]);
    let plan = json!({
        "version": 1, "name": "every load", "seed": 9_007_199_254_740_991_u64, "warmup_s": 0.5,
        "populations": [
            {"name": "closed", "scenario": "ktb-chat", "variables": shared(), "load": {"model": "closed", "stages": stages}},
            {"name": "open", "scenario": {"version": 1, "flow": [null, true, [], {}]}, "accounts": {"source": "csv", "columns": ["email"]},
             "load": {"model": "open", "start_rate": 0.1, "stages": stages, "max_users": 7}},
            {"name": "shape", "scenario": "x", "load": {"model": "shape", "name": "spike", "users": 9, "duration_s": 60}},
            {"name": "batch", "scenario": "x", "load": {"model": "batch", "users": 9, "size": 3, "every_s": 1, "hold_s": 2}},
        ],
        "thresholds": ["message.round_trip p95 < 300 ms"],
        "lab": {"latency_ms": 50, "lose_share": 0.05},
    });
    WorkerLoad {
        plan: serde_json::from_value(plan).expect("it is a plan"),
        segment: Segment { part: 1, weights: vec![1, 1, 0], probe_parts: vec![2] },
        run: "a1b".into(),
        clips: vec![Clip::new("mine".into(), 24_000, &[0, -1, i16::MAX])],
        csv: vec![Vec::new(), vec![vec!["a@example.test".into(), String::new()]]],
        handshakes_in_flight: 3,
        fetches_in_flight: 5,
        sockets: Some(63),
        trial: Some(Trial { url: "ws://broker.test/mqtt".into(), protocols: vec!["mqtt".into()] }),
        starve_ms: 0,
        limits: Some(Limits {
            only: Some(["127.0.0.1:80".to_owned()].into()),
            hosts: ["chat.example".to_owned()].into(),
            caps: Caps { users: Some(9), rate: Some(0.5), minutes: None },
            public: Caps::public(),
        }),
        is_remote: false,
        life: 0,
        lending: Lending {
            lent: vec![UserId::new(1, 2)],
            guests: vec![Guest { user: UserId::new(0, 3), row: vec!["a".into()] }],
        },
    }
}

fn shared() -> Map<String, Value> {
    let values = json!({
        "rooms": ["r1", "r2"], "nothing": null, "flag": false, "deep": {"number": -1.5, "list": [[0], {"": 1}]},
        "large": 9_007_199_254_740_991_u64, "negative": -9_007_199_254_740_991_i64, "text": "한글 🦀 \u{0}",
    });
    values.as_object().expect("it is an object").clone()
}

fn sent(sent_at: Timestamp) -> SentLog {
    let fates =
        [Fate::Accepted(sent_at + Span::from_micros(1)), Fate::Rejected, Fate::Unconfirmed(sent_at), Fate::Abandoned];
    let records = fates.into_iter().zip(0..).map(|(fate, sequence)| {
        let sender = UserId::new(255, 0x00ff_ffff);
        SentRecord { room: sequence % 2, sender, sequence, sent_at, fate }
    });
    SentLog { rooms: vec!["lobby".into(), "방".into()], records: records.collect() }
}

#[expect(clippy::too_many_lines, reason = "every field has a value")]
fn snapshot() -> Snapshot {
    let at = Timestamp::from_micros(285 * 365 * 86_400 * 1_000_000);
    let bytes: Vec<u8> = (0..=255).collect();
    let [population, operation] = ["talkers", "message"].map(str::to_owned);
    let error = ErrorKey {
        population: population.clone(),
        operation,
        code: "RATE_LIMIT_EXCEEDED".into(),
        phase: Phase::Active,
    };
    let closed = DisconnectKey {
        population: population.clone(),
        code: 1006,
        reason: String::new(),
        by: ClosedBy::Server,
        phase: Phase::Connecting,
    };
    Snapshot {
        at,
        metrics: MetricsDelta {
            histograms: vec![HistogramDelta {
                metric: "message.round_trip".into(),
                population: population.clone(),
                warmup: true,
                is_stalled: true,
                sum_us: 1e15 + 0.5,
                min_us: 0,
                max_us: u32::MAX,
                pairs: bytes.clone(),
                floors: bytes.clone(),
                late: 3,
                censored: vec![metrics::Censored { limit_us: 10_000_000, count: 2 }],
                waiting: vec![metrics::WaitingDelta { limit_us: 10_000_000, change: -2 }],
            }],
            counters: vec![CounterDelta { counter: "bytes.in".into(), population: String::new(), count: 1 << 52 }],
            errors: vec![ErrorDelta { key: error, count: 1, first: at, sample: "{\"code\":1}".into() }],
            disconnects: vec![DisconnectDelta { key: closed, count: 2, first: Timestamp::ZERO }],
            listeners: vec![ListenerDelta {
                user: UserId::new(255, 0x00ff_ffff),
                heard: HeardSums { answers: u32::MAX, wall: Span::from_micros(1 << 52), ..HeardSums::default() },
            }],
            findings: vec![FindingDelta {
                key: FindingKey { population: population.clone(), finding: "delivery.duplicated".into() },
                count: u64::MAX >> 11,
                about: vec!["message 3 of user 1".into()],
            }],
            breaches: vec![BreachDelta {
                key: BreachKey {
                    population: population.clone(),
                    event: "message".into(),
                    path: "sender.name".into(),
                    expected: "string".into(),
                    found: "null".into(),
                },
                count: 1,
                first: at,
                sample: "{}".into(),
            }],
        },
        users: vec![UsersByState { active: 1, failed: u32::MAX, ..UsersByState::default() }, UsersByState::default()],
        ledger: LedgerDelta { sent: 3, missing: -2, ..LedgerDelta::default() },
        sent: sent(Timestamp::ZERO),
        completions: vec![Completion {
            sender: UserId::new(1, 2),
            sequence: 3,
            sent_at: at,
            missing: 4,
            latencies: bytes,
        }],
        health: HealthDelta {
            lag: vec![Span::ZERO, Span::from_micros(999)],
            buffered_max: 1,
            buffered_sum: 2,
            busy_share: 0.125,
            sockets_open: 255,
            handshake_queue: 4,
            connecting: 5,
            opened: 6,
            refused: 7,
            held: 8,
            trials_opened: 3,
            trials_failed: 4,
            unread: true,
        },
        evidence: evidence(),
        log: [(LogLevel::Info, None), (LogLevel::Warning, Some(0)), (LogLevel::Error, Some(u32::MAX))]
            .map(|(level, user)| LogLine { at, level, population: population.clone(), user, text: "said".into() })
            .into(),
        log_dropped: 7,
        settled: true,
        moved: Moved {
            was_asked: true,
            given_up: vec![UserId::new(0, 1)],
            taken_in: vec![UserId::new(255, 0x00ff_ffff)],
        },
    }
}
