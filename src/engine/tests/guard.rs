//! Limits of the browser's operator, kept by the engine whatever the plan says.

use serde_json::json;

use super::*;
use crate::engine::guard::{TOO_FAST, TOO_MANY};
use crate::plan::{Action, Caps, Limits, TimedAction};

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
    assert!(after.log.iter().any(|line| line.text == crate::engine::guard::TOO_LONG), "{:?}", after.log);
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
