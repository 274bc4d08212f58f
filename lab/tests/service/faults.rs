//! Faults of the deliveries, counted on both sides.

use std::collections::HashMap;

use lab::Config;
use lab::config::ServerVersion;
use serde_json::{Value, json};

use crate::client::{Socket, Target};

/// What one receiver saw of one sender's numbered messages.
#[derive(Debug, Default)]
struct Seen {
    first: u64,
    repeated: u64,
    overtaken: u64,
    highest: Option<u64>,
    numbers: HashMap<u64, u64>,
}

impl Seen {
    fn take(&mut self, message: &Value) {
        let content = message["content"].as_str().expect("a text");
        let number = content.strip_prefix("no. ").and_then(|digits| digits.parse().ok()).expect("a number");
        let times = self.numbers.entry(number).or_default();
        *times += 1;
        if *times > 1 {
            self.repeated += 1;
            return;
        }
        self.first += 1;
        // RFC 4737: reordered is what has a number below one that came before.
        self.overtaken += u64::from(self.highest.is_some_and(|highest| number < highest));
        self.highest = self.highest.max(Some(number));
    }
}

async fn crowd(target: &Target, size: usize) -> (String, Vec<Socket>) {
    let mut accounts = Vec::new();
    for n in 0..size {
        accounts.push(target.account(&format!("user{n}")).await);
    }
    let room = target.room(&accounts[0], "room").await;
    let mut sockets = Vec::new();
    for account in &accounts {
        sockets.push(target.enter(account, &room).await);
    }
    for (at, socket) in sockets.iter_mut().enumerate() {
        for _ in at + 1..size {
            socket.until("participantsUpdate").await;
        }
    }
    (room, sockets)
}

/// One member speaks `messages` times; returns the sums over all members and the server's own counts.
async fn speak(faults: Value, version: ServerVersion, messages: u64) -> (Seen, Value) {
    let target = Target::start(Config { version, seed: 42, ..Config::default() }).await;
    let (room, mut sockets) = crowd(&target, 8).await;
    target.set_faults(faults).await;
    for n in 0..messages {
        sockets[0].emit("chatMessage", json!({ "room": room, "content": format!("no. {n}") })).await;
    }
    loop {
        let counts = target.counts().await;
        if counts["messages"]["accepted"] == messages && held_back(&counts) == 0 {
            break;
        }
    }
    let mut total = Seen::default();
    for socket in &mut sockets {
        let mut one = Seen::default();
        // The ack comes after all that was sent before.
        for (event, payload) in socket.request("leaveRoom", json!("nowhere")).await {
            if event == "message" {
                one.take(&payload);
            }
        }
        total.first += one.first;
        total.repeated += one.repeated;
        total.overtaken += one.overtaken;
    }
    (total, target.counts().await)
}

fn held_back(counts: &Value) -> u64 {
    let number = |name: &str| counts["messages"][name].as_u64().expect("a count");
    number("deliveries") - number("sent") - number("lost") - number("cut_off")
}

#[tokio::test]
async fn members_see_exactly_what_the_counts_say() {
    let faults = json!({ "lose_share": 0.05, "duplicate_share": 0.03, "reorder_share": 0.02 });
    let (seen, counts) = speak(faults, ServerVersion::V1, 500).await;
    let messages = &counts["messages"];
    assert_eq!(messages["deliveries"], 500 * 8);
    assert_eq!((&messages["sent"], &messages["duplicated"]), (&json!(seen.first), &json!(seen.repeated)));
    assert_eq!(messages["lost"], 500 * 8 - seen.first);
    assert_eq!(messages["reordered"], seen.overtaken);
    for (name, expected) in [("lost", 200), ("duplicated", 120), ("reordered", 80)] {
        let count = messages[name].as_u64().unwrap();
        assert!((expected / 2..expected * 2).contains(&count), "{name}: {count} of about {expected}");
    }
}

#[tokio::test]
async fn the_same_seed_has_the_same_faults() {
    let faults = json!({ "lose_share": 0.2, "duplicate_share": 0.2, "reorder_share": 0.2 });
    let (_, first) = speak(faults.clone(), ServerVersion::V1, 50).await;
    let (_, second) = speak(faults, ServerVersion::V1, 50).await;
    for name in ["lost", "duplicated"] {
        assert_eq!(first["messages"][name], second["messages"][name], "{name}");
    }
}

