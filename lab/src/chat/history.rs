//! fetchPreviousMessages: pages of history, backwards, which also counts as reading them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::ServerVersion;
use crate::counts::Outcome;
use crate::world::views::MessageView;
use crate::world::{ConnectionId, World};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fetch {
    room_id: Option<String>,
    limit: Option<i64>,
    /// Milliseconds since 1970; absent: from the newest.
    before: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    messages: Vec<Value>,
    has_more: bool,
}

impl World {
    pub(super) fn on_fetch(&mut self, from: ConnectionId, fetch: Option<Fetch>) -> Outcome {
        let Some(user) = self.user_behind(from) else {
            return self.fail(from, "UNAUTHORIZED", "인증이 필요합니다.");
        };
        let room = fetch.as_ref().and_then(|fetch| self.room_by_id(fetch.room_id.as_deref()?));
        let (Some(fetch), Some(room)) = (fetch, room.filter(|room| self.is_participant(*room, user))) else {
            return self.fail(from, "LOAD_ERROR", "이전 메시지를 불러오는 중 오류가 발생했습니다.");
        };
        if self.version == ServerVersion::V1 {
            self.emit(from, "messageLoadStart", &());
        }
        let limit = fetch.limit.and_then(|limit| usize::try_from(limit).ok()).filter(|limit| *limit > 0);
        let (messages, has_more) = self.history(room, limit.unwrap_or(DEFAULT_LIMIT), fetch.before);
        let messages = messages.to_vec();
        for message in &messages {
            self.mark_read(*message, user);
        }
        let view = |key| serde_json::to_value(MessageView::new(self, key)).expect("our own payloads are plain data");
        let mut messages: Vec<Value> = messages.into_iter().map(view).collect();
        let reader = self.users[user].id.clone();
        self.spoil_history(&mut messages, &reader);
        let page = Page { messages, has_more };
        self.emit(from, "previousMessagesLoaded", &page);
        "accepted"
    }
}

const DEFAULT_LIMIT: usize = 30;
