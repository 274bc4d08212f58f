//! What each event brings, to whom, in which order.

use lab::Config;
use lab::config::ServerVersion;
use serde_json::{Value, json};

use crate::client::{Account, Socket, Target, names};

async fn two_in_a_room(version: ServerVersion) -> (Target, String, (Account, Socket), (Account, Socket)) {
    let target = Target::start(Config { version, ..Config::default() }).await;
    let (ann, bob) = (target.account("ann").await, target.account("bob").await);
    let room = target.room(&ann, "room").await;
    let mut first = target.enter(&ann, &room).await;
    let second = target.enter(&bob, &room).await;
    first.until("participantsUpdate").await;
    (target, room, (ann, first), (bob, second))
}

#[tokio::test]
async fn joining_is_told_to_all_and_only_once() {
    let target = Target::start(Config::default()).await;
    let (ann, bob) = (target.account("ann").await, target.account("bob").await);
    let room = target.room(&ann, "room").await;
    let (mut first, mut second) = (target.connect(&ann).await, target.connect(&bob).await);

    let events = first.request("joinRoom", json!(room)).await;
    assert_eq!(names(&events), ["joinRoomSuccess", "message", "participantsUpdate"]);
    let joined = &events[0].1;
    assert_eq!(joined["roomId"], *room);
    assert_eq!(joined["participants"][0]["id"], *ann.id);
    assert_eq!(
        (&joined["messages"], &joined["hasMore"], &joined["activeStreams"]),
        (&json!([]), &json!(false), &json!([]))
    );
    let message = &events[1].1;
    assert_eq!((message["type"].as_str(), message.get("sender")), (Some("system"), None));
    assert_eq!(message["content"], format!("{}님이 입장하였습니다.", ann.name));

    second.request("joinRoom", json!(room)).await;
    assert_eq!(first.event().await.0, "message");
    let (event, participants) = first.event().await;
    assert_eq!((event.as_str(), participants.as_array().map(Vec::len)), ("participantsUpdate", Some(2)));

    let again = second.request("joinRoom", json!(room)).await;
    assert_eq!(again, [("joinRoomSuccess".to_owned(), json!({ "roomId": room }))]);
    assert!(first.is_quiet().await);
}

#[tokio::test]
async fn a_room_that_is_not_there() {
    let target = Target::start(Config::default()).await;
    let mut socket = target.connect(&target.account("ann").await).await;
    for room in [json!("000000000000000000000000"), Value::Null] {
        let events = socket.request("joinRoom", room).await;
        assert_eq!(events, [("joinRoomError".to_owned(), json!({ "message": "채팅방을 찾을 수 없습니다." }))]);
    }
    assert!(socket.request("leaveRoom", json!("000000000000000000000000")).await.is_empty());
}

#[tokio::test]
async fn a_message_reaches_everybody_before_its_ack() {
    let (target, room, (ann, mut first), (_, mut second)) = two_in_a_room(ServerVersion::V1).await;
    let message = json!({ "room": room, "type": "text", "content": "  안녕 1.2.3  " });
    let events = first.request("chatMessage", message).await;
    assert_eq!(names(&events), ["message"]);
    let (_, received) = second.event().await;
    assert_eq!(received, events[0].1);
    assert_eq!((&received["sender"]["id"], &received["content"]), (&json!(ann.id), &json!("안녕 1.2.3")));
    assert_eq!((&received["room"], &received["type"]), (&json!(room), &json!("text")));
    assert!(received["timestamp"].is_i64() && received["_id"].as_str().is_some_and(|id| id.len() == 24));

    let counts = target.counts().await;
    assert_eq!(counts["messages"]["accepted"], 1);
    assert_eq!((&counts["messages"]["deliveries"], &counts["messages"]["sent"]), (&json!(2), &json!(2)));
    assert_eq!(counts["rooms"][&room]["deliveries"], 2);
    assert_eq!(counts["users"]["bob@lab.test"], 1);
    assert_eq!(
        counts["events_in"]["chatMessage"],
        json!({ "count": 1, "with_ack_id": 1, "outcomes": { "accepted": 1 } })
    );
    // Two of the chat message, and the system's: one to the first alone, one to both.
    assert_eq!(counts["events_out"]["message"]["frames"], 5);
    assert_eq!(counts["acks_out"], 1);
}

