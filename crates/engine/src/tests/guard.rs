//! Limits of the browser's operator, kept by the engine whatever the plan says.

use serde_json::json;

use super::*;
use crate::guard::{TOO_FAST, TOO_MANY, TOO_MANY_THERE};
use plan::{Action, Caps, Limits, TimedAction};

/// Users of `http://h` where the operator allows these hosts and caps.
fn bench(users: u32, hosts: &[&str], caps: Caps) -> Bench {
    let limits = Limits { hosts: hosts.iter().map(|&host| host.to_owned()).collect(), caps, ..Limits::default() };
    Bench::within(json!({}), held(users), Some(limits))
}

#[test]
fn an_address_that_is_not_allowed_is_never_dialled() {
    let mut bench = bench(1, &["other"], Caps::NONE);
    assert_eq!(bench.wanted(), Vec::<String>::new());
    assert_eq!(Bench::errors(&bench.engine.snapshot(bench.now)).len(), 1);
    let mut bench = self::bench(1, &["h"], Caps::NONE);
    assert_eq!(bench.wanted(), ["connect 0"]);
}

#[test]
fn users_beyond_the_cap_do_not_start() {
    let mut bench = bench(5, &["h"], Caps { users: Some(2), ..Caps::NONE });
    bench.pass(100);
    let users = bench.users();
    assert_eq!((users.preparing + users.connecting, users.failed), (2, 0));
    // A machine that is this one has no cap.
    let limits = Limits { hosts: [].into(), caps: Caps { users: Some(2), ..Caps::NONE }, ..Limits::default() };
    let here = json!({"connect": {"url": "http://127.0.0.1:1", "timeout_s": 5, "reconnect": "none"}});
    let bench = Bench::within(here, held(5), Some(limits));
    let users = bench.users();
    assert_eq!(users.preparing + users.connecting, 5);
}

#[test]
fn load_ends_when_its_longest_time_is_over() {
    let mut bench = bench(1, &["h"], Caps { minutes: Some(0.5), ..Caps::NONE });
    bench.connect(0);
    bench.pass(29_000);
    let before = bench.engine.snapshot(bench.now);
    assert!(!before.settled && before.log.iter().all(|line| !line.text.contains("longest time")));
    bench.pass(20_000);
    let after = bench.engine.snapshot(bench.now);
    assert!(after.settled, "its users have fallen silent, ten minutes before the load's end");
    assert!(after.log.iter().any(|line| line.text == crate::guard::TOO_LONG), "{:?}", after.log);
}

/// When connections were opened within so many seconds, in tenths of one; each is let in at once.
fn openings(bench: &mut Bench, seconds: u64) -> Vec<u64> {
    let mut times = Vec::new();
    for _ in 0..seconds * 100 {
        for wanted in bench.wanted() {
            if let Some(socket) = wanted.strip_prefix("connect ").and_then(|socket| socket.parse().ok()) {
                times.push(bench.now.as_micros() / 100_000);
                bench.connect(socket);
            } else if let Some(socket) = wanted.strip_prefix("close ").and_then(|socket| socket.parse().ok()) {
                bench.close(socket);
            }
        }
        bench.pass(10);
    }
    times
}

fn told(bench: &mut Bench, limit: &str) -> usize {
    bench.engine.snapshot(bench.now).log.iter().filter(|line| line.text == limit && line.user.is_none()).count()
}

#[test]
fn connections_are_opened_no_faster_than_the_limit_whoever_wants_them() {
    let scenario = |url| {
        let reconnect = json!({ "initial_ms": 100, "max_ms": 100, "jitter": 0, "attempts": 9 });
        json!({ "connect": { "url": url, "timeout_s": 5, "reconnect": reconnect } })
    };
    let limits =
        || Limits { hosts: ["h".to_owned()].into(), caps: Caps { rate: Some(2.0), ..Caps::NONE }, ..Limits::default() };
    let mut bench = Bench::within(scenario("http://h"), held(5), Some(limits()));
    assert_eq!(openings(&mut bench, 5), [0, 0, 10, 10, 20]);
    assert_eq!(told(&mut bench, TOO_FAST), 1, "it is said once");
    for action in [Action::ReconnectStorm { share: 1.0 }, Action::Drop { share: 1.0 }] {
        let began = bench.now.as_micros() / 100_000;
        bench.give(Input::Act(TimedAction { at_s: bench.now.as_secs_f64(), ..TimedAction::now(action.clone()) }));
        let times: Vec<u64> = openings(&mut bench, 5).into_iter().map(|at| at - began).collect();
        let wait = u64::from(matches!(action, Action::Drop { .. }));
        assert_eq!(times, [0, 0, 10, 10, 20].map(|at| at + wait), "{action:?}");
        assert_eq!(told(&mut bench, TOO_FAST), 1, "{action:?}: it is said again");
    }
    // A machine that is this one has no cap.
    let mut bench = Bench::within(scenario("http://127.0.0.1:1"), held(5), Some(limits()));
    assert_eq!(openings(&mut bench, 1), [0; 5]);
    assert_eq!(told(&mut bench, TOO_FAST), 0);
}

