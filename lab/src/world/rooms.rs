//! Rooms: who takes part (users), and who listens (sockets). The two are kept apart, as the real server does.

use super::connections::ConnectionId;
use super::messages::MessageKey;
use super::{UserKey, World};
use crate::clock;

pub type RoomKey = usize;

pub struct Room {
    pub id: String,
    pub name: String,
    pub password: Option<String>,
    pub creator: UserKey,
    pub participants: Vec<UserKey>,
    pub sockets: Vec<ConnectionId>,
    pub created_ms: i64,
    /// Oldest first.
    pub history: Vec<MessageKey>,
    /// Chat messages by users, and their deliveries.
    pub accepted: u64,
    pub deliveries: u64,
}

/// A room of the plain WebSocket: a name, and whoever joined it.
#[derive(Default)]
pub struct PlainRoom {
    pub members: Vec<ConnectionId>,
    pub accepted: u64,
    pub deliveries: u64,
}

impl World {
    pub fn create_room(&mut self, name: &str, password: Option<&str>, creator: UserKey) -> RoomKey {
        let created_ms = clock::unix_ms();
        let id = self.object_id(created_ms);
        let key = self.rooms.len();
        self.rooms_by_id.insert(id.clone(), key);
        self.rooms.push(Room {
            id,
            name: name.to_owned(),
            password: password.map(str::to_owned),
            creator,
            participants: vec![creator],
            sockets: Vec::new(),
            created_ms,
            history: Vec::new(),
            accepted: 0,
            deliveries: 0,
        });
        key
    }

    pub fn room_by_id(&self, id: &str) -> Option<RoomKey> {
        self.rooms_by_id.get(id).copied()
    }

    pub fn is_participant(&self, room: RoomKey, user: UserKey) -> bool {
        self.rooms[room].participants.contains(&user)
    }

    pub fn add_participant(&mut self, room: RoomKey, user: UserKey) {
        if !self.is_participant(room, user) {
            self.rooms[room].participants.push(user);
        }
    }

    pub fn remove_participant(&mut self, room: RoomKey, user: UserKey) {
        self.rooms[room].participants.retain(|participant| *participant != user);
    }

    pub fn recent_message_count(&self, room: RoomKey) -> usize {
        let history = &self.rooms[room].history;
        let since = clock::unix_ms() - RECENT_MS;
        history.len() - history.partition_point(|key| self.messages[*key].sent_ms < since)
    }
}

const RECENT_MS: i64 = 10 * 60 * 1000;
