//! Users and their sessions. A user has one session at most; a new login ends the old one.

use serde_json::value::RawValue;

use super::limits::Window;
use super::views::UserView;
use super::{RoomKey, World};
use crate::clock;
use crate::token::Claims;

pub type UserKey = usize;

pub struct User {
    pub id: String,
    pub name: String,
    pub email: String,
    /// In plain: accounts of a load test, in the memory of a process that forgets them.
    pub password: String,
    pub profile_image: String,
    pub session: Option<Session>,
    /// The rooms joined over a socket. They belong to the user, not to the socket, and a room here is "already in".
    pub rooms: Vec<RoomKey>,
    pub deleted: bool,
    /// Chat messages sent to this user's connections.
    pub deliveries: u64,
    pub messages_this_minute: Window,
    /// Its `UserView`, encoded once: lists of participants are made of these.
    view: Box<RawValue>,
}

pub struct Session {
    pub id: String,
    pub used_ms: i64,
}

impl User {
    pub fn view(&self) -> &RawValue {
        &self.view
    }

    /// To be called after every change of what others see.
    pub fn refresh_view(&mut self) {
        self.view = encode_view(&self.id, &self.name, &self.email, &self.profile_image);
    }
}

fn encode_view(id: &str, name: &str, email: &str, profile_image: &str) -> Box<RawValue> {
    serde_json::value::to_raw_value(&UserView { id, name, email, profile_image }).expect("four strings")
}

impl World {
    /// `None`: the e-mail address is taken.
    pub fn register(&mut self, name: &str, email: &str, password: &str) -> Option<UserKey> {
        let email = email.to_lowercase();
        if self.users_by_email.contains_key(&email) {
            return None;
        }
        let id = self.object_id(clock::unix_ms());
        let key = self.users.len();
        self.users_by_email.insert(email.clone(), key);
        self.users_by_id.insert(id.clone(), key);
        self.users.push(User {
            view: encode_view(&id, name, &email, ""),
            id,
            name: name.to_owned(),
            email,
            password: password.to_owned(),
            profile_image: String::new(),
            session: None,
            rooms: Vec::new(),
            deleted: false,
            deliveries: 0,
            messages_this_minute: Window::default(),
        });
        Some(key)
    }

    /// Every token names a session that does not exist any more.
    pub fn forget_sessions(&mut self) {
        self.users.iter_mut().for_each(|user| user.session = None);
    }

    pub fn user_with(&self, email: &str, password: &str) -> Option<UserKey> {
        let key = *self.users_by_email.get(&email.to_lowercase())?;
        (self.users[key].password == password).then_some(key)
    }

    /// Deleted ones too.
    pub fn user_by_id(&self, id: &str) -> Option<UserKey> {
        self.users_by_id.get(id).copied()
    }

    /// Replaces the user's session, so that tokens and sockets of the old one are worth nothing from now on.
    pub fn start_session(&mut self, user: UserKey) -> (String, String) {
        let now = clock::unix_ms();
        let session_id = self.session_id();
        let user = &mut self.users[user];
        user.session = Some(Session { id: session_id.clone(), used_ms: now });
        (Claims::new(&user.email, &user.id, &session_id, now).sign(), session_id)
    }

    /// Whether this is the user's session and was used within the last half hour; asking uses it.
    pub fn use_session(&mut self, user: UserKey, session_id: &str) -> bool {
        let now = clock::unix_ms();
        let Some(session) = self.users[user].session.as_mut().filter(|session| session.id == session_id) else {
            return false;
        };
        if now - session.used_ms > SESSION_TTL_MS {
            self.users[user].session = None;
            return false;
        }
        session.used_ms = now;
        true
    }

    pub fn end_session(&mut self, user: UserKey) {
        self.users[user].session = None;
    }

    /// Its session lives on, so that a later CONNECT is told that the user is gone and not the session.
    pub fn delete_user(&mut self, key: UserKey) {
        self.users[key].deleted = true;
        self.users_by_email.remove(&self.users[key].email);
    }

    pub fn user_count(&self) -> usize {
        self.users_by_email.len()
    }
}

const SESSION_TTL_MS: i64 = 30 * 60 * 1000;