#[tokio::test]
async fn version_2_says_things_twice_and_to_all() {
    let (target, room, (_, mut first), (_, mut second)) = two_in_a_room(ServerVersion::V2).await;
    let mut outsider = target.connect(&target.account("eve").await).await;
    let events = first.request("chatMessage", json!({ "room": room, "content": "hi" })).await;
    assert_eq!(names(&events), ["message", "message", "roomActivity"]);
    assert_eq!(events[0], events[1]);
    // Three: the system said twice that somebody came in.
    assert_eq!(events[2].1, json!({ "_id": room, "recentMessageCount": 3 }));
    assert_eq!(second.event().await.0, "message");
    assert_eq!(second.event().await.0, "roomActivity");
    assert_eq!(outsider.event().await.0, "roomActivity");
    assert_eq!(target.counts().await["messages"]["own_copies"], 1);

    assert_eq!(
        names(&first.request("fetchPreviousMessages", json!({ "roomId": room })).await),
        ["previousMessagesLoaded"]
    );
    second.request("leaveRoom", json!(room)).await;
    assert_eq!(names(&[first.event().await, first.event().await]), ["message", "participantsUpdate"]);
    assert!(first.is_quiet().await);
}

#[tokio::test]
async fn what_a_message_is_refused_for() {
    let target = Target::start(Config::default()).await;
    let ann = target.account("ann").await;
    let room = target.room(&ann, "room").await;
    let mut socket = target.enter(&ann, &room).await;
    let words = target.get("/lab/words", "").await.body;
    let banned = words.lines().nth(17).expect("10,000 words");
    let cases = [
        (Value::Null, "MESSAGE_ERROR"),
        (json!({ "room": "nowhere", "content": "hi" }), "MESSAGE_ERROR"),
        (json!({ "content": "hi" }), "MESSAGE_ERROR"),
        (json!({ "room": room, "content": "hi", "type": "video" }), "MESSAGE_ERROR"),
        (json!({ "room": room, "type": "file", "fileData": { "_id": "none" } }), "MESSAGE_ERROR"),
        (json!({ "room": room, "type": "file" }), "MESSAGE_ERROR"),
        (json!({ "room": room, "content": format!("..{}..", banned.to_uppercase()) }), "MESSAGE_REJECTED"),
    ];
    for (message, code) in cases {
        let events = socket.request("chatMessage", message.clone()).await;
        assert_eq!(names(&events), ["error"], "{message}");
        assert_eq!(events[0].1["code"], code, "{message}");
    }
    for blank in [json!({ "room": room, "content": " \n" }), json!({ "room": room })] {
        assert!(socket.request("chatMessage", blank).await.is_empty());
    }
    // The names differ, the content does not.
    let events = socket.request("chatMessage", json!({ "room": room, "msg": "hi" })).await;
    assert_eq!(events[0].1["content"], "hi");
}

