//! Load shapes, arrivals and accounts, end to end in simulated time.

use serde_json::json;
use testkit::Faults;

use crate::support::{chat_plan, counter, ledger, played};

/// Few messages: this is about users.
fn quiet() -> serde_json::Value {
    json!({ "room_size": 20, "send_min_ms": 120_000, "send_max_ms": 240_000, "history_pages": 0, "read": "none", "reaction_share": 0 })
}

#[test]
fn ten_thousand_users_in_ten_minutes() {
    let load = json!({ "model": "closed", "stages": [{ "duration_s": 600, "target": 10_000 }, { "duration_s": 30, "target": 10_000 }] });
    let mut plan = chat_plan(load, quiet());
    // The limit is the browser's, and no browser is in the way here.
    plan.handshakes_in_flight = 64;
    let world = played(plan, Faults::default());
    // Each has an account of its own, and one more made the rooms.
    assert_eq!(world.chat.counts.accounts, 10_001);
    assert_eq!(world.chat.counts.events["joinRoom"], 10_000);
    assert_eq!(counter(&world, "arrivals"), 10_000);
    assert_eq!(world.chat.counts.most_sockets, 10_000);
    assert_eq!(ledger(&world).missing, 0);
    assert_eq!(world.run.status().users.by_state.done, 10_000);
}

#[test]
fn an_open_load_drops_what_is_beyond_its_cap_and_counts_it() {
    let load = json!({
        "model": "open", "start_rate": 10, "stages": [{ "duration_s": 60, "target": 10 }], "max_users": 100,
    });
    let world = played(chat_plan(load, quiet()), Faults::default());
    // Users of this scenario stay, so the first hundred fill the cap.
    assert_eq!(counter(&world, "arrivals"), 600);
    assert_eq!(counter(&world, "arrivals.dropped"), 500);
    assert_eq!(world.chat.counts.events["joinRoom"], 100);
}

#[test]
fn a_batch_load_plays_every_user_once() {
    let load = json!({ "model": "batch", "users": 50, "size": 10, "every_s": 1, "hold_s": 120 });
    let variables = json!({ "room_size": 50, "messages": 5 });
    let world = played(chat_plan(load, variables), Faults::default());
    assert_eq!(world.chat.counts.events["joinRoom"], 50);
}
