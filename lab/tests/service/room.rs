//! The room, as far as one can look at it without an MQTT library; e2e/tests/room-broker.test.mjs has the rest.

use lab::Config;

use crate::client::Target;

#[tokio::test]
async fn without_a_room_there_is_no_broker() {
    let target = Target::start(Config::default()).await;
    assert_eq!(target.call("GET", "/lab/room", &[], b"").await.status, 404);
}

#[cfg(feature = "room")]
mod open {
    use std::net::TcpListener;

    use futures_util::{SinkExt, StreamExt};
    use lab::Server;
    use lab::config::RoomConfig;
    use serde_json::json;
    use tokio::time::timeout;
    use tokio_tungstenite::connect_async;
    use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

    use super::*;
    use crate::client::PATIENCE;

    fn config(broker_port: u16) -> Config {
        Config { port: 0, room: Some(RoomConfig { broker_port: Some(broker_port) }), ..Config::default() }
    }

    #[tokio::test]
    async fn tells_where_the_broker_is_and_nothing_else() {
        let server = Server::bind(&config(0)).await.expect("free ports");
        let invitation = server.invitation().expect("a room has one");
        let broker = invitation.split_once("broker=ws%3A%2F%2F127.0.0.1%3A").expect("a port").1;
        let port: String = broker.chars().take_while(char::is_ascii_digit).collect();
        let target = Target::serve(server);
        let answer = target.call("GET", "/lab/room", &[], b"").await;
        assert_eq!((answer.status, answer.json()), (200, json!({ "broker": format!("ws://127.0.0.1:{port}/") })));
    }

    /// Pings and empty frames are no MQTT, and are not the end either.
    #[tokio::test]
    async fn speaks_mqtt_over_websocket() {
        let target = Target::start(config(0)).await;
        let room = target.call("GET", "/lab/room", &[], b"").await.json();
        let mut request = room["broker"].as_str().expect("a url").into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "mqtt".parse().unwrap());
        let (mut socket, response) = connect_async(request).await.expect("the broker listens");
        assert_eq!(response.headers()["sec-websocket-protocol"], "mqtt");
        let connect = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x0a\x00\x01x";
        let (first, rest) = connect.split_at(5);
        let frames = [
            Message::Ping("psst".into()),
            Message::Binary(first.into()),
            Message::Binary(b"".as_slice().into()),
            Message::Binary(rest.into()),
        ];
        for frame in frames {
            socket.send(frame).await.unwrap();
        }
        let answer = loop {
            match timeout(PATIENCE, socket.next()).await.expect("an answer in time").expect("an open socket").unwrap() {
                Message::Pong(_) => {}
                other => break other,
            }
        };
        assert_eq!(answer, Message::Binary(b"\x20\x02\x00\x00".as_slice().into()));
    }

    #[tokio::test]
    async fn says_which_port_is_taken() {
        let holder = TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = holder.local_addr().unwrap().port();
        let problem = Server::bind(&config(taken)).await.err().expect("the port is taken").to_string();
        assert!(problem.starts_with(&format!("cannot listen on 127.0.0.1:{taken}: ")), "{problem}");
    }
}
