//! markMessagesAsRead and messageReaction.

use serde::Deserialize;
use serde_json::json;

use crate::counts::Outcome;
use crate::world::views::reactions;
use crate::world::{ConnectionId, World};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Marks {
    message_ids: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reaction {
    message_id: Option<String>,
    reaction: Option<String>,
    emoji: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl World {
    /// The room is that of the first message; the others are marked wherever they are.
    pub(super) fn on_mark_as_read(&mut self, from: ConnectionId, marks: Option<Marks>) -> Outcome {
        let Some(user) = self.user_behind(from) else { return self.fail_without_code(from, "Unauthorized") };
        let ids = marks.and_then(|marks| marks.message_ids).unwrap_or_default();
        if ids.is_empty() {
            return "empty";
        }
        let Some(first) = self.message_by_id(&ids[0]) else { return self.fail_without_code(from, "Invalid room") };
        let room = self.messages[first].room;
        if !self.is_participant(room, user) {
            return self.fail_without_code(from, "Room access denied");
        }
        for id in &ids {
            if let Some(message) = self.message_by_id(id) {
                self.mark_read(message, user);
            }
        }
        self.counts.reads.marks += 1;
        self.counts.reads.message_ids += ids.len() as u64;
        let payload = json!({ "userId": self.users[user].id, "messageIds": ids });
        let sockets = self.rooms[room].sockets.clone();
        self.broadcast(&sockets, "messagesRead", &payload);
        "accepted"
    }

    /// Nobody checks whether the user is in the room.
    pub(super) fn on_reaction(&mut self, from: ConnectionId, reaction: Option<Reaction>) -> Outcome {
        let Some(user) = self.user_behind(from) else { return self.fail_without_code(from, "Unauthorized") };
        let message = reaction.as_ref().and_then(|reaction| self.message_by_id(reaction.message_id.as_deref()?));
        let (Some(reaction), Some(message)) = (reaction, message) else {
            return self.fail_without_code(from, "메시지를 찾을 수 없습니다.");
        };
        let emoji = reaction.reaction.or(reaction.emoji).unwrap_or_default();
        let all = &mut self.messages[message].reactions;
        let at = all.iter().position(|(known, _)| *known == emoji);
        match reaction.kind.as_deref() {
            Some("add") => {
                let at = at.unwrap_or_else(|| {
                    all.push((emoji, Vec::new()));
                    all.len() - 1
                });
                if !all[at].1.contains(&user) {
                    all[at].1.push(user);
                }
                self.counts.reactions.added += 1;
            }
            Some("remove") => {
                if let Some(at) = at {
                    all[at].1.retain(|known| *known != user);
                    if all[at].1.is_empty() {
                        all.remove(at);
                    }
                }
                self.counts.reactions.removed += 1;
            }
            _ => return self.fail_without_code(from, "지원하지 않는 리액션 타입입니다."),
        }
        let payload = json!({ "messageId": self.messages[message].id, "reactions": reactions(self, message) });
        let sockets = self.rooms[self.messages[message].room].sockets.clone();
        self.broadcast(&sockets, "messageReactionUpdate", &payload);
        "accepted"
    }
}
