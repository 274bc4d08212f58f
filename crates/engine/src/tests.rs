//! An engine against a server that says exactly what the test says.

use serde_json::{Map, Value, json};

use super::*;
use crate::ports::{FetchFailure, FetchId, FetchOutcome};
use crate::wire::Lending;
use metrics::{ClosedBy, Phase, UserId, UsersByState};
use plan::{Plan, Segment};

mod border;
mod findings;
mod guard;
mod losses;
mod outcomes;
mod owed;
mod relief;
mod stop;
mod way;

/// One worker that plays a whole plan, and the other side of its sockets.
pub(crate) struct Bench {
    engine: Engine,
    now: Timestamp,
    out: Vec<Output>,
    tells_urls: bool,
}

impl Bench {
    /// `scenario` completes the least that a document needs; `load` is as in a plan.
    fn new(scenario: Value, load: Value) -> Self {
        Self::within(scenario, load, None)
    }

    fn within(scenario: Value, load: Value, limits: Option<plan::Limits>) -> Self {
        Self::of(&[(scenario, load)], limits)
    }

    /// A population of each scenario and its load.
    fn of(populations: &[(Value, Value)], limits: Option<plan::Limits>) -> Self {
        let mut bench = Self::loaded(populations, limits);
        bench.start();
        bench
    }

    /// It has its load, and waits for the start.
    fn loaded(populations: &[(Value, Value)], limits: Option<plan::Limits>) -> Self {
        Self::with(&Self::load(populations, limits))
    }

    fn with(load: &WorkerLoad) -> Self {
        let engine = Engine::new(load).expect("the plan is good");
        Self { engine, now: Timestamp::ZERO, out: Vec::new(), tells_urls: false }
    }

    pub(crate) fn load(populations: &[(Value, Value)], limits: Option<plan::Limits>) -> WorkerLoad {
        let population = |(at, (scenario, load)): (usize, &(Value, Value))| {
            let mut document = json!({
                "version": 1, "name": "t", "protocol": "socketio", "flow": [],
                "connect": { "url": "http://h", "timeout_s": 5, "reconnect": "none" },
            });
            let mut fields = scenario.as_object().expect("a scenario is an object").clone();
            let mut population = json!({ "name": format!("p{at}"), "load": load });
            for own in ["hosts", "redirects"] {
                if let Some(value) = fields.remove(own) {
                    population[own] = value;
                }
            }
            document.as_object_mut().expect("it is one").extend(fields);
            population["scenario"] = document;
            population
        };
        let populations: Vec<Value> = populations.iter().enumerate().map(population).collect();
        let plan = json!({ "version": 1, "name": "t", "seed": 1, "graceful_stop_s": 5, "populations": populations });
        WorkerLoad {
            plan: Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:#?}")),
            segment: Segment::whole(),
            run: "k3f".to_owned(),
            csv: Vec::new(),
            clips: Vec::new(),
            handshakes_in_flight: 1,
            fetches_in_flight: 1,
            sockets: None,
            trial: None,
            starve_ms: 0,
            limits,
            is_remote: false,
            life: 0,
            lending: Lending::default(),
        }
    }

    fn start(&mut self) {
        let shared = vec![Map::new(); self.engine.populations.len()];
        self.give(Input::Start { shared });
    }

    fn give(&mut self, input: Input<'_>) {
        self.engine.handle(self.now, self.now.as_micros() as f64 / 1e3, input);
        while let Some(output) = self.engine.poll() {
            self.out.push(output);
        }
    }

    /// Lets so many milliseconds pass, every timer on time.
    fn pass(&mut self, millis: u64) {
        let until = self.now + Span::from_millis(millis);
        while let Some(due) = self.engine.next_timeout().filter(|due| *due <= until) {
            self.now = due.max(self.now);
            self.give(Input::Timeout);
        }
        self.now = until;
        self.give(Input::Timeout);
    }

