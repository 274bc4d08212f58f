//! Accounts, and the sessions that conversations belong to.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::frames::Spoken;
use crate::clock;
use crate::token;

pub type AccountKey = usize;

#[derive(Default)]
pub struct Sessions {
    accounts: Vec<Account>,
    accounts_by_login: HashMap<String, AccountKey>,
    sessions: HashMap<String, Session>,
}

pub struct Account {
    pub login_id: String,
    pub nickname: String,
    /// In plain: accounts of a load test, in the memory of a process that forgets them.
    password: String,
    pub created_ms: i64,
}

/// What a client asks for when it creates a session; all of it is optional.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Wishes {
    pub scenario_id: Option<String>,
    pub scenario_place: Option<String>,
    pub scenario_partner: Option<String>,
    pub scenario_goal: Option<String>,
    pub voice: Option<String>,
    pub show_text: Option<bool>,
}

pub struct Session {
    /// `None`: a guest's.
    pub owner: Option<AccountKey>,
    pub wishes: Wishes,
    pub created_ms: i64,
    pub messages: Vec<Spoken>,
}

/// Unknown fields are refused, so that a token of the chat is none of ours.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    sub: String,
    /// Seconds since 1970.
    exp: i64,
}

/// Why a session cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    Unknown,
    NotYours,
}

impl Sessions {
    /// `None`: the name is taken.
    pub fn sign_up(&mut self, login_id: &str, nickname: &str, password: &str) -> Option<AccountKey> {
        if self.accounts_by_login.contains_key(login_id) {
            return None;
        }
        let key = self.accounts.len();
        self.accounts_by_login.insert(login_id.to_owned(), key);
        let [login_id, nickname, password] = [login_id, nickname, password].map(str::to_owned);
        self.accounts.push(Account { login_id, nickname, password, created_ms: clock::unix_ms() });
        Some(key)
    }

    /// A token, valid for 240 minutes.
    pub fn log_in(&self, login_id: &str, password: &str) -> Option<String> {
        let account = &self.accounts[*self.accounts_by_login.get(login_id)?];
        let exp = clock::unix_ms() / 1000 + TOKEN_VALID_S;
        (account.password == password).then(|| token::sign(&Claims { sub: login_id.to_owned(), exp }))
    }

    pub fn account_of(&self, token: &str) -> Option<AccountKey> {
        let claims: Claims = token::verify(token)?;
        let key = self.accounts_by_login.get(&claims.sub)?;
        (clock::unix_ms() / 1000 < claims.exp).then_some(*key)
    }

    pub fn account(&self, key: AccountKey) -> &Account {
        &self.accounts[key]
    }

    pub fn create(&mut self, owner: Option<AccountKey>, wishes: Wishes) -> String {
        let id = uuid(fastrand::u128(..));
        let session = Session { owner, wishes, created_ms: clock::unix_ms(), messages: Vec::new() };
        self.sessions.insert(id.clone(), session);
        id
    }

    pub fn get(&self, id: &str) -> Option<&Session> {
        self.sessions.get(id)
    }

    /// Whoever asks gets it, also an owned one: so does the real server.
    pub fn claim(&mut self, id: &str, owner: AccountKey) -> bool {
        self.sessions.get_mut(id).map(|session| session.owner = Some(owner)).is_some()
    }

    /// A conversation begins. What it asks for is stored even if it is then denied; a member makes a guest's session
    /// its own. Returns the voice.
    pub fn enter(
        &mut self,
        id: &str,
        user: Option<AccountKey>,
        voice: Option<&str>,
        show_text: Option<bool>,
    ) -> Result<String, Denied> {
        let session = self.sessions.get_mut(id).ok_or(Denied::Unknown)?;
        let wishes = &mut session.wishes;
        wishes.voice = voice.map(str::to_owned).or(wishes.voice.take());
        wishes.show_text = show_text.or(wishes.show_text);
        if session.owner.is_some() && session.owner != user {
            return Err(Denied::NotYours);
        }
        session.owner = user;
        Ok(session.wishes.voice.clone().unwrap_or_else(|| DEFAULT_VOICE.to_owned()))
    }

    pub fn save(&mut self, id: &str, messages: impl IntoIterator<Item = Spoken>) {
        if let Some(session) = self.sessions.get_mut(id) {
            session.messages.extend(messages);
        }
    }

    /// Of accounts and sessions.
    pub fn sizes(&self) -> (usize, usize) {
        (self.accounts.len(), self.sessions.len())
    }
}

/// Version 4 of those random bits.
fn uuid(bits: u128) -> String {
    let bits = bits & !(0xf << 76 | 0x3 << 62) | 4 << 76 | 2 << 62;
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

pub const DEFAULT_VOICE: &str = "alloy";
const TOKEN_VALID_S: i64 = 240 * 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids() {
        assert_eq!(uuid(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn who_may_enter_a_session() {
        let mut sessions = Sessions::default();
        let user = |sessions: &mut Sessions, name| sessions.sign_up(name, name, "secret").expect("a new name");
        let (ann, bob) = (user(&mut sessions, "ann"), user(&mut sessions, "bob"));
        let guests = sessions.create(None, Wishes::default());
        assert_eq!(sessions.enter("none", None, None, None), Err(Denied::Unknown));
        assert_eq!(sessions.enter(&guests, None, None, None).as_deref(), Ok("alloy"));
        assert_eq!(sessions.enter(&guests, Some(ann), Some("echo"), None).as_deref(), Ok("echo"), "now it is ann's");
        assert_eq!(sessions.enter(&guests, None, None, None), Err(Denied::NotYours));
        assert_eq!(sessions.enter(&guests, Some(bob), Some("verse"), None), Err(Denied::NotYours));
        assert_eq!(sessions.enter(&guests, Some(ann), None, None).as_deref(), Ok("verse"), "bob's wish was stored");
    }

    #[test]
    fn tokens_are_for_this_service_only() {
        let mut sessions = Sessions::default();
        let ann = sessions.sign_up("ann", "Ann", "secret");
        assert_eq!(sessions.log_in("ann", "wrong"), None);
        let token = sessions.log_in("ann", "secret").expect("the right password");
        assert_eq!(sessions.account_of(&token), ann);
        let chat = token::Claims::new("ann", "0", "0", clock::unix_ms()).sign();
        assert_eq!(sessions.account_of(&chat), None);
        assert_eq!(token::Claims::verify(&token), None);
    }
}
