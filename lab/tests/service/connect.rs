//! Who is let in, and what happens to a user's older session.

use std::time::Duration;

use lab::Config;
use serde_json::json;

use crate::client::{Target, names};

#[tokio::test]
async fn every_refusal_has_its_own_shape() {
    let target = Target::start(Config::default()).await;
    let ann = target.account("ann").await;
    let gone = target.account("gone").await;
    target.call("DELETE", "/api/users/account", &[("x-auth-token", &gone.token)], b"").await;
    let cases = [
        (json!({}), r#"44"Authentication error""#),
        (json!({ "token": ann.token, "sessionId": null }), r#"44"Authentication error""#),
        (json!({ "token": "x.y.z", "sessionId": ann.session_id }), r#"44{"message":"Invalid token"}"#),
        (json!({ "token": ann.token, "sessionId": "other" }), r#"44{"message":"Invalid session"}"#),
        (json!({ "token": gone.token, "sessionId": gone.session_id }), r#"44{"message":"User not found"}"#),
    ];
    for (auth, expected) in cases {
        let mut socket = target.open_engine().await;
        socket.introduce(&auth).await;
        assert_eq!(socket.text().await, expected, "{auth}");
        // The refused socket stays open, and its events are handled as nobody's.
        let events = socket.request("chatMessage", json!({ "room": "r", "content": "hi" })).await;
        assert_eq!(events[0].1["code"], "SESSION_EXPIRED");
    }
    let mut socket = target.open_engine().await;
    socket.send("40/admin,{}").await;
    assert_eq!(socket.text().await, r#"44/admin,"Invalid namespace""#);
    let expected = json!({ "Authentication error": 2, "Invalid token": 1, "Invalid session": 1, "User not found": 1 });
    assert_eq!(target.counts().await["connections"]["connects"], expected);
}

#[tokio::test]
async fn nobody_is_let_in_without_credentials_at_all() {
    let target = Target::start(Config::default()).await;
    let mut socket = target.open_engine().await;
    socket.send(r#"421["joinRoom","r"]"#).await;
    socket.send("40").await;
    assert!(socket.text().await.starts_with(r#"40{"sid":""#), "what came before the CONNECT is ignored");
    let unauthorized = json!({ "message": "Unauthorized" });
    let cases = [
        ("joinRoom", json!("r"), ("joinRoomError".to_owned(), unauthorized.clone())),
        ("leaveRoom", json!("r"), ("error".to_owned(), unauthorized.clone())),
        ("markMessagesAsRead", json!({ "messageIds": ["x"] }), ("error".to_owned(), unauthorized.clone())),
        ("messageReaction", json!({ "messageId": "x", "type": "add" }), ("error".to_owned(), unauthorized)),
    ];
    for (event, payload, expected) in cases {
        assert_eq!(socket.request(event, payload).await, [expected]);
    }
    let events = socket.request("fetchPreviousMessages", json!({ "roomId": "r" })).await;
    assert_eq!(events[0].1["code"], "UNAUTHORIZED");
}

#[tokio::test]
async fn a_second_login_ends_the_first_in_three_steps() {
    let target = Target::start(Config::default()).await;
    let ann = target.account("ann").await;
    let room = target.room(&ann, "room").await;
    let mut old = target.enter(&ann, &room).await;

    let again = target.login("ann").await;
    assert_eq!(target.get("/api/rooms", &ann.token).await.status, 401);
    let events = old.request("chatMessage", json!({ "room": room, "content": "hi" })).await;
    assert_eq!(events[0].1["code"], "SESSION_EXPIRED");
    assert_eq!(names(&old.request("fetchPreviousMessages", json!({ "roomId": room })).await).len(), 2);

    // The room is the user's, so the new socket hears of it before it hears that it is connected.
    let mut new = target.open_engine().await;
    new.introduce(&json!({ "token": again.token, "sessionId": again.session_id })).await;
    assert_eq!(new.event().await, ("joinRoomSuccess".to_owned(), json!({ "roomId": room })));
    assert!(new.text().await.starts_with(r#"40{"sid":""#));
    let (event, payload) = old.event().await;
    assert_eq!((event.as_str(), &payload["type"]), ("duplicate_login", &json!("new_login_attempt")));
    assert_eq!((&payload["deviceInfo"], &payload["ipAddress"]), (&json!("lab-test"), &json!("127.0.0.1")));

    // When the old socket dies, the user is out of the room, but the new socket still hears it.
    old.close().await;
    assert_eq!(
        names(&[new.event().await, new.event().await, new.event().await]),
        ["message", "participantsUpdate", "userLeft"]
    );
    let events = new.request("chatMessage", json!({ "room": room, "content": "hi" })).await;
    assert_eq!(events[0].1["code"], "MESSAGE_ERROR");
    assert_eq!(
        names(&new.request("joinRoom", json!(room)).await),
        ["joinRoomSuccess", "message", "participantsUpdate"]
    );
    assert_eq!(names(&new.request("chatMessage", json!({ "room": room, "content": "hi" })).await), ["message"]);
}

#[tokio::test]
async fn logging_out_is_told_to_the_users_sockets() {
    let target = Target::start(Config::default()).await;
    let ann = target.account("ann").await;
    let mut socket = target.connect(&ann).await;
    let headers = [("x-auth-token", ann.token.as_str()), ("x-session-id", ann.session_id.as_str())];
    assert_eq!(target.call("POST", "/api/auth/logout", &headers, b"").await.status, 200);
    let expected = json!({ "reason": "logout", "message": "로그아웃되었습니다." });
    assert_eq!(socket.event().await, ("session_ended".to_owned(), expected));
    assert_eq!(target.call("POST", "/api/auth/logout", &headers, b"").await.status, 401);
    assert_eq!(target.call("POST", "/api/auth/logout", &headers[..1], b"").await.status, 400);
}

#[tokio::test]
async fn who_answers_no_ping_is_closed_and_counted_as_such() {
    let patience = Duration::from_millis(100);
    let target = Target::start(Config { ping_interval: patience, ping_timeout: patience, ..Config::default() }).await;
    let mut silent = target.open("/socket.io/?EIO=4&transport=websocket").await.expect("an open socket");
    let open = silent.text().await;
    assert!(open.contains(r#""pingInterval":100,"pingTimeout":100"#), "{open}");
    // Whoever waits for an end answers nothing.
    silent.end().await;
    let closed = target.counts().await["connections"]["closed"].clone();
    assert_eq!(closed, json!({ "ping timeout": 1 }));
}
