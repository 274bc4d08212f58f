//! What a server tells one user of another, and what is learnt too late.

use super::*;
use crate::wire::Told;
use metrics::UserId;

fn scenario() -> Value {
    json!({
        "variables": { "token": "tok-${user.index}-4711abc" },
        "connect": { "url": "http://h", "timeout_s": 5, "reconnect": "none", "auth": { "token": "${token}" } },
        "on": [{ "event": "renewed", "steps": [{ "set": { "token": "${event./value}" } }] }],
        "errors": [{ "event": "failed", "fails": "own", "code": "/code" }],
        "flow": [{ "fail": { "operation": "own", "code": "c", "message": "m" } }],
    })
}

/// Everything of a hand-over that is a text.
fn told(bench: &mut Bench) -> String {
    serde_json::to_string(&bench.engine.snapshot(bench.now)).expect("it is data")
}

#[test]
fn what_a_server_tells_of_another_user_is_hidden() {
    let mut bench = Bench::new(scenario(), held(2));
    bench.connect(0);
    bench.connect(1);
    bench.text(0, r#"42["failed",{"code":"is tok-1-4711abc"}]"#);
    bench.text(0, r#"42["joined:tok-1-4711abc",{"by":"dG9rLTEtNDcxMWFiYw=="}]"#);
    let told = told(&mut bench);
    assert!(told.contains("is ***") && told.contains("events.in.joined:***"), "{told}");
    assert!(!told.contains("4711abc") && !told.contains("NDcxMWFi"), "{told}");
}

#[test]
fn what_becomes_known_after_it_was_told_is_hidden_before_it_leaves() {
    let mut bench = Bench::new(scenario(), held(1));
    bench.connect(0);
    bench.text(0, r#"42["failed",{"code":"soon new-secret-77"}]"#);
    bench.text(0, r#"42["renewed",{"value":"new-secret-77"}]"#);
    let told = told(&mut bench);
    assert!(told.contains("soon ***") && !told.contains("new-secret"), "{told}");
}

#[test]
fn names_of_the_plan_stay_even_if_they_are_somebody_s_password() {
    let scenario = json!({
        "variables": { "password": "chatMessage" },
        "on": [{ "event": "chatMessage", "steps": [] }],
    });
    let mut bench = Bench::new(scenario, held(1));
    bench.connect(0);
    bench.text(0, r#"42["chatMessage",{}]"#);
    let told = told(&mut bench);
    assert!(told.contains("events.in.chatMessage"), "{told}");
}

#[test]
fn who_listens_hears_no_secret() {
    let mut bench = Bench::new(scenario(), held(1));
    bench.connect(0);
    bench.give(Input::Hear(Some(UserId::new(0, 0))));
    bench.out.clear();
    bench.text(0, r#"42["failed",{"code":"no tok-0-4711abc"}]"#);
    let notes = bench.out.iter().filter_map(|output| match output {
        Output::Heard(heard) => Some(&heard.notes),
        _ => None,
    });
    let notes: Vec<_> = notes.flatten().map(|note| &note.told).collect();
    assert!(notes.contains(&&Told::Failed("own: no ***".into())), "{notes:?}");
}
