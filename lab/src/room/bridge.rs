//! WebSockets in front, the broker's bytes behind. rmqtt has a WebSocket listener of its own, but it takes an empty frame
//! for the end of the connection and the payload of a ping for MQTT (rmqtt-net 0.5.0); axum's is known to do better.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::any;
use axum::serve::ListenerExt;
use bytes::BytesMut;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::broker::LARGEST_PACKET;

pub struct Bridge {
    listener: TcpListener,
    address: SocketAddr,
    broker: SocketAddr,
}

impl Bridge {
    /// Listens on `address` for those who want to talk to `broker`.
    pub async fn bind(address: SocketAddr, broker: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, broker })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub async fn run(self) {
        // Brokers differ in the path (`/`, `/mqtt`, `/ws`); this one takes any.
        let router = Router::new().fallback(any(upgrade)).with_state(self.broker);
        // A connection that cannot do without Nagle's algorithm is only slower.
        let listener = self.listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        axum::serve(listener, router).await.expect("serving has no errors of its own");
    }
}

async fn upgrade(State(broker): State<SocketAddr>, socket: WebSocketUpgrade) -> Response {
    let largest = LARGEST_PACKET as usize;
    let socket = socket.protocols(["mqtt"]).max_message_size(largest).max_frame_size(largest);
    socket.on_upgrade(move |socket| carry(socket, broker))
}

/// Until either side ends; then the other one is ended too.
async fn carry(socket: WebSocket, broker: SocketAddr) {
    let Ok(stream) = TcpStream::connect(broker).await else { return };
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let (mut from_broker, to_broker) = stream.into_split();
    let (mut to_client, from_client) = socket.split();
    let client_has_gone = tokio::select! {
        () = inwards(from_client, to_broker) => true,
        () = outwards(&mut from_broker, &mut to_client) => false,
    };
    if client_has_gone {
        // Hanging up on unread bytes would be a reset, which can overtake the client's last words.
        let mut nowhere = tokio::io::sink();
        let _ = timeout(PATIENCE, tokio::io::copy(&mut from_broker, &mut nowhere)).await;
    } else {
        let _ = timeout(PATIENCE, to_client.close()).await;
    }
}

/// Where MQTT packets begin and end is the broker's business; text is not MQTT.
async fn inwards(mut from_client: SplitStream<WebSocket>, mut to_broker: OwnedWriteHalf) {
    while let Some(Ok(message)) = from_client.next().await {
        let bytes = match message {
            Message::Binary(bytes) => bytes,
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Text(_) | Message::Close(_) => break,
        };
        if to_broker.write_all(&bytes).await.is_err() {
            break;
        }
    }
    // Without a DISCONNECT before it, this end is what the broker publishes the last will for.
    let _ = to_broker.shutdown().await;
}

async fn outwards(from_broker: &mut OwnedReadHalf, to_client: &mut SplitSink<WebSocket, Message>) {
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(CHUNK);
        match from_broker.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let sent = timeout(PATIENCE, to_client.send(Message::Binary(buffer.split().freeze()))).await;
        if !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

const CHUNK: usize = 64 << 10;
/// For a client that takes nothing any more.
const PATIENCE: Duration = Duration::from_secs(10);
