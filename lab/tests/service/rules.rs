//! Rules of other services, each switched on by itself.

use lab::Config;
use lab::config::ServerVersion;
use serde_json::{Value, json};

use crate::client::{Account, Socket, Target, names};

async fn with(rules: Value) -> Target {
    let target = Target::start(Config::default()).await;
    keep(&target, rules).await;
    target
}

async fn keep(target: &Target, rules: Value) {
    target.set_faults(json!({ "rules": rules })).await;
}

/// Ann and Ben in a room; everything about their joining is received.
async fn two(target: &Target) -> (String, Account, Socket, Socket) {
    let (ann, ben) = (target.account("ann").await, target.account("ben").await);
    let room = target.room(&ann, "the room").await;
    let mut first = target.enter(&ann, &room).await;
    let second = target.enter(&ben, &room).await;
    first.until("participantsUpdate").await;
    (room, ann, first, second)
}

#[tokio::test]
async fn names_are_unique_over_all_time() {
    let target = with(json!({ "unique_names": true })).await;
    let ann = target.account("ann").await;
    let register = async |name: &str, email: &str| {
        let new = json!({ "name": name, "email": email, "password": "secret" });
        target.post("/api/auth/register", "", &new).await.status
    };
    assert_eq!(register("user ANN", "other@lab.test").await, 409);
    assert_eq!(register("Somebody", "other@lab.test").await, 201);
    target.room(&ann, "lobby").await;
    let again = async |name: &str| target.post("/api/rooms", &ann.token, &json!({ "name": name })).await.status;
    assert_eq!((again("Lobby").await, again("lobby 2").await), (409, 201));
    keep(&target, json!({})).await;
    assert_eq!((register("User ann", "third@lab.test").await, again("lobby").await), (201, 201));
}

