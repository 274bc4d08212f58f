//! Limits of the browser's operator, kept by the engine whatever the plan says.

use serde_json::json;

use super::*;
use crate::plan::{Caps, Limits};

/// Users of `http://h` where the operator allows these hosts and caps.
fn bench(users: u32, hosts: &[&str], caps: Caps) -> Bench {
    let limits = Limits { hosts: hosts.iter().map(|&host| host.to_owned()).collect(), caps };
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
    let limits = Limits { hosts: [].into(), caps: Caps { users: Some(2), ..Caps::NONE } };
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
