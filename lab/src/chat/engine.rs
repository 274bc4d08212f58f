//! The gate between the Engine.IO server and the service: packets in, connections opened and closed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use axum::extract::ConnectInfo;
use bytes::Bytes;
use engineioxide::handler::EngineIoHandler;
use engineioxide::{DisconnectReason, Socket, Str};
use serde_json::Value as Json;
use socketioxide_core::Value;
use socketioxide_core::packet::{Packet, PacketData};
use socketioxide_core::parser::{Parse, ParseConfig, ParseError, ParserState};
use socketioxide_parser_common::CommonParser;

use crate::lab::Lab;
use crate::packets;
use crate::transport::Peer;
use crate::world::{ConnectionId, Sink};

pub struct Gate {
    lab: Arc<Lab>,
    limits: ParseConfig,
}

/// What belongs to one Engine.IO session.
#[derive(Default)]
pub struct Client {
    id: OnceLock<ConnectionId>,
    partial: ParserState,
    /// It has sent a CONNECT. Packets before that have nobody to go to; a refused one is a connection without user.
    introduced: AtomicBool,
}

impl Gate {
    pub fn new(lab: Arc<Lab>) -> Self {
        Self { lab, limits: ParseConfig::default() }
    }

    /// As the real server beyond its limit: the line is cut, without a word.
    fn is_too_large(&self, socket: &Socket<Client>, bytes: usize) -> bool {
        socket.data.id.get().is_some_and(|id| self.lab.world().cuts_off(*id, bytes))
    }

    fn on_packet(&self, socket: &Socket<Client>, packet: Result<Packet, ParseError>) {
        let packet = match packet {
            Ok(packet) => packet,
            Err(ParseError::NeedsMoreBinaryData) => return,
            Err(_) => return socket.close(DisconnectReason::PacketParsingError),
        };
        let Some(id) = socket.data.id.get().copied() else { return };
        let mut world = self.lab.world();
        if world.connection(id).is_none() {
            return;
        }
        if packet.ns != "/" {
            if let PacketData::Connect(_) = packet.inner {
                world.control(id, packets::refused_bare(&packet.ns, "Invalid namespace"));
            }
            return;
        }
        let introduced = &socket.data.introduced;
        match packet.inner {
            PacketData::Connect(auth) if !introduced.swap(true, Ordering::Relaxed) => {
                world.on_connect(id, &socket.id.to_string(), auth.as_ref().map(json));
            }
            PacketData::Event(body, ack) | PacketData::BinaryEvent(body, ack) if introduced.load(Ordering::Relaxed) => {
                if let Some((event, payload)) = split(json(&body)) {
                    world.on_event(id, &event, payload, ack);
                }
            }
            PacketData::Disconnect => world.close(id, "client disconnect"),
            _ => {}
        }
    }
}

/// The event's name and its first argument; the service has no event with two.
fn split(body: Json) -> Option<(String, Json)> {
    let Json::Array(mut items) = body else { return None };
    let payload = if items.len() > 1 { items.swap_remove(1) } else { Json::Null };
    match items.swap_remove(0) {
        Json::String(event) => Some((event, payload)),
        _ => None,
    }
}

/// A packet's body; binary attachments stay placeholders, as no event of the service takes any.
fn json(body: &Value) -> Json {
    match body {
        Value::Str(text, _) => serde_json::from_str(text).unwrap_or(Json::Null),
        Value::Bytes(_) => Json::Null,
    }
}

impl EngineIoHandler for Gate {
    type Data = Client;

    fn on_connect(self: Arc<Self>, socket: Arc<Socket<Client>>) {
        let id = self.lab.next_connection_id();
        socket.data.id.set(id).expect("a session opens once");
        let line = socket.req_parts.extensions.get::<ConnectInfo<Peer>>().map(|ConnectInfo(peer)| peer.line.clone());
        if let Some(line) = line.as_ref().filter(|_| socket.transport_type() == engineioxide::TransportType::Websocket)
        {
            line.mark_upgraded();
        }
        let agent = socket.req_parts.headers.get("user-agent").and_then(|agent| agent.to_str().ok()).map(str::to_owned);
        let mut world = self.lab.world();
        world.open(id, "socket.io", Box::new(Outlet(socket)), line);
        world.connection_mut(id).expect("opened above").user_agent = agent;
    }

    fn on_disconnect(&self, socket: Arc<Socket<Client>>, reason: DisconnectReason) {
        if let Some(id) = socket.data.id.get() {
            self.lab.world().close(*id, name_of(&reason));
        }
    }

    fn on_message(self: &Arc<Self>, message: Str, socket: Arc<Socket<Client>>) {
        if self.is_too_large(&socket, message.len()) {
            return;
        }
        let packet = CommonParser.decode_str(&self.limits, &socket.data.partial, message);
        self.on_packet(&socket, packet);
    }

    fn on_binary(self: &Arc<Self>, data: Bytes, socket: Arc<Socket<Client>>) {
        if self.is_too_large(&socket, data.len()) {
            return;
        }
        let packet = CommonParser.decode_bin(&self.limits, &socket.data.partial, data);
        self.on_packet(&socket, packet);
    }
}

fn name_of(reason: &DisconnectReason) -> &'static str {
    match reason {
        DisconnectReason::TransportClose => "closed by client",
        DisconnectReason::TransportError => "transport error",
        DisconnectReason::HeartbeatTimeout => "ping timeout",
        DisconnectReason::PacketParsingError => "bad packet",
        DisconnectReason::MultipleHttpPollingError => "parallel polling",
        DisconnectReason::ClosingServer => "server closing",
    }
}

struct Outlet(Arc<Socket<Client>>);

impl Sink for Outlet {
    fn send(&self, text: Str) -> bool {
        self.0.emit(text).is_ok()
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gate")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_is_split_into_name_and_payload() {
        assert_eq!(split(json!(["joinRoom", "r"])), Some(("joinRoom".into(), json!("r"))));
        assert_eq!(split(json!(["ping"])), Some(("ping".into(), Json::Null)));
        assert_eq!(split(json!([1, 2])), None);
        assert_eq!(split(json!({})), None);
    }
}