#[tokio::test]
async fn a_plain_get_of_a_websocket_s_address_finds_nothing() {
    let target = Target::start(Config::default()).await;
    let routes = ["/ws", "/ws/guest-scenario", "/api/v1/scenarios/ws/guest-scenario"];
    let statuses = async || {
        let mut all = Vec::new();
        for route in routes {
            all.push(target.get(route, "").await.status);
        }
        all
    };
    assert!(statuses().await.iter().all(|status| *status != 404));
    keep(&target, json!({ "plain_get_404": true })).await;
    assert_eq!(statuses().await, [404; 3]);
    let polling = target.get("/socket.io/?EIO=4&transport=polling", "").await;
    assert_eq!(polling.status, 200, "polling is a plain GET");
    let mut socket = target.open("/ws").await.expect("a handshake is let in");
    socket.send(r#"{"type":"ping"}"#).await;
    assert_eq!(socket.text().await, r#"{"type":"pong"}"#);
}

#[tokio::test]
async fn acknowledgements_say_what_came_of_an_event() {
    let target = Target::start(Config::default()).await;
    let (room, _, mut ann, _ben) = two(&target).await;
    let say = |room: &str| json!({ "room": room, "content": "hello" });
    target.set_faults(json!({ "rules": { "answering_acks": true } })).await;
    let (events, answer) = ann.ask("chatMessage", say(&room)).await;
    assert_eq!((names(&events), answer.as_str()), (vec!["message"], r#"[{"ok":true}]"#));
    let (events, answer) = ann.ask("chatMessage", say("elsewhere")).await;
    assert_eq!((names(&events), answer.as_str()), (vec![], r#"[{"error":"MESSAGE_ERROR","ok":false}]"#));
    let (events, answer) = ann.ask("joinRoom", json!("elsewhere")).await;
    assert_eq!((names(&events), answer.as_str()), (vec![], r#"[{"error":"채팅방을 찾을 수 없습니다.","ok":false}]"#));
    let full = json!({ "error_share": 1, "error_code": "ROOM_FULL", "rules": { "answering_acks": true } });
    target.set_faults(full).await;
    let (_, answer) = ann.ask("chatMessage", say(&room)).await;
    assert_eq!(answer, r#"[{"error":"ROOM_FULL","ok":false}]"#);
    ann.emit("chatMessage", say(&room)).await;
    assert_eq!(ann.until("error").await["code"], "ROOM_FULL", "who asks for no ack is told by an event");
}

#[tokio::test]
async fn a_sender_gets_no_copy() {
    for version in [ServerVersion::V1, ServerVersion::V2] {
        let target = Target::start(Config { version, ..Config::default() }).await;
        let (room, _, mut ann, mut ben) = two(&target).await;
        keep(&target, json!({ "no_sender_copy": true })).await;
        let events = ann.request("chatMessage", json!({ "room": room, "content": "hello" })).await;
        assert!(!names(&events).contains(&"message"), "{version:?}: {events:?}");
        assert_eq!(ben.until("message").await["content"], "hello");
        let messages = &target.counts().await["messages"];
        assert_eq!((&messages["deliveries"], &messages["own_copies"]), (&json!(1), &json!(0)));
    }
}

#[tokio::test]
async fn over_the_plain_websocket_a_sender_gets_no_copy_either() {
    let target = with(json!({ "no_sender_copy": true })).await;
    let mut sockets = Vec::new();
    for _ in 0..2 {
        let mut socket = target.open("/ws").await.expect("an open socket");
        socket.send(r#"{"type":"join","room":"a"}"#).await;
        socket.text().await;
        sockets.push(socket);
    }
    sockets[0].send(r#"{"type":"message","room":"a","id":7}"#).await;
    sockets[0].send(r#"{"type":"ping"}"#).await;
    assert_eq!(sockets[0].text().await, r#"{"type":"pong"}"#);
    assert!(sockets[1].text().await.contains(r#""id":7"#));
}

#[tokio::test]
async fn messages_come_in_batches() {
    let target = Target::start(Config::default()).await;
    let (room, _, mut ann, mut ben) = two(&target).await;
    keep(&target, json!({ "batch_ms": 100 })).await;
    for n in 0..3 {
        ann.emit("chatMessage", json!({ "room": room, "content": format!("no. {n}") })).await;
    }
    let mut contents = Vec::new();
    while contents.len() < 3 {
        let batch = ben.until("message").await;
        contents.extend(batch.as_array().expect("an array").iter().map(|message| message["content"].clone()));
    }
    assert_eq!(contents, ["no. 0", "no. 1", "no. 2"]);
    let mut plain = target.open("/ws").await.expect("an open socket");
    plain.send(r#"{"type":"join","room":"a"}"#).await;
    plain.text().await;
    plain.send(r#"{"type":"message","room":"a","id":7}"#).await;
    let batch: Value = serde_json::from_str(&plain.text().await).expect("JSON");
    assert_eq!(batch[0]["id"], 7);
}

#[tokio::test]
async fn who_joins_gets_the_history_as_messages() {
    let target = with(json!({ "join_history": 2 })).await;
    let (ann, ben) = (target.account("ann").await, target.account("ben").await);
    let room = target.room(&ann, "the room").await;
    let mut first = target.enter(&ann, &room).await;
    for n in 0..3 {
        first.request("chatMessage", json!({ "room": room, "content": format!("no. {n}") })).await;
    }
    let mut second = target.connect(&ben).await;
    let events = second.request("joinRoom", json!(room)).await;
    assert_eq!(names(&events), ["joinRoomSuccess", "message", "message", "message", "participantsUpdate"]);
    assert_eq!((&events[1].1["content"], &events[2].1["content"]), (&json!("no. 1"), &json!("no. 2")));
    assert_eq!(target.counts().await["faults"]["messages_replayed"], 2);
}

#[tokio::test]
async fn log_ins_take_their_time() {
    let target = Target::start(Config::default()).await;
    target.account("ann").await;
    keep(&target, json!({ "login_ms": 60, "login_threads": 1 })).await;
    let began = tokio::time::Instant::now();
    let all = (0..3).map(|_| target.login("ann"));
    futures_util::future::join_all(all).await;
    assert!(began.elapsed().as_millis() >= 180, "three take three times as long as one");
}

#[tokio::test]
async fn a_frame_beyond_the_limit_ends_its_connection() {
    let target = Target::start(Config::default()).await;
    let (room, _, mut ann, _ben) = two(&target).await;
    keep(&target, json!({ "frame_limit_bytes": 200 })).await;
    let say = |length: usize| json!({ "room": room, "content": "x ".repeat(length / 2) });
    assert_eq!(names(&ann.request("chatMessage", say(60)).await), ["message"]);
    ann.emit("chatMessage", say(300)).await;
    let end = ann.end().await;
    assert!(!end.starts_with("closed Some"), "cut without a word, but {end}");
    let mut plain = target.open("/ws").await.expect("an open socket");
    plain.send(&format!(r#"{{"type":"ping","filler":"{}"}}"#, "x".repeat(300))).await;
    let end = plain.end().await;
    assert!(end.contains("Size") || end.contains("1009"), "{end}");
    let closed = &target.counts().await["connections"]["closed"];
    assert_eq!(closed["frame too large"], 2, "{closed}");
}

#[tokio::test]
async fn calls_are_redirected() {
    let target = with(json!({ "redirect_to": "http://127.0.0.1:9" })).await;
    let answer = target.post("/api/auth/login?a=1", "", &json!({})).await;
    assert_eq!(answer.status, 307);
    assert!(answer.head.contains("location: http://127.0.0.1:9/api/auth/login?a=1\r\n"), "{}", answer.head);
    assert_eq!(target.counts().await["faults"]["redirected"], 1);
}

#[tokio::test]
async fn a_restart_may_forget_who_was_logged_in() {
    let target = Target::start(Config::default()).await;
    let ann = target.account("ann").await;
    for (forgets, status) in [(false, 200), (true, 401)] {
        let restart = json!({ "down_ms": 50, "forget_sessions": forgets });
        assert_eq!(target.post("/lab/restart", "", &restart).await.status, 200);
        while target.open("/ws").await.is_err() {
            tokio::task::yield_now().await;
        }
        assert_eq!(target.get("/api/users/profile", &ann.token).await.status, status);
    }
    target.login("ann").await;
}
