//! What the plain WebSocket's frames do. Its rooms exist as soon as somebody joins them.

use engineioxide::Str;
use serde_json::{Value, json};

use super::World;
use super::connections::{ConnectionId, Frame};
use super::outbox::SenderId;
use crate::counts::Outcome;

impl World {
    pub fn on_plain_frame(&mut self, from: ConnectionId, frame: Value) {
        if self.connection(from).is_none() {
            return;
        }
        let (event, outcome) = match frame["type"].as_str() {
            Some("join") => ("ws.join", self.on_plain_join(from, &frame)),
            Some("message") => ("ws.message", self.on_plain_message(from, frame)),
            Some("ping") => {
                self.send_plain(from, "ws.pong", &json!({ "type": "pong" }));
                ("ws.ping", "accepted")
            }
            _ => ("ws.(unknown)", "unknown type"),
        };
        self.counts.event_in(event, false, outcome);
    }

    fn on_plain_join(&mut self, from: ConnectionId, frame: &Value) -> Outcome {
        let Some(name) = frame["room"].as_str() else { return self.refuse_plain(from, "join needs a room") };
        let Some(connection) = self.connection_mut(from) else { return "gone" };
        if !connection.plain_rooms.iter().any(|known| known == name) {
            connection.plain_rooms.push(name.to_owned());
            self.plain_rooms.entry(name.to_owned()).or_default().members.push(from);
        }
        self.send_plain(from, "ws.joined", &json!({ "type": "joined", "room": name }));
        "accepted"
    }

    fn on_plain_message(&mut self, from: ConnectionId, frame: Value) -> Outcome {
        let no_sender_copy = self.faults.rules.no_sender_copy;
        let room = frame["room"].as_str().and_then(|name| self.plain_rooms.get_mut(name));
        let Some(room) = room.filter(|room| room.members.contains(&from)) else {
            return self.refuse_plain(from, "not in that room");
        };
        let mut members = room.members.clone();
        members.retain(|member| !no_sender_copy || *member != from);
        room.accepted += 1;
        room.deliveries += members.len() as u64;
        self.counts.messages.accepted += 1;
        let frame = Frame { event: "ws.message", text: Str::from(frame.to_string()) };
        for member in members {
            self.deliver(member, SenderId::Connection(from), &frame, 1);
        }
        "accepted"
    }

    fn refuse_plain(&mut self, to: ConnectionId, message: &'static str) -> Outcome {
        self.send_plain(to, "ws.error", &json!({ "type": "error", "message": message }));
        message
    }

    fn send_plain(&mut self, to: ConnectionId, event: &'static str, payload: &Value) {
        self.send(to, Frame { event, text: payload.to_string().into() });
    }
}