    fn text(&mut self, socket: u32, frame: &str) {
        self.give(Input::Edge(FromEdge::Text { socket: SocketId(socket), frame }));
    }

    fn open(&mut self, socket: u32) {
        self.give(Input::Edge(FromEdge::Opened { socket: SocketId(socket) }));
    }

    /// Opens the socket and lets its user in.
    fn connect(&mut self, socket: u32) {
        self.open(socket);
        self.text(socket, r#"0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":60000}"#);
        self.text(socket, r#"40{"sid":"t"}"#);
    }

    fn close(&mut self, socket: u32) {
        self.give(Input::Edge(FromEdge::Closed { socket: SocketId(socket), code: 1006, reason: "" }));
    }

    /// What the engine wanted since the last call, in short.
    fn wanted(&mut self) -> Vec<String> {
        let tells_urls = self.tells_urls;
        let short = |output| match output {
            Output::Edge(ToEdge::Connect { socket, url, .. }) if tells_urls => format!("connect {} {url}", socket.0),
            Output::Edge(ToEdge::Connect { socket, .. }) => format!("connect {}", socket.0),
            Output::Edge(ToEdge::Send { socket, text }) => format!("{} {text}", socket.0),
            Output::Edge(ToEdge::Close { socket }) => format!("close {}", socket.0),
            Output::Edge(ToEdge::Fetch { request, .. }) => format!("{} {}", request.method, request.url),
            other => format!("{other:?}"),
        };
        self.out.drain(..).map(short).collect()
    }

    fn users(&self) -> UsersByState {
        self.engine.users(self.now)[0]
    }

    /// `operation code` of all errors since the last snapshot, as often as they came.
    fn errors(snapshot: &Snapshot) -> Vec<String> {
        let line = |error: &metrics::ErrorDelta| {
            format!("{} {} {:?} x{}", error.key.operation, error.key.code, error.key.phase, error.count)
        };
        snapshot.metrics.errors.iter().map(line).collect()
    }
}

/// So many users from the start on, for ten minutes.
fn held(users: u32) -> Value {
    json!({ "model": "closed", "start": users, "stages": [{ "duration_s": 600, "target": users }] })
}

fn join() -> Value {
    json!({ "emit": {
        "event": "join", "args": ["r"], "operation": "join", "enters": "r",
        "answer": { "event": "joined", "save": { "room": "/room" } },
    }})
}

#[test]
fn a_user_whose_required_step_fails_is_gone_with_its_socket() {
    #[track_caller]
    fn check(answer: &str, error: &str) {
        let scenario = json!({
            "variables": { "room": null }, "flow": [join()],
            "on": [{ "event": "joinError", "steps": [{ "emit": { "event": "again" } }] }],
            "errors": [{ "event": "joinError", "fails": "join", "code": "/code" }],
        });
        let mut bench = Bench::new(scenario, held(1));
        bench.connect(0);
        assert_eq!(bench.wanted(), ["connect 0", "0 40", r#"0 42["join","r"]"#]);
        bench.text(0, answer);
        assert_eq!(bench.wanted(), ["close 0"]);
        bench.text(0, answer);
        bench.close(0);
        assert_eq!(bench.wanted(), Vec::<String>::new());
        // It will begin anew after a pause.
        let expected = UsersByState { failed: 1, replaced: 1, reconnecting: 1, ..UsersByState::default() };
        assert_eq!((bench.users(), bench.users().all()), (expected, 1));
        let snapshot = bench.engine.snapshot(bench.now);
        assert_eq!(Bench::errors(&snapshot), [error]);
        let key = &snapshot.metrics.disconnects[0].key;
        assert_eq!((key.by, key.phase), (ClosedBy::User, Phase::Flow));
    }
    check(r#"42["joinError",{"code":"FULL"}]"#, "join FULL Flow x1");
    check(r#"42["joined",{}]"#, "join unexpected answer Flow x1");
}

#[test]
fn rounds_that_are_none_take_none_from_the_rounds_around_them() {
    let inner = json!({ "repeat": "${times}", "steps": [{ "emit": { "event": "inner" } }] });
    let outer = json!({ "repeat": 3, "steps": [inner, { "emit": { "event": "outer" } }] });
    let mut bench =
        Bench::new(json!({ "variables": { "times": 1 }, "flow": [{ "set": { "times": 0 } }, outer] }), held(1));
    bench.connect(0);
    assert_eq!(bench.wanted()[2..], [r#"0 42["outer"]"#; 3]);
}

#[test]
fn a_handshake_that_never_opens_leaves_nothing_behind() {
    let mut bench = Bench::new(json!({}), held(2));
    assert_eq!(bench.wanted(), ["connect 0"]);
    bench.pass(5_000);
    // The browser says nothing of a socket that was closed before it opened; the slot is free for the next.
    assert_eq!(bench.wanted(), ["close 0", "connect 1"]);
    let snapshot = bench.engine.snapshot(bench.now);
    assert_eq!(Bench::errors(&snapshot), ["connect timeout Connecting x1"]);
    let [disconnect] = &snapshot.metrics.disconnects[..] else { panic!("{:?}", snapshot.metrics.disconnects) };
    assert_eq!((disconnect.key.by, disconnect.key.phase), (ClosedBy::Timeout, Phase::Connecting));
    assert_eq!(disconnect.key.reason, "connect timeout");
    assert_eq!(bench.users().failed, 1);
    assert_eq!(bench.users().all(), 2);
    assert_eq!(bench.engine.sockets.counts().all(), 1);
}

#[test]
fn back_off_grows_spreads_and_is_cut_last_as_in_the_official_client() {
    let connect = json!({ "url": "http://h", "timeout_s": 5,
        "reconnect": { "initial_ms": 1000, "max_ms": 5000, "jitter": 0.5, "attempts": 7 } });
    let mut bench = Bench::new(json!({ "connect": connect }), held(1));
    let mut check = |socket: u32, least: u64, most: u64| {
        bench.close(socket);
        let from = bench.now;
        bench.wanted();
        while bench.wanted().is_empty() {
            bench.pass(10);
            assert!(bench.now.since(from) < Span::from_secs(20), "socket {socket}");
        }
        let waited = bench.now.since(from).as_micros() / 1_000;
        assert!((least..=most).contains(&waited), "after socket {socket}: {waited} ms");
        if socket == 5 {
            // A server that answers at all starts the back-off anew, even if it never lets the user in.
            bench.open(6);
            bench.text(6, r#"0{"sid":"s","pingInterval":25000,"pingTimeout":60000}"#);
        }
    };
    for (socket, (least, most)) in
        [(500, 1_510), (1_000, 3_010), (2_000, 5_010), (4_000, 5_010), (5_000, 5_010), (5_000, 5_010), (500, 1_510)]
            .into_iter()
            .enumerate()
    {
        check(socket as u32, least, most);
    }
}

#[test]
fn a_socket_that_was_given_up_is_not_heard_any_more() {
    let connect = json!({ "url": "http://h", "reconnect": { "initial_ms": 100, "max_ms": 100, "jitter": 0 } });
    let scenario = json!({ "connect": connect, "on": [{ "event": "hi", "steps": [{ "emit": { "event": "ho" } }] }] });
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    bench.text(0, "1");
    bench.pass(200);
    bench.connect(1);
    bench.wanted();
    bench.text(0, r#"42["hi"]"#);
    bench.close(0);
    assert_eq!(bench.wanted(), Vec::<String>::new());
    bench.text(1, r#"42["hi"]"#);
    assert_eq!(bench.wanted(), [r#"1 42["ho"]"#]);
    assert_eq!(bench.engine.snapshot(bench.now).metrics.disconnects.len(), 1);
}

#[test]
fn in_a_full_browser_users_wait_for_a_socket_and_make_no_error() {
    let mut bench = Bench::new(json!({}), held(3));
    bench.connect(0);
    assert_eq!(bench.wanted(), ["connect 0", "0 40", "connect 1"]);
    // The second socket does not open, and that is the browser's doing: its user waits, like the third one.
    bench.give(Input::Full);
    assert_eq!(bench.wanted(), ["close 1"]);
    // Every few seconds one of them tries again, and is called back: that is no error either, nor is a socket that is refused.
    bench.pass(3_000);
    assert_eq!(bench.wanted(), ["connect 2"]);
    bench.pass(3_000);
    assert_eq!(bench.wanted(), ["close 2", "connect 3"]);
    bench.close(3);
    assert_eq!(bench.wanted(), ["close 3"]);
    bench.pass(60_000);
    let snapshot = bench.engine.snapshot(bench.now);
    assert_eq!((Bench::errors(&snapshot).len(), snapshot.metrics.disconnects.len()), (0, 0));
    assert_eq!((snapshot.health.opened, snapshot.health.held, bench.users().connecting), (1, 0, 2));
}

#[test]
fn a_browser_that_opens_one_more_than_it_was_full_with_is_full_no_more() {
    let opens = |bench: &mut Bench| bench.wanted().iter().filter(|wanted| wanted.starts_with("connect")).count();
    let full = || {
        let mut bench = Bench::new(json!({}), held(4));
        bench.connect(0);
        bench.give(Input::Full);
        bench.wanted();
        bench
    };
    let mut bench = full();
    bench.pass(3_000);
    assert_eq!(opens(&mut bench), 1, "one tries");
    bench.connect(2);
    assert_eq!(opens(&mut bench), 1, "it opened, and the next one follows at once");
    // A socket that closes makes room for the next.
    let mut bench = full();
    bench.close(0);
    assert_eq!(opens(&mut bench), 1);
    // The conductor has found out that it is not.
    let mut bench = full();
    bench.give(Input::Free);
    assert_eq!(opens(&mut bench), 1);
}

#[test]
fn events_that_want_an_acknowledgement_get_one_and_early_events_come_behind_the_connect_answer() {
    let scenario =
        json!({ "flow": [{ "wait": { "event": "hello", "operation": "hello" } }, { "emit": { "event": "thanks" } }] });
    let mut bench = Bench::new(scenario, held(1));
    bench.open(0);
    bench.text(0, r#"0{"sid":"s","pingInterval":25000,"pingTimeout":60000}"#);
    bench.text(0, r#"427["hello"]"#);
    bench.text(0, r#"40{"sid":"t"}"#);
    assert_eq!(bench.wanted(), ["connect 0", "0 40", "0 437[]", r#"0 42["thanks"]"#]);
    assert_eq!(Bench::errors(&bench.engine.snapshot(bench.now)), Vec::<String>::new());
}

#[test]
fn the_next_iteration_knows_nothing_of_the_last() {
    let scenario = json!({
        "variables": { "seen": "", "kept": "${user.index}" }, "after_flow": "leave",
        "flow": [{ "emit": { "event": "was", "args": ["${seen}", "${kept}"] } }, { "set": { "seen": "x", "kept": "y" } }],
        // Leaving while it leaves is no reason to stay for ever.
        "finish": [{ "emit": { "event": "bye" } }, "leave"],
    });
    let mut bench = Bench::new(scenario, held(1));
    for socket in 0..3 {
        bench.connect(socket);
        let expected = [
            format!("connect {socket}"),
            format!("{socket} 40"),
            format!(r#"{socket} 42["was","",0]"#),
            format!(r#"{socket} 42["bye"]"#),
            format!("{socket} 41"),
            format!("close {socket}"),
        ];
        assert_eq!(bench.wanted(), expected);
        bench.close(socket);
    }
}

#[test]
fn a_choice_without_any_weight_is_none() {
    let scenario = json!({
        "variables": { "none": 0 },
        "flow": [
            { "choose": [
                { "weight": "${none}", "steps": [{ "emit": { "event": "a" } }] },
                { "weight": "${-none}", "steps": [{ "emit": { "event": "b" } }] },
            ]},
            { "emit": { "event": "c" } },
        ],
    });
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    assert_eq!(bench.wanted(), ["connect 0", "0 40", r#"0 42["c"]"#]);
}

#[test]
fn a_place_in_a_queue_is_not_the_next_users() {
    let load = json!({ "model": "closed", "start": 2, "stages": [
        { "duration_s": 10, "target": 2 }, { "duration_s": 0.001, "target": 0 }, { "duration_s": 10, "target": 0 },
        { "duration_s": 0.001, "target": 2 }, { "duration_s": 600, "target": 2 },
    ]});
    let before = json!([{ "http": { "operation": "hello", "url": "http://h/${floor(now_ms / 1000)}/${user.index}" } }]);
    let mut bench = Bench::new(json!({ "before": before }), load);
    bench.pass(25_000);
    assert_eq!(bench.wanted(), ["GET http://h/0/0"]);
    let answer =
        |body: &str| FetchOutcome::Answer { status: 200, headers: Vec::new(), body: body.to_owned(), landed: None };
    // The users of the first stage are gone; their requests are nobody's.
    bench.give(Input::Edge(FromEdge::Fetched { fetch: FetchId(0), outcome: answer("{}") }));
    assert_eq!(bench.wanted(), ["GET http://h/20/0"]);
    bench.give(Input::Edge(FromEdge::Fetched { fetch: FetchId(1), outcome: answer("{}") }));
    assert_eq!(bench.wanted(), ["connect 0", "GET http://h/20/1"]);
}

#[test]
fn only_what_a_cache_could_answer_is_kept_from_it() {
    for (method, expected) in [
        ("GET", true),
        ("HEAD", true),
        ("POST", false),
        ("PUT", false),
        ("PATCH", false),
        ("DELETE", false),
        ("OPTIONS", false),
    ] {
        let request = FetchRequest {
            method: method.to_owned(),
            url: "http://h".to_owned(),
            headers: Vec::new(),
            body: ports::FetchBody::None,
            timeout: Span::from_secs(1),
            follows: false,
            most_bytes: 1,
        };
        assert_eq!(request.is_cacheable(), expected, "{method}");
    }
}

#[test]
fn an_event_of_socket_ios_own_is_an_error_and_is_not_sent() {
    let scenario = json!({
        "variables": { "name": null, "ok": "hello" },
        "flow": [
            { "set": { "name": "dis" } },
            { "emit": { "event": "${name}connect", "operation": "odd", "required": false } },
            { "emit": { "event": "${name}cover", "operation": "even" } },
        ],
    });
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    assert_eq!(bench.wanted(), ["connect 0", "0 40", r#"0 42["discover"]"#]);
    let errors = bench.engine.snapshot(bench.now).metrics.errors;
    assert_eq!(
        errors.iter().map(|error| (&*error.key.operation, &*error.key.code)).collect::<Vec<_>>(),
        [("odd", "reserved event")]
    );
}

#[test]
fn an_answer_that_was_cut_in_mid_emoji_is_read() {
    let login = json!({ "operation": "login", "url": "http://h/login", "required": true, "save": { "token": "/token", "name": "/name" } });
    let scenario = json!({
        "variables": { "token": null, "name": null }, "before": [{ "http": login }],
        "flow": [{ "emit": { "event": "hello", "args": ["${name}"] } }],
    });
    let mut bench = Bench::new(scenario, held(1));
    let body = r#"{"token":"t","name":"Ann \ud83d"}"#.to_owned();
    let outcome = FetchOutcome::Answer { status: 200, headers: Vec::new(), body, landed: None };
    bench.give(Input::Edge(FromEdge::Fetched { fetch: FetchId(0), outcome }));
    bench.connect(0);
    assert_eq!(bench.wanted(), ["GET http://h/login", "connect 0", "0 40", "0 42[\"hello\",\"Ann \u{fffd}\"]"]);
}

#[test]
fn names_that_a_server_makes_up_are_counted_and_not_kept() {
    let mut bench = Bench::new(json!({}), held(1));
    bench.connect(0);
    for number in 0..1_000 {
        bench.text(0, &format!(r#"42["e{number}"]"#));
    }
    bench.text(0, &format!(r#"42["{}"]"#, "x".repeat(1_000)));
    let snapshot = bench.engine.snapshot(bench.now);
    let count = |name: &str| snapshot.metrics.counters.iter().find(|c| c.counter == name).map_or(0, |c| c.count);
    assert_eq!((count("events.in.e7"), count("events.in.(others)")), (1, 801));
    assert_eq!(bench.engine.populations[0].meters.strangers(), 200);
}

#[test]
fn secrets_stay_out_of_errors_and_logs() {
    let scenario = json!({
        "variables": { "token": "tok-4711", "password": "hunter2", "room": null },
        "connect": {
            "url": "http://h", "timeout_s": 5, "reconnect": "none",
            "auth": { "token": "${token}", "sessionId": "sess-0815" }, "query": { "key_token": "qry/4242" },
        },
        "flow": [{ "fail": { "operation": "own", "code": "c-${token}", "message": "p ${password}" } }, join()],
        "errors": [{ "event": "joinError", "fails": "join", "code": "/code" }],
    });
    let mut bench = Bench::new(scenario, held(4));
    bench.connect(0);
    bench.text(0, r#"42["joinError",{"code":"no tok-4711","why":"sess-0815 of hunter2"}]"#);
    bench.open(1);
    bench.text(1, r#"0{"sid":"s","pingInterval":25000,"pingTimeout":60000}"#);
    bench.text(1, r#"44{"message":"bad tok-4711","data":"sess-0815"}"#);
    bench.give(Input::Edge(FromEdge::Closed { socket: SocketId(1), code: 1000, reason: "tok-4711" }));
    // A browser that does not like a URL quotes it; a proxy that closes may quote anything.
    let reason = "ws://u:hunter2@h/?key_token=qry%2F4242 of sess-0815";
    bench.give(Input::Edge(FromEdge::Closed { socket: SocketId(2), code: 1008, reason }));
    // The beginning of a bad frame is kept, and may end within a token.
    bench.open(3);
    bench.text(3, &format!("0{}qry/4242", "x".repeat(74)));
    let snapshot = bench.engine.snapshot(bench.now);
    let errors = [
        "connect bad *** Connecting x1",
        "connect closed 1008 Connecting x1",
        "frame invalid Connecting x1",
        "join no *** Flow x1",
        "own c-*** Flow x1",
    ];
    assert_eq!(Bench::errors(&snapshot), errors);
    let told = format!("{:?}", (&snapshot.metrics, &snapshot.log));
    assert!(told.contains(r#"joinError {\"code\":\"no ***\",\"why\":\"*** of ***\"}"#), "{told}");
    // What is left of a reason is still told.
    let closed = "the WebSocket closed with 1008 before it was usable: ws://***@h/?key_token=*** of ***";
    assert!(told.contains(closed), "{told}");
    for secret in ["tok-4711", "sess-0815", "hunter2", "qry", "4242"] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
}

#[test]
fn arguments_that_are_no_json_are_noticed_where_something_is_looked_for() {
    #[track_caller]
    fn check(frame: &str, errors: &[&str], sent: &[&str]) {
        let scenario = json!({ "on": [
            { "event": "message", "where": { "/type": "text" }, "steps": [{ "emit": { "event": "seen", "args": ["${event./_id}"] } }] },
            { "event": "note", "steps": [{ "emit": { "event": "noted" } }] },
        ]});
        let mut bench = Bench::new(scenario, held(1));
        bench.connect(0);
        bench.wanted();
        bench.text(0, frame);
        assert_eq!(bench.wanted(), sent, "{frame}");
        assert_eq!(Bench::errors(&bench.engine.snapshot(bench.now)), errors, "{frame}");
    }
    let bad = &["frame arguments are not JSON Active x1"];
    check(r#"42["message",{"type":"text","_id":"m1"}]"#, &[], &[r#"0 42["seen","m1"]"#]);
    check(r#"42["message",{"type":"text"}]"#, &[], &[r#"0 42["seen",null]"#]);
    check(r#"42["message",{"_id":"m1"}]"#, &[], &[]);
    check(r#"42["message"]"#, &[], &[]);
    check(r#"42["message",{"_id":}]"#, bad, &[]);
    check(r#"42["message",nonsense]"#, bad, &[]);
    // Nobody looks into this one.
    check(r#"42["note",nonsense]"#, &[], &[r#"0 42["noted"]"#]);
}

#[test]
fn a_user_that_is_gone_makes_room_below_the_cap() {
    let load =
        json!({ "model": "open", "start_rate": 1, "stages": [{ "duration_s": 60, "target": 1 }], "max_users": 1 });
    let mut bench = Bench::new(json!({ "after_flow": "leave", "flow": [{ "think": { "fixed_ms": 1500 } }] }), load);
    bench.pass(1_100);
    assert_eq!(bench.wanted(), ["connect 0"]);
    bench.connect(0);
    bench.pass(1_000);
    // One arrival was dropped meanwhile.
    assert_eq!(bench.wanted(), ["0 40"]);
    bench.pass(600);
    assert_eq!(bench.wanted(), ["0 41", "close 0"]);
    bench.close(0);
    bench.pass(900);
    assert_eq!(bench.wanted(), ["connect 1"]);
    // A user that fails makes room, too.
    bench.close(1);
    bench.pass(1_000);
    assert_eq!(bench.wanted(), ["connect 2"]);
    assert_eq!(bench.users(), UsersByState { connecting: 1, done: 1, failed: 1, ..UsersByState::default() });
}

#[test]
fn a_rate_limit_pauses_the_timer_for_as_long_as_the_server_says() {
    let scenario = json!({
        "connect": { "url": "http://h", "reconnect": { "initial_ms": 100, "max_ms": 100, "jitter": 0 } },
        "every": [{ "name": "send", "interval": { "fixed_ms": 1000 }, "first": { "fixed_ms": 1000 },
            "steps": [{ "emit": { "event": "say", "operation": "say" } }] }],
        "errors": [{ "event": "error", "where": { "/code": "SLOW" }, "fails": "say", "code": "/code",
            "pause": { "timer": "send", "field": "/retryAfter", "unit": "s" } }],
    });
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    bench.wanted();
    bench.pass(2_500);
    assert_eq!(bench.wanted().len(), 2);
    bench.text(0, r#"42["error",{"code":"SLOW","retryAfter":7}]"#);
    bench.pass(1_000);
    // A lost connection does not end it.
    bench.close(0);
    bench.pass(200);
    bench.connect(1);
    assert_eq!(bench.wanted(), ["connect 1", "1 40"]);
    bench.pass(5_700);
    assert_eq!(bench.wanted().len(), 0);
    bench.pass(1_200);
    assert_eq!(bench.wanted().len(), 2);
}

#[test]
fn a_user_that_takes_its_time_to_leave_is_cut_off_by_the_load() {
    let load = json!({ "model": "closed", "start": 1, "stages": [
        { "duration_s": 10, "target": 1 }, { "duration_s": 0.001, "target": 0 }, { "duration_s": 600, "target": 0 },
    ]});
    let scenario = json!({ "after_flow": "leave", "finish": [{ "think": { "fixed_ms": 300_000 } }] });
    let mut bench = Bench::new(scenario, load);
    bench.connect(0);
    bench.wanted();
    bench.pass(14_900);
    assert_eq!(bench.wanted(), Vec::<String>::new());
    bench.pass(200);
    assert_eq!(bench.wanted(), ["close 0"]);
}