#[test]
fn more_users_than_the_limit_are_asked_for_in_vain_and_it_is_said() {
    let mut bench = bench(1, &["h"], Caps { users: Some(2), ..Caps::NONE });
    bench.pass(1_000);
    assert_eq!(told(&mut bench, TOO_MANY), 0);
    let more = TimedAction { at_s: 1.0, ..TimedAction::now(Action::Users { users: 9, over_s: 0.0 }) };
    bench.give(Input::Act(more));
    assert_eq!(bench.users().preparing + bench.users().connecting, 2);
    assert_eq!(told(&mut bench, TOO_MANY), 1);
}

#[test]
fn limits_hold_for_each_host_by_itself() {
    let limits = Limits {
        hosts: ["h".to_owned(), "i".to_owned()].into(),
        caps: Caps { users: Some(2), ..Caps::NONE },
        ..Limits::default()
    };
    let at = |url: &str| json!({ "connect": { "url": url, "timeout_s": 5, "reconnect": "none" } });
    let mut bench = Bench::of(&[(at("http://h"), held(2)), (at("http://i"), held(9))], Some(limits));
    let users: Vec<u32> =
        bench.engine.users(bench.now).iter().map(|users| users.connecting + users.preparing).collect();
    assert_eq!(users, [2, 2]);
    assert_eq!(told(&mut bench, TOO_MANY), 1);
}

#[test]
fn who_waits_for_one_host_holds_up_nobody_of_another() {
    let limits =
        Limits { hosts: ["h".to_owned()].into(), caps: Caps { rate: Some(2.0), ..Caps::NONE }, ..Limits::default() };
    let at = |url: &str| json!({ "connect": { "url": url, "timeout_s": 5, "reconnect": "none" } });
    let mut bench = Bench::of(&[(at("http://h"), held(5)), (at("http://127.0.0.1:1"), held(3))], Some(limits));
    assert_eq!(
        openings(&mut bench, 5),
        [0, 0, 0, 0, 0, 10, 10, 20],
        "two and those of this machine, then two a second"
    );
}

/// Users of a plain WebSocket whose address is made up, where the plan names these hosts and the operator allows them and `other`.
fn made_up(url: &str, users: u32, named: &[&str], caps: Caps) -> Bench {
    let hosts = named.iter().chain(&["other"]).map(|&host| host.to_owned()).collect();
    let limits = Limits { hosts, caps, ..Limits::default() };
    let scenario = json!({
        "protocol": "websocket", "hosts": named, "variables": { "s": "", "n": "${user.index}", "saved": null },
        "connect": { "url": url, "timeout_s": 5, "reconnect": "none" }, "flow": [{ "set": { "s": "" } }],
    });
    let mut bench = Bench::within(scenario, held(users), Some(limits));
    bench.tells_urls = true;
    bench
}

/// When sockets were opened within so many seconds, in tenths of one; each opens at once and none is closed.
fn dialled(bench: &mut Bench, seconds: u64) -> Vec<u64> {
    let mut times = Vec::new();
    for _ in 0..seconds * 100 {
        for wanted in bench.wanted() {
            if let Some(socket) = wanted.strip_prefix("connect ").and_then(|rest| rest.split(' ').next()) {
                times.push(bench.now.as_micros() / 100_000);
                bench.open(socket.parse().expect("a number"));
            }
        }
        bench.pass(10);
    }
    times
}

#[test]
fn caps_belong_to_the_address_that_is_opened_however_it_is_put_together() {
    let caps = Caps { users: Some(2), rate: Some(1.0), minutes: Some(0.5) };
    for url in ["ws://${s}h/", "${s}h", "ws://H.${s}:1/", "ws://%68${s}/"] {
        let mut bench = made_up(url, 20, &["h"], caps);
        assert_eq!(dialled(&mut bench, 5), [0, 10], "{url}");
        bench.pass(40_000);
        assert!(bench.engine.snapshot(bench.now).settled, "{url}: after its minutes users are silent");
    }
}

