//! `/ws`: the simplest chat there is, as JSON text frames, for scenarios without Socket.IO.
//!
//! `{"type":"join","room":"a"}` is answered with `{"type":"joined","room":"a"}`; `{"type":"message","room":"a",…}` goes
//! to everybody in the room, the sender too, with all its other fields; `{"type":"ping"}` brings `{"type":"pong"}`.

use std::sync::Arc;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{ConnectInfo, State};
use axum::response::Response;
use bytes::Bytes;
use engineioxide::Str;
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::lab::Lab;
use crate::transport::Peer;
use crate::world::{ConnectionId, Sink, TOO_LARGE};

pub async fn upgrade(
    State(lab): State<Arc<Lab>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade.max_message_size(LARGEST_FRAME).on_upgrade(move |socket| converse(lab, peer, socket))
}

async fn converse(lab: Arc<Lab>, peer: Peer, socket: WebSocket) {
    peer.line.mark_upgraded();
    let id = lab.next_connection_id();
    let (writer, mut reader) = socket.split();
    let (queue, queued) = mpsc::unbounded_channel();
    lab.world().open(id, "websocket", Box::new(Outlet(queue)), Some(peer.line));
    let writing = tokio::spawn(write(writer, queued));
    let reason = loop {
        match reader.next().await {
            Some(Ok(Message::Text(text))) if is_too_large(&lab, text.len()) => break TOO_LARGE,
            Some(Ok(Message::Text(text))) => receive(&lab, id, &text),
            Some(Ok(Message::Close(close))) => break close_reason(close.as_ref()),
            Some(Ok(_)) => {}
            Some(Err(_)) => break "transport error",
            None => break "closed by client",
        }
    };
    // This drops the queue's sender, so that the writer ends as well.
    lab.world().close(id, reason);
    if let Ok(Some(mut writer)) = writing.await {
        let code = (reason == TOO_LARGE).then(|| CloseFrame { code: close_code::SIZE, reason: TOO_LARGE.into() });
        // The client may be gone already.
        let _ = writer.send(Message::Close(code)).await;
    }
}

fn is_too_large(lab: &Lab, bytes: usize) -> bool {
    lab.world().faults.rules.is_too_large(bytes)
}

fn receive(lab: &Lab, from: ConnectionId, text: &str) {
    let frame: Value = serde_json::from_str(text).unwrap_or(Value::Null);
    lab.world().on_plain_frame(from, frame);
}

/// Flushes only when nothing more is waiting, so that a burst costs few system calls. What comes back can still be closed.
async fn write(mut writer: Writer, mut queued: mpsc::UnboundedReceiver<Str>) -> Option<Writer> {
    while let Some(text) = queued.recv().await {
        if writer.feed(message(text)).await.is_err() {
            return None;
        }
        while let Ok(text) = queued.try_recv() {
            if writer.feed(message(text)).await.is_err() {
                return None;
            }
        }
        if writer.flush().await.is_err() {
            return None;
        }
    }
    Some(writer)
}

type Writer = SplitSink<WebSocket, Message>;

fn message(text: Str) -> Message {
    Message::Text(Utf8Bytes::try_from(Bytes::from(text)).expect("it was a string before"))
}

fn close_reason(close: Option<&CloseFrame>) -> &'static str {
    match close.map(|frame| frame.code) {
        None | Some(1005) => "closed by client",
        Some(1000) => "closed by client (1000)",
        Some(1001) => "closed by client (1001)",
        Some(_) => "closed by client (other code)",
    }
}

struct Outlet(mpsc::UnboundedSender<Str>);

impl Sink for Outlet {
    fn send(&self, text: Str) -> bool {
        self.0.send(text).is_ok()
    }
}

const LARGEST_FRAME: usize = 64 << 10;