#[tokio::test]
async fn unknown_events_are_never_acknowledged() {
    let target = Target::start(Config::default()).await;
    let mut socket = target.connect(&target.account("ann").await).await;
    socket.send(r#"4298["ping"]"#).await;
    socket.send(r#"4299["chatMessage","no object"]"#).await;
    assert!(socket.is_quiet().await);
    let counts = target.counts().await;
    assert_eq!(counts["events_in"]["ping"]["outcomes"], json!({ "unknown event": 1 }));
    assert_eq!(counts["events_in"]["chatMessage"]["outcomes"], json!({ "payload of the wrong shape": 1 }));
}

#[tokio::test]
async fn history_pages_backwards_and_is_read_by_that() {
    let (_, room, (_, mut first), (bob, mut second)) = two_in_a_room(ServerVersion::V1).await;
    for n in 0..5 {
        first.request("chatMessage", json!({ "room": room, "content": format!("no. {n}") })).await;
    }
    let fetch = json!({ "roomId": room, "limit": 3 });
    let events = second.request("fetchPreviousMessages", fetch).await;
    let events: Vec<_> = events.into_iter().filter(|(name, _)| name != "message").collect();
    assert_eq!(names(&events), ["messageLoadStart", "previousMessagesLoaded"]);
    let page = &events[1].1;
    let contents = |page: &Value| -> Vec<String> {
        page["messages"].as_array().unwrap().iter().map(|m| m["content"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(contents(page), ["no. 2", "no. 3", "no. 4"]);
    assert_eq!(page["hasMore"], true);
    assert_eq!(page["messages"][0]["readers"][0]["userId"], *bob.id);
    assert_eq!(page["messages"][0]["readers"][0]["readAt"].as_array().map(Vec::len), Some(7));

    let oldest = page["messages"][0]["timestamp"].as_i64().unwrap();
    let events = second.request("fetchPreviousMessages", json!({ "roomId": room, "before": oldest })).await;
    let page = &events[1].1;
    assert_eq!(page["hasMore"], false);
    assert!(page["messages"].as_array().unwrap().iter().all(|m| m["timestamp"].as_i64().unwrap() < oldest));

    let events = second.request("fetchPreviousMessages", json!({ "roomId": "nowhere" })).await;
    assert_eq!(events[0].1["code"], "LOAD_ERROR");
}

#[tokio::test]
async fn reads_and_reactions_go_to_the_whole_room() {
    let (target, room, (_, mut first), (bob, mut second)) = two_in_a_room(ServerVersion::V1).await;
    first.request("chatMessage", json!({ "room": room, "content": "hi" })).await;
    let id = second.event().await.1["_id"].clone();

    let read = json!({ "userId": bob.id, "messageIds": [id] });
    for _ in 0..2 {
        let events = second.request("markMessagesAsRead", json!({ "messageIds": [id] })).await;
        assert_eq!(events, [("messagesRead".to_owned(), read.clone())]);
        assert_eq!(first.event().await.1, read);
    }
    for (kind, users) in [("add", json!({ "👍": [bob.id] })), ("remove", json!({}))] {
        let reaction = json!({ "messageId": id, "reaction": "👍", "type": kind });
        let update = json!({ "messageId": id, "reactions": users });
        let events = second.request("messageReaction", reaction).await;
        assert_eq!(events, [("messageReactionUpdate".to_owned(), update.clone())]);
        assert_eq!(first.event().await.1, update);
    }
    let wrong = [
        ("markMessagesAsRead", json!({ "messageIds": ["none"] }), "Invalid room"),
        ("messageReaction", json!({ "messageId": "none", "type": "add" }), "메시지를 찾을 수 없습니다."),
        ("messageReaction", json!({ "messageId": id, "type": "toggle" }), "지원하지 않는 리액션 타입입니다."),
    ];
    for (event, payload, message) in wrong {
        let events = second.request(event, payload).await;
        assert_eq!(events, [("error".to_owned(), json!({ "message": message }))]);
    }
    let counts = target.counts().await;
    assert_eq!(counts["reads"], json!({ "marks": 2, "message_ids": 2 }));
    assert_eq!(counts["reactions"], json!({ "added": 1, "removed": 1 }));
}

#[tokio::test]
async fn leaving_and_closing_are_told_to_those_who_stay() {
    let (target, room, (ann, mut first), (bob, mut second)) = two_in_a_room(ServerVersion::V1).await;
    let view = json!({ "id": ann.id, "name": ann.name, "email": "ann@lab.test", "profileImage": "" });
    let expected = [json!([view]), json!({ "userId": bob.id, "userName": bob.name })];
    let farewell = async |first: &mut Socket| {
        let events = [first.event().await, first.event().await, first.event().await];
        assert_eq!(names(&events), ["message", "participantsUpdate", "userLeft"]);
        assert_eq!(events[0].1["content"], format!("{}님이 퇴장하였습니다.", bob.name));
        assert_eq!([&events[1].1, &events[2].1], [&expected[0], &expected[1]]);
    };
    assert!(second.request("leaveRoom", json!(room)).await.is_empty());
    farewell(&mut first).await;
    assert!(second.request("leaveRoom", json!(room)).await.is_empty());
    assert!(first.is_quiet().await);

    second.request("joinRoom", json!(room)).await;
    assert_eq!(names(&[first.event().await, first.event().await]), ["message", "participantsUpdate"]);
    second.close().await;
    farewell(&mut first).await;
    assert_eq!(target.counts().await["connections"]["closed"], json!({ "closed by client": 1 }));
}

#[tokio::test]
async fn a_file_can_be_had_by_members_once_a_message_carries_it() {
    let target = Target::start(Config::default()).await;
    let (ann, eve) = (target.account("ann").await, target.account("eve").await);
    let room = target.room(&ann, "room").await;
    let form = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"cat.png\"\r\n\
                content-type: image/png\r\n\r\nPIXELS\r\n--x--\r\n";
    let headers = [("x-auth-token", ann.token.as_str()), ("content-type", "multipart/form-data; boundary=x")];
    let answer = target.call("POST", "/api/files/upload", &headers, form.as_bytes()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let file = answer.json()["file"].clone();
    assert_eq!(
        (&file["originalname"], &file["mimetype"], &file["size"]),
        (&json!("cat.png"), &json!("image/png"), &json!(6))
    );
    let address = format!("/api/files/view/{}", file["filename"].as_str().unwrap());
    assert_eq!(target.get(&address, &ann.token).await.status, 404);

    let mut socket = target.enter(&ann, &room).await;
    let message = json!({ "room": room, "type": "file", "content": "", "fileData": { "_id": file["_id"] } });
    let events = socket.request("chatMessage", message).await;
    assert_eq!(events[0].1["file"]["filename"], file["filename"]);
    assert_eq!(events[0].1["file"]["uploadDate"].as_array().map(Vec::len), Some(7));

    let answer = target.get(&format!("{address}?token={}", ann.token), "").await;
    assert_eq!(answer.status, 401, "an empty header comes before the parameter");
    let answer = target.call("GET", &format!("{address}?token={}", ann.token), &[], b"").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "PIXELS"));
    assert!(answer.head.contains("content-type: image/png"));
    assert_eq!(target.get(&address, &eve.token).await.status, 403);

    let bad = form.replace("cat.png", "cat.gif");
    let answer = target.call("POST", "/api/files/upload", &headers, bad.as_bytes()).await;
    assert_eq!((answer.status, answer.json()["success"].as_bool()), (500, Some(false)));
}
