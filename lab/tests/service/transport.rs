//! Faults below the protocol: refused, cut, restarted, deaf.

use std::time::{Duration, Instant};

use lab::Config;
use serde_json::json;
use tokio_tungstenite::tungstenite::Error;

use crate::client::Target;

#[tokio::test]
async fn a_refused_handshake_is_a_503() {
    let target = Target::start(Config::default()).await;
    target.set_faults(json!({ "refuse_share": 1 })).await;
    for path in ["/socket.io/?EIO=4&transport=websocket", "/ws"] {
        match target.open(path).await.err() {
            Some(Error::Http(response)) => assert_eq!(response.status(), 503, "{path}"),
            other => panic!("{path}: {other:?}"),
        }
    }
    assert_eq!(target.counts().await["faults"]["handshakes_refused"], 2);
    target.set_faults(json!({})).await;
    target.open_engine().await;
}

#[tokio::test]
async fn a_dropped_connection_ends_without_a_goodbye() {
    let target = Target::start(Config::default()).await;
    target.set_faults(json!({ "drop_share": 1, "drop_within_s": 0.2 })).await;
    let mut socket = target.open_engine().await;
    let end = socket.end().await;
    assert!(end.starts_with("error"), "{end}");
    let counts = target.counts().await;
    assert_eq!(counts["connections"]["closed"], json!({ "dropped by fault": 1 }));
    assert_eq!(counts["faults"]["connections_cut"], 1);
}

#[tokio::test]
async fn a_restart_closes_all_and_keeps_what_is_stored() {
    let target = Target::start(Config::default()).await;
    let ann = target.account("ann").await;
    let room = target.room(&ann, "room").await;
    let mut chat = target.enter(&ann, &room).await;
    let mut plain = target.open("/ws").await.expect("an open socket");

    let answer = target.post("/lab/restart", "", &json!({ "down_ms": 300 })).await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "down_ms": 300 })));
    for end in [chat.end().await, plain.end().await] {
        assert!(end.starts_with("error"), "{end}");
    }
    assert!(target.open("/ws").await.is_err(), "nobody listens");
    while target.open("/ws").await.is_err() {
        tokio::task::yield_now().await;
    }
    target.enter(&ann, &room).await;
    let counts = target.counts().await;
    assert_eq!((&counts["connections"]["closed"]["restart"], &counts["faults"]["restarts"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn a_deaf_server_hears_everything_later() {
    let target = Target::start(Config::default()).await;
    let mut socket = target.open("/ws").await.expect("an open socket");
    target.set_faults(json!({ "stop_reading": true })).await;
    socket.send(r#"{"type":"ping"}"#).await;
    // Calls over HTTP go on, and each gives the deaf part time to hear something it should not.
    for _ in 0..20 {
        assert_eq!(target.counts().await["events_in"], json!({}));
    }
    target.set_faults(json!({})).await;
    assert_eq!(socket.text().await, r#"{"type":"pong"}"#);
}

#[tokio::test]
async fn a_reset_forgets_everything_but_the_faults() {
    let target = Target::start(Config::default()).await;
    let ann = target.account("ann").await;
    let room = target.room(&ann, "room").await;
    let mut socket = target.enter(&ann, &room).await;
    target.set_faults(json!({ "latency_ms": 1 })).await;
    assert_eq!(target.post("/lab/reset", "", &json!({})).await.status, 204);
    assert!(socket.end().await.starts_with("error"));
    assert_eq!(target.get("/api/rooms", &ann.token).await.status, 401);
    let counts = target.counts().await;
    assert_eq!(counts["now"], json!({ "connections": 0, "authenticated": 0, "users": 0, "rooms": 0 }));
    assert_eq!(counts["messages"]["system"], 0);
    assert_eq!(target.get("/lab/faults", "").await.json()["latency_ms"], 1.0);
    target.account("ann").await;
}

#[tokio::test]
async fn added_latency_delays_broadcast_and_ack() {
    let target = Target::start(Config::default()).await;
    let ann = target.account("ann").await;
    let room = target.room(&ann, "room").await;
    let mut socket = target.enter(&ann, &room).await;
    target.set_faults(json!({ "latency_ms": 60 })).await;
    #[expect(clippy::disallowed_methods, reason = "this is about real time")]
    let sent_at = Instant::now();
    let events = socket.request("chatMessage", json!({ "room": room, "content": "hi" })).await;
    let took = sent_at.elapsed();
    assert_eq!(events.len(), 1);
    assert!(took >= Duration::from_millis(60), "{took:?}");
    assert_eq!(target.counts().await["faults"]["frames_delayed"], 2);
}
