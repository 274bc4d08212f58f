//! joinRoom and leaveRoom, and what both do to the others.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::ErrorPayload;
use crate::config::ServerVersion;
use crate::counts::Outcome;
use crate::world::views::{MessageView, participants};
use crate::world::{ConnectionId, RoomKey, UserKey, World};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Joined<'a> {
    room_id: &'a str,
    participants: Vec<&'a RawValue>,
    messages: Vec<MessageView<'a>>,
    has_more: bool,
    active_streams: [Value; 0],
}

impl World {
    pub(super) fn on_join_room(&mut self, from: ConnectionId, room_id: Option<&str>) -> Outcome {
        let Some(user) = self.user_behind(from) else { return self.refuse_room(from, "Unauthorized") };
        if self.users[user].deleted {
            return self.refuse_room(from, "User not found");
        }
        let Some(room) = room_id.and_then(|id| self.room_by_id(id)) else {
            return self.refuse_room(from, "채팅방을 찾을 수 없습니다.");
        };
        if self.users[user].rooms.contains(&room) {
            self.enter_again(from, room);
            return "already in";
        }
        self.users[user].rooms.push(room);
        self.add_participant(room, user);
        self.listen(from, room);
        let answer = self.joined_payload(room);
        self.emit(from, "joinRoomSuccess", &answer);
        self.replay(from, room);
        self.announce(room, &format!("{}님이 입장하였습니다.", self.users[user].name));
        self.tell_participants(room);
        "accepted"
    }

    /// The user is in already: this socket listens too, and nobody is told.
    pub(super) fn enter_again(&mut self, socket: ConnectionId, room: RoomKey) {
        self.listen(socket, room);
        let payload = json!({ "roomId": self.rooms[room].id });
        self.emit(socket, "joinRoomSuccess", &payload);
    }

    fn refuse_room(&mut self, to: ConnectionId, message: &'static str) -> Outcome {
        self.refuse_event(to, "joinRoomError", &ErrorPayload { code: None, message, retry_after: None });
        message
    }

    fn listen(&mut self, socket: ConnectionId, room: RoomKey) {
        let Some(connection) = self.connection_mut(socket) else { return };
        if !connection.rooms.contains(&room) {
            connection.rooms.push(room);
            self.rooms[room].sockets.push(socket);
        }
    }

    fn joined_payload(&self, room: RoomKey) -> Box<RawValue> {
        let (messages, has_more) = self.history(room, INITIAL_MESSAGES, None);
        let joined = Joined {
            room_id: &self.rooms[room].id,
            participants: participants(self, room),
            messages: messages.iter().map(|key| MessageView::new(self, *key)).collect(),
            has_more,
            active_streams: [],
        };
        serde_json::value::to_raw_value(&joined).expect("our own payloads are plain data")
    }

    pub(super) fn on_leave_room(&mut self, from: ConnectionId, room_id: Option<&str>) -> Outcome {
        let Some(user) = self.user_behind(from) else { return self.fail_without_code(from, "Unauthorized") };
        let room = room_id.and_then(|id| self.room_by_id(id)).filter(|room| self.users[user].rooms.contains(room));
        let Some(room) = room else { return "not in" };
        self.release_all(from);
        if let Some(connection) = self.connection_mut(from) {
            connection.rooms.retain(|known| *known != room);
        }
        self.rooms[room].sockets.retain(|socket| *socket != from);
        self.users[user].rooms.retain(|known| *known != room);
        self.leave(room, user);
        "accepted"
    }

    /// A socket of the user died: the user leaves all its rooms, even those that another socket of it is still in.
    pub fn on_user_gone(&mut self, user: UserKey) {
        for room in std::mem::take(&mut self.users[user].rooms) {
            self.leave(room, user);
        }
    }

    fn leave(&mut self, room: RoomKey, user: UserKey) {
        self.remove_participant(room, user);
        self.announce(room, &format!("{}님이 퇴장하였습니다.", self.users[user].name));
        self.tell_participants(room);
        if self.version == ServerVersion::V1 {
            let user = &self.users[user];
            let payload = json!({ "userId": user.id, "userName": user.name });
            let sockets = self.rooms[room].sockets.clone();
            self.broadcast(&sockets, "userLeft", &payload);
        }
    }

    fn tell_participants(&mut self, room: RoomKey) {
        let sockets = self.rooms[room].sockets.clone();
        let payload = serde_json::value::to_raw_value(&participants(self, room)).expect("a list of users");
        self.broadcast(&sockets, "participantsUpdate", &payload);
    }
}

const INITIAL_MESSAGES: usize = 30;
