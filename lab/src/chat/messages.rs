//! chatMessage: the checks in the server's order, then everybody in the room gets it.

use serde::Deserialize;
use serde_json::json;

use super::ErrorPayload;
use crate::clock;
use crate::config::ServerVersion;
use crate::counts::Outcome;
use crate::world::{ConnectionId, Kind, RoomKey, UserKey, World};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChatMessage {
    room: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    content: Option<String>,
    msg: Option<String>,
    file_data: Option<FileData>,
}

#[derive(Deserialize)]
struct FileData {
    #[serde(rename = "_id")]
    id: Option<String>,
}

impl World {
    pub(super) fn on_chat_message(&mut self, from: ConnectionId, message: Option<ChatMessage>) -> Outcome {
        let Some(message) = message else {
            return self.fail(from, "MESSAGE_ERROR", "메시지 데이터가 없습니다.");
        };
        let user = match self.speaker(from) {
            Ok(user) => user,
            Err(outcome) => return outcome,
        };
        let room = message.room.as_deref().and_then(|id| self.room_by_id(id));
        let Some(room) = room.filter(|room| self.is_participant(*room, user)) else {
            return self.fail(from, "MESSAGE_ERROR", "채팅방 접근 권한이 없습니다.");
        };
        if self.draw_error() {
            let code = self.faults.error_code.clone();
            let payload =
                ErrorPayload { code: Some(&code), message: "오류를 흉내 낸 응답입니다.", retry_after: None };
            self.refuse_event(from, "error", &payload);
            return "injected error";
        }
        let content = message.content.or(message.msg).unwrap_or_default();
        let content = content.trim();
        if self.banned(content) {
            return self.fail(from, "MESSAGE_REJECTED", "금칙어가 포함된 메시지는 전송할 수 없습니다.");
        }
        match message.kind.as_deref().unwrap_or("text") {
            "text" if content.is_empty() => "blank",
            "text" => self.publish(from, user, room, Kind::Text, content),
            "file" => {
                let id = message.file_data.and_then(|file| file.id);
                let file = id.and_then(|id| self.file_by_id(&id)).filter(|file| self.files[*file].owner == user);
                match file {
                    Some(file) => self.publish(from, user, room, Kind::File(file), content),
                    None => self.fail(from, "MESSAGE_ERROR", "파일을 찾을 수 없습니다."),
                }
            }
            _ => self.fail(from, "MESSAGE_ERROR", "지원하지 않는 메시지 타입입니다."),
        }
    }

    /// The user, if its session lives and its rate limit allows one more message.
    fn speaker(&mut self, from: ConnectionId) -> Result<UserKey, Outcome> {
        let session_id = self.connection(from).map(|connection| connection.session_id.clone()).unwrap_or_default();
        let user = self.user_behind(from).filter(|user| self.use_session(*user, &session_id));
        let Some(user) = user else {
            return Err(self.fail(from, "SESSION_EXPIRED", "세션이 만료되었습니다. 다시 로그인해주세요."));
        };
        let limit =
            if self.faults.rate_limit_per_min > 0 { self.faults.rate_limit_per_min } else { MESSAGES_PER_MINUTE };
        let admitted = self.users[user].messages_this_minute.admit(clock::unix_ms(), MINUTE_MS, limit);
        admitted.map(|()| user).map_err(|seconds| {
            let payload = ErrorPayload {
                code: Some("RATE_LIMIT_EXCEEDED"),
                message: "메시지 전송 횟수 제한을 초과했습니다. 잠시 후 다시 시도해주세요.",
                retry_after: Some(seconds),
            };
            self.refuse_event(from, "error", &payload);
            "RATE_LIMIT_EXCEEDED"
        })
    }

    fn publish(&mut self, from: ConnectionId, user: UserKey, room: RoomKey, kind: Kind, content: &str) -> Outcome {
        self.say(room, user, from, kind, content);
        if self.version == ServerVersion::V2 {
            let payload = json!({
                "_id": self.rooms[room].id,
                "recentMessageCount": self.recent_message_count(room),
            });
            let everyone = self.authenticated();
            self.broadcast(&everyone, "roomActivity", &payload);
        }
        "accepted"
    }
}

const MESSAGES_PER_MINUTE: u32 = 10_000;
const MINUTE_MS: i64 = 60_000;
