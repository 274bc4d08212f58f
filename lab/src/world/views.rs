//! The JSON shapes of users, rooms, messages and files. Absent values are left out, as over the real socket.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Kind, MessageKey, Room, RoomKey, StoredFile, UserKey, World};
use crate::dates;

/// How others see a user. Only login calls its id `_id`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserView<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub email: &'a str,
    pub profile_image: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoomView<'a> {
    #[serde(rename = "_id")]
    id: &'a str,
    name: &'a str,
    has_password: bool,
    creator: &'a RawValue,
    participants: Vec<&'a RawValue>,
    participants_count: usize,
    created_at: String,
    /// Always false, as the real server compares an id with an e-mail address.
    is_creator: bool,
    recent_message_count: usize,
}

impl<'a> RoomView<'a> {
    pub fn new(world: &'a World, key: RoomKey) -> Self {
        let room: &Room = &world.rooms[key];
        Self {
            id: &room.id,
            name: &room.name,
            has_password: room.password.is_some(),
            creator: world.users[room.creator].view(),
            participants: participants(world, key),
            participants_count: room.participants.len(),
            created_at: dates::iso(room.created_ms),
            is_creator: false,
            recent_message_count: world.recent_message_count(key),
        }
    }
}

pub fn participants(world: &World, room: RoomKey) -> Vec<&RawValue> {
    world.rooms[room].participants.iter().map(|user| world.users[*user].view()).collect()
}

#[derive(Serialize)]
pub struct MessageView<'a> {
    #[serde(rename = "_id")]
    id: &'a str,
    room: &'a str,
    content: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<&'a RawValue>,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<FileView<'a, [i64; 7]>>,
    timestamp: i64,
    reactions: BTreeMap<&'a str, Vec<&'a str>>,
    readers: Vec<ReaderView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReaderView<'a> {
    user_id: &'a str,
    read_at: [i64; 7],
}

impl<'a> MessageView<'a> {
    pub fn new(world: &'a World, key: MessageKey) -> Self {
        let message = &world.messages[key];
        let (kind, file) = match message.kind {
            Kind::Text => ("text", None),
            Kind::System => ("system", None),
            Kind::File(key) => ("file", Some(&world.files[key])),
        };
        let reader =
            |(user, at): &(UserKey, i64)| ReaderView { user_id: user_id(world, *user), read_at: dates::fields(*at) };
        Self {
            id: &message.id,
            room: &world.rooms[message.room].id,
            content: &message.content,
            sender: message.sender.map(|user| world.users[user].view()),
            kind,
            file: file.map(|file| FileView::new(world, file, dates::fields)),
            timestamp: message.sent_ms,
            reactions: reactions(world, key),
            readers: message.readers.iter().map(reader).collect(),
        }
    }
}

pub fn reactions(world: &World, message: MessageKey) -> BTreeMap<&str, Vec<&str>> {
    let ids = |users: &[UserKey]| users.iter().map(|user| user_id(world, *user)).collect();
    world.messages[message].reactions.iter().map(|(emoji, users)| (emoji.as_str(), ids(users))).collect()
}

fn user_id(world: &World, user: UserKey) -> &str {
    &world.users[user].id
}

/// `Date`: an array over the socket, ISO text over REST.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileView<'a, Date> {
    #[serde(rename = "_id")]
    id: &'a str,
    filename: &'a str,
    #[serde(rename = "originalname")]
    original_name: &'a str,
    #[serde(rename = "mimetype")]
    mime: &'a str,
    size: usize,
    user: &'a str,
    upload_date: Date,
}

impl<'a, Date> FileView<'a, Date> {
    pub fn new(world: &'a World, file: &'a StoredFile, date: impl Fn(i64) -> Date) -> Self {
        Self {
            id: &file.id,
            filename: &file.filename,
            original_name: &file.original_name,
            mime: &file.mime,
            size: file.size,
            user: user_id(world, file.owner),
            upload_date: date(file.uploaded_ms),
        }
    }
}
