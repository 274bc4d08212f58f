//! Voice conversations over real sockets. Time is simulated elsewhere; here, audio comes faster than it was spoken.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use lab::Config;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;

use crate::client::{Answer, Socket, Target};

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

async fn set(target: &Target, switches: Value) {
    let answer = target.post("/lab/voice", "", &switches).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

async fn sign_up(target: &Target, name: &str) -> Answer {
    let new = json!({ "login_id": name, "nickname": name, "password": "secret" });
    target.post("/api/v1/auth/signup", "", &new).await
}

/// A token.
async fn member(target: &Target, name: &str) -> String {
    assert_eq!(sign_up(target, name).await.status, 200);
    let form = format!("grant_type=password&username={name}&password=secret&scope=&client_id=&client_secret=");
    let answer = target.call("POST", "/api/v1/auth/login", &FORM, form.as_bytes()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["access_token"].as_str().expect("a token").to_owned()
}

async fn session(target: &Target, token: &str) -> String {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let answer = target.call("POST", "/api/v1/chat/sessions", &headers, b"{}").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["session_id"].as_str().expect("an id").to_owned()
}

async fn guest(target: &Target) -> Socket {
    let id = session(target, "").await;
    target.open(&format!("/api/v1/chat/ws/guest-chat/{id}")).await.expect("an open socket")
}

async fn event(socket: &mut Socket) -> Value {
    serde_json::from_str(&socket.text().await).expect("frames are JSON")
}

/// Skips to the next event of that name, which must come.
async fn until(socket: &mut Socket, name: &str) -> Value {
    loop {
        let event = event(socket).await;
        if event["type"] == name {
            return event;
        }
    }
}

/// One second of a tone and the silence that ends a turn, in one frame.
fn utterance() -> String {
    let tone = (0..24_000).map(|n| if n % 100 < 50 { 3_000_i16 } else { -3_000 });
    let audio: Vec<u8> = tone.chain([0; 36_000]).flat_map(i16::to_le_bytes).collect();
    json!({ "type": "input_audio_buffer.append", "audio": STANDARD.encode(audio) }).to_string()
}

#[tokio::test]
async fn accounts_and_sessions() {
    let target = Target::start(Config::default()).await;
    let token = member(&target, "ann@lab.test").await;
    assert_eq!(sign_up(&target, "ann@lab.test").await.status, 400);
    assert_eq!(sign_up(&target, " ").await.status, 422);
    let log_in = async |body: &'static str| target.call("POST", "/api/v1/auth/login", &FORM, body.as_bytes()).await;
    let wrong = log_in("username=ann%40lab.test&password=wrong").await;
    assert!(wrong.status == 401 && wrong.json()["detail"].is_string(), "{}", wrong.body);
    assert_eq!(log_in("username=ann%40lab.test&password=secret").await.status, 200);
    assert_eq!(target.post("/api/v1/auth/login", "", &json!({ "username": "ann" })).await.status, 422);

    let id = session(&target, "no token").await;
    let bearer = format!("Bearer {token}");
    let as_ann = [("authorization", bearer.as_str())];
    let address = format!("/api/v1/chat/sessions/{id}");
    assert_eq!(target.call("GET", &address, &as_ann, b"").await.status, 404, "it is a guest's");
    assert_eq!(target.call("PUT", &format!("{address}/sync"), &[], b"").await.status, 401);
    let claimed = target.call("PUT", &format!("{address}/sync"), &as_ann, b"").await;
    assert_eq!(claimed.json(), json!({ "status": "success", "session_id": id }));
    let unknown = target.call("PUT", "/api/v1/chat/sessions/x/sync", &as_ann, b"").await;
    assert_eq!((unknown.status, unknown.json()), (500, json!({ "detail": "404: Session not found" })));
    assert_eq!(target.call("GET", &address, &as_ann, b"").await.json()["messages"], json!([]));
    assert_eq!(target.get("/api/v1/none", "").await.json(), json!({ "detail": "Not Found" }));
    let counts = target.counts().await;
    assert_eq!(counts["rest"]["POST /api/v1/auth/login"], json!({ "200": 2, "401": 1, "422": 1 }));
    assert_eq!(counts["voice"]["now"], json!({ "accounts": 1, "conversations": 0, "sessions": 1 }));
}

#[tokio::test]
async fn a_member_is_greeted_answered_and_reported() {
    let target = Target::start(Config::default()).await;
    set(&target, json!({ "think_ms": 20 })).await;
    let token = member(&target, "ann").await;
    let id = session(&target, &token).await;
    let address = format!("/api/v1/chat/ws/chat/{id}?voice=echo&show_text=true&token={token}");
    let mut socket = target.open(&address).await.expect("an open socket");
    assert_eq!(socket.text().await.len(), 6_433);
    // Into the greeting.
    socket.send(&utterance()).await;
    for name in ["speech.started", "audio.done", "transcript.done", "speech.stopped"] {
        assert_eq!(until(&mut socket, name).await["type"], name);
    }
    assert_eq!(event(&mut socket).await["type"], "audio.delta", "thinking is faster than transcribing here");
    assert_eq!(until(&mut socket, "user.transcript").await["transcript"], "1000 ms of speech");
    socket.send(r#"{"type":"disconnect"}"#).await;
    let report = until(&mut socket, "disconnected").await["report"].clone();
    assert_eq!((&report["session_id"], &report["user_speech_duration_sec"]), (&json!(id), &json!(1.0)));
    assert_eq!(report["messages"].as_array().map(Vec::len), Some(3));
    socket.close().await;

    let bearer = format!("Bearer {token}");
    let stored = target.call("GET", &format!("/api/v1/chat/sessions/{id}"), &[("authorization", &bearer)], b"").await;
    assert_eq!((&stored.json()["messages"], &stored.json()["voice"]), (&report["messages"], &json!("echo")));
    let voice = target.counts().await["voice"].clone();
    assert_eq!((&voice["opened"], &voice["voices"]), (&json!({ "chat member": 1 }), &json!({ "echo": 1 })));
    assert_eq!((&voice["turns"]["0"]["cut"], &voice["turns"]["1"]["stopped"]), (&json!(1), &json!(1)));
    assert_eq!(voice["events_out"]["speech.started"], json!({ "frames": 1, "bytes": 25 }));
}

#[tokio::test]
async fn handshakes_without_a_right_are_a_bare_403() {
    let target = Target::start(Config::default()).await;
    let id = session(&target, "").await;
    let refused = [
        format!("/api/v1/chat/ws/chat/{id}"),
        format!("/api/v1/chat/ws/chat/{id}?token=x.y.z"),
        format!("/api/v1/chat/ws/guest-chat/{id}?show_text=maybe"),
        "/api/v1/chat/ws/guest-chat/".to_owned(),
        "/api/v1/scenarios/ws/scenario".to_owned(),
        "/api/v1/none".to_owned(),
        format!("/ws/chat/{id}"),
    ];
    for address in refused {
        match target.open(&address).await.err() {
            Some(Error::Http(response)) => {
                assert_eq!(response.status(), 403, "{address}");
                assert!(response.body().as_ref().is_none_or(Vec::is_empty), "{address}");
            }
            other => panic!("{address}: {other:?}"),
        }
    }
    let refused = target.counts().await["voice"]["refused"].clone();
    assert_eq!(refused, json!({ "no token": 3, "bad token": 1, "bad show_text": 1 }));
}

#[tokio::test]
async fn sessions_of_others_and_unknown_ones_are_closed() {
    let target = Target::start(Config::default()).await;
    let (ann, bob) = (member(&target, "ann").await, member(&target, "bob").await);
    let id = session(&target, &ann).await;
    for (address, code) in [
        (format!("/api/v1/chat/ws/guest-chat/{id}?token={ann}"), "4003"),
        (format!("/api/v1/chat/ws/chat/{id}?token={bob}"), "4003"),
        (format!("/ws/chat/none?token={bob}"), "4004"),
        ("/ws/guest-chat/none".to_owned(), "4004"),
    ] {
        let end = target.open(&address).await.expect("accepted first").end().await;
        assert!(end.starts_with("closed") && end.contains(code), "{address}: {end}");
    }
    assert_eq!(target.counts().await["voice"]["closed"], json!({ "server 4003": 2, "server 4004": 2 }));
}

#[tokio::test]
async fn frames_of_the_wrong_kind_or_size() {
    let target = Target::start(Config::default()).await;
    let mut socket = guest(&target).await;
    socket.send_binary(vec![1, 2, 3]).await;
    until(&mut socket, "disconnected").await;
    let mut socket = guest(&target).await;
    socket.send_binary(vec![0; (16 << 20) + 1]).await;
    let end = socket.end().await;
    assert!(end.contains("Size"), "{end}");
    let mut socket = target.open("/api/v1/scenarios/ws/guest-scenario").await.expect("an open socket");
    socket.send_binary(vec![1]).await;
    let end = socket.end().await;
    assert!(end.starts_with("error"), "{end}");
    assert_eq!(target.counts().await["voice"]["closed"]["server 1009"], 1);
}

#[tokio::test]
async fn a_full_service_is_silent() {
    let target = Target::start(Config::default()).await;
    set(&target, json!({ "cap": 1, "full_silence_ms": 30, "full_handshake_ms": 30 })).await;
    let token = member(&target, "ann").await;
    let id = session(&target, &token).await;
    let mut first = guest(&target).await;
    until(&mut first, "audio.delta").await;
    let end = guest(&target).await.end().await;
    assert!(end.starts_with("error"), "{end}");
    let as_member = format!("/api/v1/chat/ws/chat/{id}?token={token}");
    match target.open(&as_member).await.err() {
        Some(Error::Http(response)) => panic!("an answer: {}", response.status()),
        other => assert!(other.is_some(), "it opened"),
    }
    // Guests that set up a scenario need no place.
    target.open("/ws/guest-scenario").await.expect("an open socket");
    first.close().await;
    while target.counts().await["voice"]["now"]["conversations"] != 0 {
        tokio::task::yield_now().await;
    }
    target.open(&as_member).await.expect("there is a place now");
    assert_eq!(target.counts().await["voice"]["full"], 2);
}

#[tokio::test]
async fn a_restart_says_1012_and_a_reset_says_nothing() {
    let target = Target::start(Config::default()).await;
    let mut socket = guest(&target).await;
    assert_eq!(target.post("/lab/restart", "", &json!({ "down_ms": 0 })).await.status, 200);
    let end = socket.end().await;
    assert!(end.contains("Restart"), "{end}");
    while target.open("/ws").await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(target.counts().await["voice"]["closed"], json!({ "server 1012": 1 }));
    let mut socket = guest(&target).await;
    assert_eq!(target.post("/lab/reset", "", &json!({})).await.status, 204);
    let end = socket.end().await;
    assert!(end.starts_with("error"), "{end}");
    let voice = target.counts().await["voice"].clone();
    assert_eq!(voice["now"], json!({ "accounts": 0, "conversations": 0, "sessions": 0 }));
    assert_eq!((&voice["closed"], &voice["events_out"]), (&json!({}), &json!({})));
}

#[tokio::test]
async fn chat_faults_reach_voice_connections() {
    let target = Target::start(Config::default()).await;
    target.set_faults(json!({ "drop_share": 1, "drop_within_s": 0.1 })).await;
    let end = guest(&target).await.end().await;
    assert!(end.starts_with("error"), "{end}");
    assert_eq!(target.counts().await["faults"]["connections_cut"], 1);
    target.set_faults(json!({ "refuse_share": 1 })).await;
    match target.open("/ws/guest-scenario").await.err() {
        Some(Error::Http(response)) => assert_eq!(response.status(), 503),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn frames_of_a_conversation_leave_later_and_in_order() {
    let target = Target::start(Config::default()).await;
    target.set_faults(json!({ "latency_ms": 150, "jitter_ms": 100 })).await;
    set(&target, json!({ "greeting_ms": 0, "speed": 100 })).await;
    let mut socket = guest(&target).await;
    let opened = tokio::time::Instant::now();
    for _ in 0..10 {
        assert_eq!(event(&mut socket).await["type"], "audio.delta");
    }
    until(&mut socket, "audio.done").await;
    assert_eq!(event(&mut socket).await["type"], "transcript.done");
    assert!(opened.elapsed().as_millis() >= 145, "{:?}", opened.elapsed());
}

#[tokio::test]
async fn switches_are_checked_and_shown() {
    let target = Target::start(Config::default()).await;
    set(&target, json!({ "cap": 30 })).await;
    let answer = target.post("/lab/voice", "", &json!({ "stall_share": 2 })).await;
    assert_eq!((answer.status, &answer.json()["field"]), (400, &json!("stall_share")));
    let shown = target.get("/lab/voice", "").await.json();
    assert_eq!((&shown["cap"], &shown["think_ms"]), (&json!(30), &json!(300.0)));
}
