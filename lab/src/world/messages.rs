//! Messages: kept, found again, delivered.

use super::connections::{ConnectionId, Frame};
use super::files::FileKey;
use super::outbox::SenderId;
use super::views::MessageView;
use super::{RoomKey, UserKey, World};
use crate::clock;
use crate::config::ServerVersion;
use crate::packets;

pub type MessageKey = usize;

pub struct Message {
    pub id: String,
    pub room: RoomKey,
    /// `None`: the server itself.
    pub sender: Option<UserKey>,
    pub kind: Kind,
    pub content: String,
    pub sent_ms: i64,
    /// In the order in which they were first used.
    pub reactions: Vec<(String, Vec<UserKey>)>,
    pub readers: Vec<(UserKey, i64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    File(FileKey),
    System,
}

impl World {
    /// A user's message to everybody in the room, through the delivery faults.
    pub fn say(&mut self, room: RoomKey, sender: UserKey, speaker: ConnectionId, kind: Kind, content: &str) {
        let key = self.keep(room, Some(sender), kind, content);
        if let Kind::File(file) = kind {
            self.files[file].room = Some(room);
        }
        let spoiled = self.draw_breach(|world| serde_json::to_value(MessageView::new(world, key)).expect("plain data"));
        let text = match &spoiled {
            Some(message) => packets::event("message", message),
            None => packets::event("message", &MessageView::new(self, key)),
        };
        let frame = Frame { event: "message", text };
        self.counts.messages.accepted += 1;
        self.rooms[room].accepted += 1;
        let mut members = self.rooms[room].sockets.clone();
        let no_sender_copy = self.faults.rules.no_sender_copy;
        members.retain(|member| !no_sender_copy || *member != speaker);
        let direct_copy = self.version == ServerVersion::V2 && !no_sender_copy;
        for member in &members {
            let member = *member;
            let copies = if direct_copy && member == speaker { 2 } else { 1 };
            let receiver = self.connection(member).and_then(|connection| connection.user);
            let sent = self.deliver(member, SenderId::User(sender), &frame, copies);
            self.rooms[room].deliveries += 1;
            if let (true, Some(receiver)) = (sent, receiver) {
                self.users[receiver].deliveries += 1;
            }
        }
        if self.draw(self.faults.breach_unknown_share) {
            self.broadcast(&members, "debugTrace", &serde_json::json!({ "thread": 7 }));
        }
        if direct_copy && !members.contains(&speaker) {
            self.counts.messages.own_copies += 1;
            self.send(speaker, frame);
        }
    }

    /// What the server says about who comes and goes.
    pub fn announce(&mut self, room: RoomKey, content: &str) {
        let key = self.keep(room, None, Kind::System, content);
        let frame = Frame { event: "message", text: packets::event("message", &MessageView::new(self, key)) };
        self.counts.messages.system += 1;
        for member in self.rooms[room].sockets.clone() {
            self.send(member, frame.clone());
        }
    }

    fn keep(&mut self, room: RoomKey, sender: Option<UserKey>, kind: Kind, content: &str) -> MessageKey {
        let sent_ms = clock::unix_ms();
        let id = self.object_id(sent_ms);
        let key = self.messages.len();
        self.messages_by_id.insert(id.clone(), key);
        self.messages.push(Message {
            id,
            room,
            sender,
            kind,
            content: content.to_owned(),
            sent_ms,
            reactions: Vec::new(),
            readers: Vec::new(),
        });
        self.rooms[room].history.push(key);
        key
    }

    pub fn message_by_id(&self, id: &str) -> Option<MessageKey> {
        self.messages_by_id.get(id).copied()
    }

    /// The last `limit` messages sent before a moment, oldest first, and whether there are more.
    pub fn history(&self, room: RoomKey, limit: usize, before_ms: Option<i64>) -> (&[MessageKey], bool) {
        let all = &self.rooms[room].history;
        let end = before_ms.map_or(all.len(), |before| all.partition_point(|key| self.messages[*key].sent_ms < before));
        let start = end.saturating_sub(limit);
        (&all[start..end], start > 0)
    }

    pub fn mark_read(&mut self, message: MessageKey, reader: UserKey) {
        let readers = &mut self.messages[message].readers;
        if readers.iter().all(|(known, _)| *known != reader) {
            readers.push((reader, clock::unix_ms()));
        }
    }
}
