//! The calls, their statuses, and what a browser on another origin may see.

use lab::Config;
use lab::config::ServerVersion;
use serde_json::{Value, json};

use crate::client::{Target, names};

#[track_caller]
fn check(answer: crate::client::Answer, status: u16, success: bool) -> Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    let body = answer.json();
    assert_eq!(body["success"], success, "{body}");
    body
}

#[tokio::test]
async fn registering_and_logging_in() {
    let target = Target::start(Config::default()).await;
    let post = async |path: &str, body: Value| target.post(path, "", &body).await;
    let new = json!({ "name": "Ann", "email": "ann@lab.test", "password": "secret" });
    let body = check(post("/api/auth/register", new.clone()).await, 201, true);
    assert_eq!((&body["token"], &body["sessionId"]), (&Value::Null, &Value::Null));
    assert_eq!((&body["user"]["name"], &body["user"]["profileImage"]), (&json!("Ann"), &json!("")));
    check(post("/api/auth/register", new).await, 409, false);
    let body = check(
        post("/api/auth/register", json!({ "name": "A", "email": "ann", "password": "12345" })).await,
        400,
        false,
    );
    let fields: Vec<_> = body["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
    assert_eq!(fields, ["name", "email", "password"]);
    check(post("/api/auth/register", json!([])).await, 400, false);

    check(post("/api/auth/login", json!({ "email": "ann@lab.test", "password": "wrong!" })).await, 401, false);
    let answer = post("/api/auth/login", json!({ "email": "ANN@lab.test", "password": "secret" })).await;
    assert!(
        answer.head.contains("authorization: bearer ey") && answer.head.contains("x-session-id: "),
        "{}",
        answer.head
    );
    let body = check(answer, 200, true);
    assert_eq!((body["sessionId"].as_str().map(str::len), &body["message"]), (Some(32), &Value::Null));
    let rest = target.counts().await["rest"].clone();
    assert_eq!(rest["POST /api/auth/register"], json!({ "201": 1, "400": 2, "409": 1 }));
    assert_eq!(rest["POST /api/auth/login"], json!({ "200": 1, "401": 1 }));
}

#[tokio::test]
async fn tokens_can_be_verified_and_renewed() {
    let target = Target::start(Config::default()).await;
    let ann = target.account("ann").await;
    let headers = [("x-auth-token", ann.token.as_str()), ("x-session-id", ann.session_id.as_str())];
    let body = check(target.call("POST", "/api/auth/verify-token", &headers, b"").await, 200, true);
    assert_eq!(body["user"]["_id"], *ann.id);
    check(target.call("POST", "/api/auth/verify-token", &headers[..1], b"").await, 400, false);
    let address = format!("/api/auth/verify-token?sessionId={}", ann.session_id);
    check(target.call("POST", &address, &headers[..1], b"").await, 200, true);

    let body = check(target.call("POST", "/api/auth/refresh-token", &headers, b"").await, 200, true);
    check(target.call("POST", "/api/auth/verify-token", &headers, b"").await, 401, false);
    assert_eq!(target.get("/api/rooms", body["token"].as_str().unwrap()).await.status, 200);
}

#[tokio::test]
async fn without_a_live_session_the_body_is_empty() {
    let target = Target::start(Config::default()).await;
    for token in ["", "x.y.z"] {
        for path in ["/api/rooms", "/api/rooms/health", "/api/users/profile", "/api/files/view/x.png"] {
            let answer = target.get(path, token).await;
            assert_eq!((answer.status, answer.body.as_str()), (401, ""), "{path}");
        }
    }
    assert_eq!(target.call("GET", "/api/health", &[], b"").await.json()["status"], "ok");
}

#[tokio::test]
async fn rooms_come_in_pages_or_all_at_once() {
    for (version, first, metadata) in [(ServerVersion::V1, 10, true), (ServerVersion::V2, 12, false)] {
        let target = Target::start(Config { version, ..Config::default() }).await;
        let ann = target.account("ann").await;
        for n in 0..12 {
            target.room(&ann, &format!("Room {n}")).await;
        }
        let answer = target.get("/api/rooms", &ann.token).await;
        assert!(
            answer.head.contains("x-ratelimit-limit: 10000") && answer.head.contains("x-ratelimit-remaining: 9999")
        );
        let body = check(answer, 200, true);
        assert_eq!(body["data"].as_array().map(Vec::len), Some(first));
        assert_eq!(body.get("metadata").is_some(), metadata);
    }
}

#[tokio::test]
async fn pages_are_sorted_searched_and_counted() {
    let target = Target::start(Config::default()).await;
    let ann = target.account("ann").await;
    for name in ["Beta", "alpha", "beat"] {
        target.room(&ann, name).await;
    }
    let list = async |query: &str| check(target.get(&format!("/api/rooms?{query}"), &ann.token).await, 200, true);
    let names =
        |body: &Value| body["data"].as_array().unwrap().iter().map(|room| room["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names(&list("").await), ["beat", "alpha", "Beta"]);
    assert_eq!(names(&list("sortField=name&sortOrder=asc").await), ["Beta", "alpha", "beat"]);
    assert_eq!(names(&list("search=be").await), ["beat", "Beta"]);
    let page = list("page=1&pageSize=2").await;
    assert_eq!(names(&page), ["Beta"]);
    let expected = json!({
        "total": 3, "page": 1, "pageSize": 2, "totalPages": 2, "hasMore": false, "currentCount": 1,
        "sort": { "field": "createdAt", "order": "desc" },
    });
    assert_eq!(page["metadata"], expected);
    assert_eq!(names(&list("page=9").await), [Value::Null; 0]);
}

#[tokio::test]
async fn rooms_are_announced_and_joined() {
    let target = Target::start(Config::default()).await;
    let (ann, bob) = (target.account("ann").await, target.account("bob").await);
    let mut watcher = target.connect(&bob).await;
    let new = json!({ "name": "closed", "password": "open it" });
    let room = check(target.post("/api/rooms", &ann.token, &new).await, 201, true)["data"].clone();
    assert_eq!((&room["hasPassword"], &room["participantsCount"]), (&json!(true), &json!(1)));
    assert_eq!(watcher.event().await, ("roomCreated".to_owned(), room.clone()));
    let id = room["_id"].as_str().unwrap();
    let address = format!("/api/rooms/{id}/join");

    check(target.post(&address, &bob.token, &json!({})).await, 401, false);
    check(target.post("/api/rooms/none/join", &bob.token, &json!({})).await, 404, false);
    check(target.post("/api/rooms", &ann.token, &json!({ "name": "x", "password": "abc" })).await, 400, false);
    check(target.get("/api/rooms/none", &ann.token).await, 404, false);
    check(target.get(&format!("/api/rooms/{id}"), &ann.token).await, 200, true);

    let mut member = target.enter(&ann, id).await;
    let joined = check(target.post(&address, &bob.token, &json!({ "password": "open it" })).await, 200, true);
    assert_eq!(joined["data"]["participantsCount"], 2);
    assert_eq!(member.event().await, ("roomUpdated".to_owned(), joined["data"].clone()));
    assert!(watcher.is_quiet().await, "version 1 tells only the room");
    // A participant over REST may speak without having joined over the socket, but hears nothing.
    assert!(watcher.request("chatMessage", json!({ "room": id, "content": "hi" })).await.is_empty());
    assert_eq!(names(&[member.event().await]), ["message"]);
}

#[tokio::test]
async fn profiles_can_be_changed() {
    let target = Target::start(Config::default()).await;
    let ann = target.account("ann").await;
    let headers = [("x-auth-token", ann.token.as_str()), ("content-type", "application/json")];
    check(target.call("PUT", "/api/users/profile", &headers, br#"{"name":"Anna"}"#).await, 200, true);
    let body = check(target.get("/api/users/profile", &ann.token).await, 200, true);
    assert_eq!((&body["user"]["name"], &body["user"]["id"]), (&json!("Anna"), &json!(ann.id)));
    check(target.call("PUT", "/api/users/profile", &headers, br#"{"name":" "}"#).await, 400, false);
}

#[tokio::test]
async fn what_a_page_of_another_origin_may_do() {
    let target = Target::start(Config::default()).await;
    let preflight = async |method: &'static str, headers: &'static str| {
        let all = [
            ("origin", "https://page.test"),
            ("access-control-request-method", method),
            ("access-control-request-headers", headers),
        ];
        target.call("OPTIONS", "/api/rooms", &all, b"").await
    };
    let answer = preflight("POST", "content-type,x-auth-token").await;
    assert_eq!(answer.status, 200);
    for line in [
        "access-control-allow-origin: https://page.test\r\n",
        "access-control-allow-credentials: true\r\n",
        "access-control-allow-methods: get,post,put,delete,options\r\n",
        "access-control-allow-headers: content-type, x-auth-token\r\n",
        "access-control-max-age: 3600\r\n",
    ] {
        assert!(answer.head.contains(line), "{line} in {}", answer.head);
    }
    assert_eq!(preflight("PATCH", "").await.status, 403);
    assert_eq!(preflight("GET", "x-other").await.status, 403);

    let answer = target.call("GET", "/api/rooms", &[("origin", "https://page.test")], b"").await;
    assert_eq!((answer.status, answer.body.as_str()), (401, ""));
    assert!(answer.head.contains("access-control-expose-headers: x-auth-token, x-session-id\r\n"), "{}", answer.head);
    let answer = target.call("GET", "/api/rooms", &[], b"").await;
    assert!(!answer.head.contains("access-control"), "{}", answer.head);
}
