//! What `GET /lab/counts` answers: the counts, and what there is at this moment.

use std::collections::BTreeMap;

use serde::Serialize;

use super::World;
use crate::config::ServerVersion;
use crate::counts::Counts;

#[derive(Serialize)]
pub struct Snapshot<'a> {
    server_version: ServerVersion,
    now: Now,
    #[serde(flatten)]
    counts: &'a Counts,
    /// By room id, or by the name of a plain WebSocket's room.
    rooms: BTreeMap<&'a str, RoomCounts<'a>>,
    /// Chat messages sent to each user, by e-mail address; only when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<BTreeMap<&'a str, u64>>,
}

#[derive(Serialize)]
struct Now {
    connections: usize,
    authenticated: usize,
    users: usize,
    rooms: usize,
}

#[derive(Serialize)]
struct RoomCounts<'a> {
    name: &'a str,
    members: usize,
    messages: u64,
    deliveries: u64,
}

impl World {
    pub fn snapshot(&self, with_users: bool) -> Snapshot<'_> {
        let chat_rooms = self.rooms.iter().map(|room| {
            let counts = RoomCounts {
                name: &room.name,
                members: room.sockets.len(),
                messages: room.accepted,
                deliveries: room.deliveries,
            };
            (room.id.as_str(), counts)
        });
        let plain_rooms = self.plain_rooms.iter().map(|(name, room)| {
            let (messages, deliveries) = (room.accepted, room.deliveries);
            (name.as_str(), RoomCounts { name, members: room.members.len(), messages, deliveries })
        });
        Snapshot {
            server_version: self.version,
            now: Now {
                connections: self.connection_count(),
                authenticated: self.authenticated().len(),
                users: self.user_count(),
                rooms: self.rooms.len() + self.plain_rooms.len(),
            },
            counts: &self.counts,
            rooms: chat_rooms.chain(plain_rooms).collect(),
            users: with_users.then(|| self.users.iter().map(|user| (user.email.as_str(), user.deliveries)).collect()),
        }
    }
}
