//! One client session over one WebSocket, whatever the protocol: Socket.IO 5 over Engine.IO 4, or plain JSON frames.
//!
//! Sans-IO: feed what arrived, then drain `poll_transmit`; ask `next_timeout` and call `on_timeout` when it is due.
//! Once a session has ended, was refused or left, it only counts frames (`Incoming::Housekeeping`); the socket is the
//! caller's to close.

mod url;

use self::url::websocket_url;
use super::websocket::Plain;
use base::time::Timestamp;
use socketio::{FrameError, Incoming, Transmit};

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
    pub fn on_open(&mut self, _now: Timestamp, sink: &mut dyn FnMut(Incoming<'_>)) {
        if matches!(self.0, Protocol::WebSocket(_)) {
            sink(Incoming::Connected);
        }
    }

    /// One text frame. The sink is called for everything it meant, in order; not at all for a frame that means nothing
    /// by itself yet (an event before the namespace is granted, the head of a packet with attachments).
    ///
    /// # Errors
    /// [`FrameError`] if the frame is not valid, or ended a packet that still waited for attachments. The session is as
    /// usable as before, but for [`EndReason::Flooded`].
    pub fn on_text(
        &mut self,
        now: Timestamp,
        frame: &str,
        sink: &mut dyn FnMut(Incoming<'_>),
    ) -> Result<(), FrameError> {
        match &mut self.0 {
            Protocol::SocketIo(client) => client.on_text(now, frame, sink),
            Protocol::WebSocket(plain) => plain.on_text(frame, sink),
        }
    }

    /// One binary frame.
    ///
    /// # Errors
    /// [`FrameError`] if no packet waits for it, or the packet it completes is not valid.
    pub fn on_binary(
        &mut self,
        _now: Timestamp,
        frame: &[u8],
        sink: &mut dyn FnMut(Incoming<'_>),
    ) -> Result<(), FrameError> {
        match &mut self.0 {
            Protocol::SocketIo(client) => client.on_binary(frame, sink),
            Protocol::WebSocket(_) => {
                Plain::on_binary(frame, sink);
                Ok(())
            }
        }
    }

    /// A frame came that nobody looks into. What waits for it waits in vain.
    ///
    /// # Errors
    /// [`FrameError::Interrupted`] if a packet waited for attachments.
    pub fn on_lost_frame(&mut self) -> Result<(), FrameError> {
        match &mut self.0 {
            Protocol::SocketIo(client) => client.on_lost_frame(),
            Protocol::WebSocket(_) => Ok(()),
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
    pub fn on_timeout(&mut self, now: Timestamp, sink: &mut dyn FnMut(Incoming<'_>)) {
        if let Protocol::SocketIo(client) = &mut self.0 {
            client.on_timeout(now, sink);
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
