//! The Socket.IO side of the chat service: what each event does, for whom, in which order.

mod connect;
mod engine;
mod history;
mod messages;
mod reads;
mod rooms;

pub use engine::Gate;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::clock;
use crate::counts::Outcome;
use crate::world::{ConnectionId, Task, UserKey, World};

/// `error`, as the handlers send it; some leave the code out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorPayload<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    message: &'a str,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<i64>,
}

impl World {
    /// Every known event that is handled is acknowledged afterwards if it asked for it, whatever came of it. Unknown
    /// events never are, and neither are payloads of the wrong shape, which stop the real server's handler.
    pub fn on_event(&mut self, from: ConnectionId, event: &str, payload: Value, ack: Option<i64>) {
        if event == "chatMessage"
            && let Some(due) = self.served_at(clock::now())
        {
            return self.later(due, Task::Serve { from, message: payload, ack });
        }
        self.handle_event(from, event, payload, ack);
    }

    pub(crate) fn handle_event(&mut self, from: ConnectionId, event: &str, payload: Value, ack: Option<i64>) {
        self.answer = (self.faults.rules.answering_acks && ack.is_some()).then(|| json!({ "ok": true }));
        let outcome = match event {
            "joinRoom" => parsed(payload, |room: Option<String>| self.on_join_room(from, room.as_deref())),
            "leaveRoom" => parsed(payload, |room: Option<String>| self.on_leave_room(from, room.as_deref())),
            "chatMessage" => parsed(payload, |message| self.on_chat_message(from, message)),
            "fetchPreviousMessages" => parsed(payload, |fetch| self.on_fetch(from, fetch)),
            "markMessagesAsRead" => parsed(payload, |marks| self.on_mark_as_read(from, marks)),
            "messageReaction" => parsed(payload, |reaction| self.on_reaction(from, reaction)),
            _ => Err("unknown event"),
        };
        let handled = outcome.is_ok();
        self.counts.event_in(event, ack.is_some(), outcome.unwrap_or_else(|why| why));
        let answer = self.answer.take();
        if let (true, Some(ack)) = (handled, ack) {
            self.acknowledge(from, ack, answer.as_ref());
        }
    }

    /// As an event, or in the acknowledgement if that is to answer.
    fn refuse_event(&mut self, to: ConnectionId, event: &'static str, error: &ErrorPayload<'_>) {
        match &mut self.answer {
            Some(answer) => *answer = json!({ "ok": false, "error": error.code.unwrap_or(error.message) }),
            None => self.emit(to, event, error),
        }
    }

    fn user_behind(&self, connection: ConnectionId) -> Option<UserKey> {
        self.connection(connection)?.user
    }

    fn fail(&mut self, to: ConnectionId, code: &'static str, message: &str) -> Outcome {
        self.refuse_event(to, "error", &ErrorPayload { code: Some(code), message, retry_after: None });
        code
    }

    fn fail_without_code(&mut self, to: ConnectionId, message: &'static str) -> Outcome {
        self.refuse_event(to, "error", &ErrorPayload { code: None, message, retry_after: None });
        message
    }
}

fn parsed<P: DeserializeOwned>(payload: Value, handle: impl FnOnce(P) -> Outcome) -> Result<Outcome, Outcome> {
    serde_json::from_value(payload).map(handle).map_err(|_| "payload of the wrong shape")
}
