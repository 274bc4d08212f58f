//! From a user's start to its work.

use serde_json::json;

use super::*;

/// Two requests before the connection, one answer behind it.
fn scenario() -> Value {
    let ask =
        |name: &str| json!({ "http": { "operation": format!("rest.{name}"), "url": format!("http://h/{name}") } });
    let connect = json!({ "url": "http://h", "timeout_s": 60, "reconnect": "none" });
    json!({ "variables": { "room": null }, "connect": connect, "before": [ask("sign_up"), ask("log_in")], "flow": [join()] })
}

fn answered(bench: &mut Bench, fetch: u32) {
    bench.give(Input::Edge(FromEdge::Fetched { fetch: FetchId(fetch), outcome: outcomes::answer(200, "{}") }));
}

#[test]
fn whoever_has_begun_goes_before_whoever_has_not() {
    // One request at a time.
    let mut bench = Bench::new(scenario(), held(3));
    assert_eq!(bench.wanted(), ["GET http://h/sign_up"]);
    answered(&mut bench, 0);
    assert_eq!(bench.wanted(), ["GET http://h/log_in"]);
    answered(&mut bench, 1);
    assert_eq!(bench.wanted(), ["connect 0", "GET http://h/sign_up"]);
}

#[test]
fn who_never_got_there_is_counted_by_where_it_was_and_by_whose_doing() {
    #[track_caller]
    fn check(play: impl FnOnce(&mut Bench), expected: UsersByState) {
        let mut bench = Bench::new(scenario(), held(2));
        play(&mut bench);
        bench.give(Input::Abort);
        assert_eq!(bench.users(), UsersByState { done: 2, ..expected });
    }
    let none = UsersByState::default;
    // One waits for an answer, the other for its turn.
    check(|bench| bench.pass(11_000), UsersByState { unprepared: 2, held_up: 1, ..none() });
    check(|bench| bench.pass(9_000), none());
    let log_in = |bench: &mut Bench, first: u32| {
        answered(bench, first);
        answered(bench, first + 1);
    };
    let both = |bench: &mut Bench| {
        log_in(bench, 0);
        log_in(bench, 2);
    };
    // One handshake at a time.
    check(
        |bench| {
            both(bench);
            bench.pass(4_900);
            bench.connect(0);
            bench.pass(5_200);
        },
        UsersByState { unconnected: 1, unjoined: 1, held_up: 1, ..none() },
    );
    check(
        |bench| {
            both(bench);
            bench.pass(3_000);
            bench.connect(0);
            bench.connect(1);
            // The other one never waited for the browser.
            bench.text(1, r#"42["joined",{"room":"r"}]"#);
            bench.pass(8_000);
        },
        UsersByState { unjoined: 1, ..none() },
    );
}

#[test]
fn a_lost_connection_is_one_error_whatever_was_on_its_way() {
    #[track_caller]
    fn check(answer: Option<&str>, error: &str) {
        let mut bench = Bench::new(json!({ "variables": { "room": null }, "flow": [join()] }), held(1));
        bench.connect(0);
        if let Some(answer) = answer {
            bench.text(0, answer);
        }
        bench.close(0);
        assert_eq!(bench.users().failed, 1);
        assert_eq!(Bench::errors(&bench.engine.snapshot(bench.now)), [error]);
    }
    check(None, "connect lost: closed 1006 Flow x1");
    // Also where nothing was on its way.
    check(Some(r#"42["joined",{"room":"r"}]"#), "connect lost: closed 1006 Active x1");
}

#[test]
fn a_user_that_gave_up_is_replaced_after_a_pause_that_grows() {
    let mut bench = Bench::new(json!({ "variables": { "room": null }, "flow": [join()] }), held(1));
    let refused = r#"44{"message":"Authentication error"}"#;
    let is_replaced = |bench: &mut Bench, socket: u32, least: u64, most: u64| {
        bench.open(socket);
        bench.text(socket, r#"0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":60000}"#);
        bench.text(socket, refused);
        bench.close(socket);
        bench.wanted();
        bench.pass(least - 1);
        assert_eq!(bench.wanted(), [""; 0]);
        bench.pass(most - least + 1);
        assert_eq!(bench.wanted(), [format!("connect {}", socket + 1)]);
    };
    is_replaced(&mut bench, 0, 1_000, 1_500);
    is_replaced(&mut bench, 1, 2_000, 3_000);
    is_replaced(&mut bench, 2, 4_000, 6_000);
    assert_eq!((bench.users().failed, bench.users().connecting), (3, 1));
    // Once it has been at its work the next pause is short again.
    bench.connect(3);
    bench.text(3, r#"42["joined",{"room":"r"}]"#);
    bench.close(3);
    bench.wanted();
    bench.pass(1_500);
    assert_eq!(bench.wanted(), ["connect 4"]);
    // One that still waits when all is over has not failed again.
    bench.close(4);
    bench.give(Input::Abort);
    assert_eq!(bench.users(), UsersByState { failed: 5, replaced: 5, done: 1, ..UsersByState::default() });
}

#[test]
fn a_user_whose_session_is_gone_logs_in_again_where_the_scenario_says_so() {
    #[track_caller]
    fn check(refused: &str, expected: &[&str], failed: u32) {
        let back = json!({ "initial_ms": 100, "max_ms": 100, "jitter": 0, "refused": refused });
        let connect = json!({ "url": "http://h", "reconnect": back });
        let ask = json!({ "http": { "operation": "rest.log_in", "url": "http://h/log_in" } });
        let scenario = json!({
            "variables": { "room": null }, "connect": connect, "before": [ask], "flow": [join()],
        });
        let mut bench = Bench::new(scenario, held(1));
        answered(&mut bench, 0);
        bench.connect(0);
        bench.close(0);
        bench.pass(150);
        bench.open(1);
        bench.text(1, r#"0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":60000}"#);
        bench.wanted();
        bench.text(1, r#"44{"message":"Invalid session"}"#);
        bench.pass(150);
        assert_eq!(bench.wanted(), expected);
        assert_eq!(bench.users().failed, failed);
    }
    check("log_in", &["close 1", "GET http://h/log_in"], 0);
    check("give_up", &["close 1"], 1);
}