#[test]
fn a_host_that_nobody_was_asked_about_is_refused_whatever_the_address_looks_like() {
    #[track_caller]
    fn check(url: &str, expected: &[&str]) {
        let mut bench = made_up(url, 1, &["h"], Caps::NONE);
        let wanted = bench.wanted();
        assert_eq!(wanted, expected, "{url}");
        let errors = Bench::errors(&bench.engine.snapshot(bench.now));
        let refused = ["connect not_allowed Connecting x1".to_owned()];
        assert_eq!(errors, if expected.is_empty() { &refused[..] } else { &[] }, "{url}");
    }
    check("ws://${s}h:1/x", &["connect 0 ws://h:1/x"]);
    check("ws:/${s}/h@evil.example/", &[]);
    check("ws:/${s}/me:pw@h/", &[]);
    check("ws://h\\@h/${s}", &["connect 0 ws://h\\@h/"]);
    check("ws://evil.example\\@h/${s}", &[]);
    check("ws:/${s}/h:1@evil.example/", &[]);
    check("ws://ｈ${s}/", &[]);
    // Allowed by the operator for some other plan: nobody was asked about it for this one.
    check("ws://${s}other/", &[]);
    // This machine is its operator's own, and this plan does not name it.
    for here in ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::1]"] {
        check(&format!("ws://${{s}}{here}:9/"), &[]);
    }
}

#[test]
fn a_computed_address_of_this_machine_has_no_caps() {
    let mut bench = made_up("ws://127.0.0.${n+1}:9/", 5, &["127.0.0.1"], Caps { users: Some(1), ..Caps::NONE });
    assert_eq!(dialled(&mut bench, 1), [0; 5]);
}

#[test]
fn a_socket_that_closes_slowly_counts_until_it_is_gone() {
    let limits =
        Limits { hosts: ["h".to_owned()].into(), caps: Caps { users: Some(1), ..Caps::NONE }, ..Limits::default() };
    let scenario =
        json!({ "protocol": "websocket", "connect": { "url": "ws://h", "reconnect": "none" }, "after_flow": "leave" });
    let mut bench = Bench::within(scenario, held(1), Some(limits));
    assert_eq!(bench.wanted(), ["connect 0"]);
    bench.open(0);
    assert_eq!(bench.wanted(), ["close 0"]);
    // The user is given up after a while, and its next self waits for the socket.
    bench.pass(10_000);
    assert_eq!(bench.wanted(), Vec::<String>::new());
    bench.close(0);
    assert_eq!(bench.wanted(), ["connect 1"]);
    assert_eq!(told(&mut bench, TOO_MANY_THERE), 0, "nobody else is there");
}

/// One user that asks at an address, saves another one from the answer, and asks there.
fn asking(redirects: &str) -> Bench {
    let limits = Limits { hosts: ["h".to_owned(), "other".to_owned()].into(), ..Limits::default() };
    let ask = |operation: &str, url: &str, save: Value| json!({ "http": { "operation": operation, "url": url, "save": save } });
    let before = [ask("first", "http://h/a", json!({ "next": "/next" })), ask("second", "${next}", json!({}))];
    let scenario = json!({ "variables": { "next": null }, "hosts": ["h"], "redirects": redirects, "before": before });
    Bench::within(scenario, held(1), Some(limits))
}

#[test]
fn requests_go_where_they_may_whoever_names_the_address() {
    #[track_caller]
    fn check(next: &str, asked: bool) {
        let mut bench = asking("refuse");
        assert_eq!(bench.wanted(), ["GET http://h/a"]);
        let (status, body) = (200, json!({ "next": next }).to_string());
        let outcome = FetchOutcome::Answer { status, headers: Vec::new(), body, landed: None };
        bench.give(Input::Edge(FromEdge::Fetched { fetch: FetchId(0), outcome }));
        let wanted = bench.wanted();
        assert_eq!(wanted, if asked { vec![format!("GET {next}")] } else { Vec::new() });
        let errors = Bench::errors(&bench.engine.snapshot(bench.now));
        let refused = if url::Url::parse(next).is_ok() && next.is_ascii() && !next.contains('@') {
            "not_allowed"
        } else {
            "bad_url"
        };
        assert_eq!(errors, if asked { Vec::new() } else { vec![format!("second {refused} Preparing x1")] }, "{next}");
    }
    check("https://H:8443/x", true);
    check("http://other/", false);
    check("http://h@127.0.0.1/", false);
    check("/relative", false);
    check("http://１２７.0.0.1/", false);
}