#[tokio::test]
async fn in_version_2_the_senders_second_copy_shares_the_firsts_fate() {
    let (seen, counts) = speak(json!({}), ServerVersion::V2, 20).await;
    assert_eq!((seen.first, seen.repeated), (160, 20));
    assert_eq!(counts["messages"]["own_copies"], 20);
    let (seen, counts) = speak(json!({ "lose_share": 1 }), ServerVersion::V2, 20).await;
    assert_eq!((seen.first, seen.repeated), (0, 0));
    assert_eq!((&counts["messages"]["lost"], &counts["messages"]["own_copies"]), (&json!(160), &json!(0)));
    let (seen, counts) = speak(json!({ "duplicate_share": 1 }), ServerVersion::V2, 20).await;
    assert_eq!((seen.first, seen.repeated), (160, 180));
    assert_eq!((&counts["messages"]["duplicated"], &counts["messages"]["own_copies"]), (&json!(160), &json!(20)));
}

#[tokio::test]
async fn jitter_keeps_the_order_of_every_receiver() {
    let (seen, counts) = speak(json!({ "latency_ms": 5, "jitter_ms": 20 }), ServerVersion::V1, 100).await;
    assert_eq!((seen.first, seen.repeated, seen.overtaken), (800, 0, 0));
    assert!(counts["faults"]["frames_delayed"].as_u64() >= Some(700), "{counts}");
}

#[tokio::test]
async fn one_worker_serves_one_message_after_the_other() {
    let began = tokio::time::Instant::now();
    let (seen, counts) = speak(json!({ "service_ms": 4 }), ServerVersion::V1, 50).await;
    assert_eq!((seen.first, seen.repeated, seen.overtaken), (400, 0, 0), "{counts}");
    assert!(began.elapsed() >= std::time::Duration::from_millis(200), "50 messages of 4 ms took {:?}", began.elapsed());
}

#[tokio::test]
async fn a_held_message_that_nothing_follows_leaves_in_order() {
    let (seen, counts) = speak(json!({ "reorder_share": 1 }), ServerVersion::V1, 1).await;
    assert_eq!((seen.first, seen.overtaken), (8, 0));
    assert_eq!(counts["messages"]["reordered"], 0);
    assert_eq!(counts["faults"]["holds_without_successor"], 8);
}

#[tokio::test]
async fn injected_errors_and_rate_limits() {
    let target = Target::start(Config::default()).await;
    let (room, mut sockets) = crowd(&target, 1).await;
    let message = json!({ "room": room, "content": "hi" });
    target.set_faults(json!({ "error_share": 1, "error_code": "SERVER_BUSY" })).await;
    let events = sockets[0].request("chatMessage", message.clone()).await;
    assert_eq!((events[0].0.as_str(), &events[0].1["code"]), ("error", &json!("SERVER_BUSY")));

    target.set_faults(json!({ "rate_limit_per_min": 3 })).await;
    let mut outcomes = Vec::new();
    for _ in 0..4 {
        let events = sockets[0].request("chatMessage", message.clone()).await;
        outcomes.push(events[0].1["code"].as_str().unwrap_or("accepted").to_owned());
        if let Some(seconds) = events[0].1["retryAfter"].as_i64() {
            assert!((1..=60).contains(&seconds), "{seconds}");
        }
    }
    assert_eq!(outcomes, ["accepted", "accepted", "RATE_LIMIT_EXCEEDED", "RATE_LIMIT_EXCEEDED"]);
    let counts = target.counts().await;
    let expected = json!({ "accepted": 2, "injected error": 1, "RATE_LIMIT_EXCEEDED": 2 });
    assert_eq!(counts["events_in"]["chatMessage"]["outcomes"], expected);
}

#[tokio::test]
async fn wrong_switches_are_named_and_change_nothing() {
    let target = Target::start(Config::default()).await;
    target.set_faults(json!({ "lose_share": 0.5 })).await;
    let answer = target.post("/lab/faults", "", &json!({ "lose_share": "half" })).await;
    assert_eq!((answer.status, &answer.json()["field"]), (400, &json!("lose_share")));
    assert_eq!(target.get("/lab/faults", "").await.json()["lose_share"], 0.5);
    let answer = target.post("/lab/restart", "", &json!({ "down_ms": 600_001 })).await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("down_ms"), "{}", answer.body);
}
