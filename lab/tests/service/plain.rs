//! The plain WebSocket.

use lab::Config;
use serde_json::{Value, json};

use crate::client::{Socket, Target};

async fn say(socket: &mut Socket, frame: Value) {
    socket.send(&frame.to_string()).await;
}

async fn hear(socket: &mut Socket) -> Value {
    serde_json::from_str(&socket.text().await).expect("frames are JSON")
}

#[tokio::test]
async fn a_message_goes_to_the_room_with_all_its_fields() {
    let target = Target::start(Config::default()).await;
    let (mut first, mut second) = (target.open("/ws").await.unwrap(), target.open("/ws").await.unwrap());
    for socket in [&mut first, &mut second] {
        say(socket, json!({ "type": "join", "room": "a" })).await;
        assert_eq!(hear(socket).await, json!({ "type": "joined", "room": "a" }));
    }
    let message = json!({ "type": "message", "room": "a", "text": "hi", "more": [1, 2] });
    say(&mut first, message.clone()).await;
    assert_eq!([hear(&mut first).await, hear(&mut second).await], [message.clone(), message]);

    say(&mut first, json!({ "type": "message", "room": "b", "text": "hi" })).await;
    assert_eq!(hear(&mut first).await, json!({ "type": "error", "message": "not in that room" }));
    say(&mut first, json!({ "type": "ping" })).await;
    assert_eq!(hear(&mut first).await, json!({ "type": "pong" }));

    let counts = target.counts().await;
    assert_eq!(counts["messages"]["accepted"], 1);
    assert_eq!(counts["messages"]["sent"], 2);
    assert_eq!(counts["rooms"]["a"], json!({ "name": "a", "members": 2, "messages": 1, "deliveries": 2 }));
    assert_eq!(counts["events_out"]["ws.message"]["frames"], 2);
    assert_eq!(counts["connections"]["opened"], json!({ "websocket": 2 }));
}