#[test]
fn where_redirects_have_led_is_checked() {
    #[track_caller]
    fn check(landed: Option<&str>, expected: &[&str]) {
        let mut bench = asking("follow");
        let Some(Output::Edge(ToEdge::Fetch { request, .. })) = bench.out.pop() else { panic!("it asks") };
        assert!(request.follows);
        let (status, body, landed) = (200, r#"{"next":"http://h/b"}"#.to_owned(), landed.map(str::to_owned));
        bench.give(Input::Edge(FromEdge::Fetched {
            fetch: FetchId(0),
            outcome: FetchOutcome::Answer { status, headers: Vec::new(), body, landed },
        }));
        assert_eq!(Bench::errors(&bench.engine.snapshot(bench.now)), expected);
    }
    check(None, &[]);
    check(Some("https://h/elsewhere"), &[]);
    check(Some("https://other/"), &["first redirect_not_allowed Preparing x1"]);
    check(Some("http://127.0.0.1:9/"), &["first redirect_not_allowed Preparing x1"]);
    let mut bench = asking("refuse");
    let Some(Output::Edge(ToEdge::Fetch { request, .. })) = bench.out.pop() else { panic!("it asks") };
    assert!(!request.follows && request.most_bytes == 8 << 20);
}

#[test]
fn who_may_not_be_there_any_more_makes_room_for_others() {
    // Both populations go to the same host, one of them by an address that is made up.
    let at = |url: &str| {
        json!({ "protocol": "websocket", "hosts": ["h"], "variables": { "n": "${user.index}" },
        "connect": { "url": url, "timeout_s": 5, "reconnect": "none" } })
    };
    let limits =
        Limits { hosts: ["h".to_owned()].into(), caps: Caps { users: Some(3), ..Caps::NONE }, ..Limits::default() };
    let mut bench = Bench::of(&[(at("ws://h/"), held(2)), (at("ws://h${if(n>99,'x','')}/"), held(9))], Some(limits));
    assert_eq!(dialled(&mut bench, 1).len(), 3);
    assert_eq!(told(&mut bench, TOO_MANY), 1);
}

#[test]
fn a_connection_is_marked_where_its_owner_may_wonder() {
    #[track_caller]
    fn check(url: &str, expected: &str) {
        let mut bench = Bench::new(json!({ "protocol": "websocket", "connect": { "url": url } }), held(1));
        bench.tells_urls = true;
        assert_eq!(bench.wanted(), [format!("connect 0 {expected}")]);
    }
    check("wss://chat.com/x?a=1", "wss://chat.com/x?a=1&tabswarm=k3f");
    check("ws://8.8.8.8", "ws://8.8.8.8?tabswarm=k3f");
    check("ws://127.0.0.1:1/x", "ws://127.0.0.1:1/x");
    check("ws://10.0.0.1/x", "ws://10.0.0.1/x");
}

#[test]
fn a_frame_that_is_too_large_is_an_error_with_its_size_and_a_packet_that_waited_for_it_is_given_up() {
    let mut bench = Bench::new(json!({}), held(1));
    bench.connect(0);
    bench.text(0, r#"451-["file",{"_placeholder":true,"num":0}]"#);
    for _ in 0..4 {
        bench.give(Input::Edge(FromEdge::TooLarge { socket: SocketId(0), bytes: 100_000_000 }));
    }
    let snapshot = bench.engine.snapshot(bench.now);
    assert_eq!(Bench::errors(&snapshot), ["frame invalid Active x1", "frame too large Active x4"]);
    let sample = &snapshot.metrics.errors[1].sample;
    assert_eq!(sample, "a frame of 100 MB, of which nothing was read: the plan's limit is 8.4 MB");
    assert_eq!(bench.users().active, 1);
}

#[test]
fn a_server_that_floods_before_it_lets_anybody_in_is_hung_up_on_once_and_tried_again_as_after_any_loss() {
    let reconnect = json!({ "initial_ms": 100, "max_ms": 100, "jitter": 0, "attempts": 1 });
    let scenario = json!({ "connect": { "url": "http://h", "timeout_s": 5, "reconnect": reconnect } });
    let mut bench = Bench::new(scenario, held(1));
    for socket in [0, 1] {
        bench.open(socket);
        bench.text(socket, r#"0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":60000}"#);
        assert_eq!(bench.wanted(), [format!("connect {socket}"), format!("{socket} 40")]);
        for _ in 0..10_000 {
            bench.text(socket, r#"42["early"]"#);
        }
        bench.text(socket, r#"40{"sid":"t"}"#);
        assert_eq!(bench.wanted(), [format!("close {socket}")]);
        bench.close(socket);
        bench.pass(100);
    }
    let snapshot = bench.engine.snapshot(bench.now);
    assert_eq!(Bench::errors(&snapshot), ["frame invalid Connecting x2"], "one for each connection");
    let sample = &snapshot.metrics.errors[0].sample;
    assert!(sample.starts_with("event before the namespace was granted, beyond 1000 of them"), "{sample}");
    let [disconnect] = &snapshot.metrics.disconnects[..] else { panic!("{:?}", snapshot.metrics.disconnects) };
    let key = &disconnect.key;
    assert_eq!(
        (key.by, key.phase, &*key.reason),
        (ClosedBy::Timeout, Phase::Connecting, "flooded before the connect answer")
    );
}
