//! One client session over one WebSocket, whatever the protocol: Socket.IO 5 over Engine.IO 4, or plain JSON frames.
//!
//! Sans-IO: feed what arrived, which gives what it meant; what else it meant comes from `poll_event`, what is to be sent from
//! `poll_transmit`. Ask `next_timeout` and call `on_timeout` when it is due.
//! Once a session has ended, was refused or left, it only counts frames (`Incoming::Housekeeping`); the socket is the
//! caller's to close.

mod url;

use self::url::websocket_url;
use super::websocket::Plain;
use base::time::Timestamp;
use socketio::{Incoming, Transmit};

/// What the session is to speak.
#[derive(Debug, Clone)]
pub enum SessionConfig {
    SocketIo {
        /// With or without its slash. A query part is sent in CONNECT only.
        namespace: String,
        /// JSON text of the CONNECT packet's auth object.
        auth: Option<String>,
    },
    WebSocket {
        event_field: String,
    },
}

#[derive(Debug)]
pub struct Session(Protocol);

#[derive(Debug)]
#[cfg_attr(
    target_pointer_width = "64",
    expect(
        clippy::large_enum_variant,
        reason = "all sessions of a run are of one kind, so a box would only add a hop"
    )
)]
enum Protocol {
    SocketIo(socketio::Client),
    WebSocket(Plain),
}

impl Session {
    pub fn new(config: SessionConfig) -> Self {
        Self(match config {
            SessionConfig::SocketIo { namespace, auth } => {
                Protocol::SocketIo(socketio::Client::new(&namespace, auth.as_deref()))
            }
            SessionConfig::WebSocket { event_field } => Protocol::WebSocket(Plain::new(event_field)),
        })
    }

    /// The full WebSocket URL to open. `base` may be http(s) or ws(s), with a path of its own. Socket.IO appends `path`
    /// (the caller's default is `/socket.io/`) and the Engine.IO query; plain WebSocket ignores `path`. `query` is
    /// percent-encoded here.
    pub fn url(config: &SessionConfig, base: &str, path: &str, query: &[(String, String)]) -> String {
        websocket_url(config, base, path, query)
    }

    /// The WebSocket opened. Plain WebSocket sessions are connected from here on; Socket.IO waits for the server.
    pub fn on_open(&mut self, _now: Timestamp) -> Option<Incoming<'static>> {
        matches!(self.0, Protocol::WebSocket(_)).then_some(Incoming::Connected)
    }

    /// One text frame, and what it meant, borrowed from it. `None` for a frame that means nothing by itself yet (an event before the
    /// namespace is granted, the head of a packet with attachments). What else it meant comes from `poll_event`.
    pub fn on_text<'f>(&mut self, now: Timestamp, frame: &'f str) -> Option<Incoming<'f>> {
        match &mut self.0 {
            Protocol::SocketIo(client) => client.on_text(now, frame),
            Protocol::WebSocket(plain) => Some(plain.on_text(frame)),
        }
    }

    /// One binary frame, likewise.
    pub fn on_binary(&mut self, _now: Timestamp, frame: &[u8]) -> Option<Incoming<'static>> {
        match &mut self.0 {
            Protocol::SocketIo(client) => client.on_binary(frame),
            Protocol::WebSocket(_) => Some(Plain::on_binary(frame)),
        }
    }

    /// A frame came that nobody looks into. What waits for it waits in vain.
    pub fn on_lost_frame(&mut self) -> Option<Incoming<'static>> {
        match &mut self.0 {
            Protocol::SocketIo(client) => client.on_lost_frame(),
            Protocol::WebSocket(_) => None,
        }
    }

    /// What else the last input meant, in order; to be drained after each.
    pub fn poll_event(&mut self) -> Option<Incoming<'static>> {
        match &mut self.0 {
            Protocol::SocketIo(client) => client.poll_event(),
            Protocol::WebSocket(plain) => plain.poll_event(),
        }
    }

    /// When the server has been silent for too long: pingInterval + pingTimeout after the handshake or the last ping.
    /// `None` before the handshake and after the end.
    pub fn next_timeout(&self) -> Option<Timestamp> {
        match &self.0 {
            Protocol::SocketIo(client) => client.next_timeout(),
            Protocol::WebSocket(_) => None,
        }
    }

    /// To be called when `next_timeout` is due; harmless at any other time.
    pub fn on_timeout(&mut self, now: Timestamp) -> Option<Incoming<'static>> {
        match &mut self.0 {
            Protocol::SocketIo(client) => client.on_timeout(now),
            Protocol::WebSocket(_) => None,
        }
    }

    /// Queues an event. `args` are JSON texts of the arguments after the name, with placeholders for the attachments.
    /// Plain WebSocket takes one object, merged with the event field. Returns the ack id when one was asked for, which
    /// plain WebSocket does not know. Before `Connected` it waits for that; after the end it is dropped.
    pub fn emit(&mut self, event: &str, args: &[String], attachments: &[Vec<u8>], ack: bool) -> Option<u64> {
        match &mut self.0 {
            Protocol::SocketIo(client) => client.emit(event, args, attachments, ack),
            Protocol::WebSocket(plain) => {
                plain.emit(event, args, attachments);
                None
            }
        }
    }

    /// Queues the acknowledgement of an event that came with an `ack` id. `args` are JSON texts.
    pub fn acknowledge(&mut self, id: u64, args: &[String]) {
        if let Protocol::SocketIo(client) = &mut self.0 {
            client.acknowledge(id, args);
        }
    }

    /// Queues what a client says before it closes by itself (Socket.IO DISCONNECT).
    pub fn leave(&mut self) {
        if let Protocol::SocketIo(client) = &mut self.0 {
            client.leave();
        }
    }

    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        match &mut self.0 {
            Protocol::SocketIo(client) => client.poll_transmit(),
            Protocol::WebSocket(plain) => plain.poll_transmit(),
        }
    }
}

#[cfg(test)]
mod tests;
