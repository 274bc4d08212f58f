//! Open connections, whoever is behind them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use engineioxide::Str;

use super::agenda::Task;
use super::outbox::{Held, SenderId};
use super::{RoomKey, UserKey, World};
use crate::clock;
use crate::transport::LineControl;

pub type ConnectionId = u64;

/// One packet on its way out, encoded once for all its receivers.
#[derive(Clone)]
pub struct Frame {
    /// What it is counted as.
    pub event: &'static str,
    pub text: Str,
}

impl Frame {
    /// What somebody said, and no answer or news.
    pub(super) fn is_message(&self) -> bool {
        matches!(self.event, "message" | "ws.message")
    }
}

/// Where a connection's frames go. Must not block; `false`: the connection is gone.
pub trait Sink: Send {
    fn send(&self, text: Str) -> bool;
}

pub struct Connection {
    sink: Box<dyn Sink>,
    line: Option<Arc<LineControl>>,
    /// Why the server closed it, if it did.
    closing: Option<&'static str>,
    /// Socket.IO only: CONNECT was answered, with or without a user.
    pub user: Option<UserKey>,
    pub session_id: String,
    /// The Socket.IO rooms this very socket is in; a user's rooms are in `User::rooms`.
    pub rooms: Vec<RoomKey>,
    pub plain_rooms: Vec<String>,
    pub user_agent: Option<String>,
    /// Messages that wait for `batch_ms`.
    pub(super) batch: Vec<Frame>,
    pub(super) held: HashMap<SenderId, Held>,
    /// Frames in the agenda for this connection; the next one may not overtake them.
    pub(super) delayed: usize,
    pub(super) last_due: Option<Instant>,
}

impl Connection {
    fn new(sink: Box<dyn Sink>, line: Option<Arc<LineControl>>) -> Self {
        Self {
            sink,
            line,
            closing: None,
            user: None,
            session_id: String::new(),
            rooms: Vec::new(),
            plain_rooms: Vec::new(),
            user_agent: None,
            batch: Vec::new(),
            held: HashMap::new(),
            delayed: 0,
            last_due: None,
        }
    }

    pub(super) fn transmit(&self, text: Str) -> bool {
        self.sink.send(text)
    }

    pub fn peer(&self) -> String {
        self.line.as_ref().map_or_else(String::new, |line| line.peer().ip().to_string())
    }
}

impl World {
    /// A WebSocket (or a polling session) opened. With `drop_share`, this is where its fate is decided.
    pub fn open(&mut self, id: ConnectionId, kind: &'static str, sink: Box<dyn Sink>, line: Option<Arc<LineControl>>) {
        *self.counts.connections.opened.entry(kind).or_default() += 1;
        self.connections.insert(id, Connection::new(sink, line));
        if let Some(after) = self.draw_drop() {
            self.agenda.add(clock::now() + after, Task::Cut { connection: id });
        }
    }

    /// It is gone; `reason` counts unless the server closed it for a reason of its own.
    pub fn close(&mut self, id: ConnectionId, reason: &'static str) {
        let Some(connection) = self.connections.remove(&id) else { return };
        let reason = connection.closing.unwrap_or(reason);
        *self.counts.connections.closed.entry(reason).or_default() += 1;
        self.counts.messages.cut_off += connection.held.len() as u64;
        self.counts.faults.frames_discarded += connection.batch.len() as u64;
        for room in &connection.rooms {
            self.rooms[*room].sockets.retain(|socket| *socket != id);
        }
        for name in &connection.plain_rooms {
            if let Some(room) = self.plain_rooms.get_mut(name) {
                room.members.retain(|member| *member != id);
            }
        }
        if let Some(user) = connection.user {
            self.on_user_gone(user);
        }
    }

    pub fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.get(&id)
    }

    pub fn connection_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connections.get_mut(&id)
    }

    pub fn connection_count(&self) -> usize {
        self.connections.len()
    }

    /// Every authenticated socket: the real server keeps them all in its room `room-list`.
    pub fn authenticated(&self) -> Vec<ConnectionId> {
        let mut ids: Vec<_> = self.connections.iter().filter(|(_, c)| c.user.is_some()).map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids
    }

    pub fn sockets_of(&self, user: UserKey) -> Vec<ConnectionId> {
        let mut ids: Vec<_> =
            self.connections.iter().filter(|(_, c)| c.user == Some(user)).map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids
    }

    /// Cuts the line at once, without a closing handshake.
    pub fn cut(&mut self, id: ConnectionId, reason: &'static str) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if let Some(line) = &connection.line {
            connection.closing.get_or_insert(reason);
            line.cut();
        }
    }

    pub fn cut_all(&mut self, reason: &'static str) {
        let ids: Vec<_> = self.connections.keys().copied().collect();
        for id in ids {
            self.cut(id, reason);
        }
    }
}
