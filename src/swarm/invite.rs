//! The link that brings a browser into a swarm: `#join=<key>&broker=<address>`, or `#conduct=…` for the one that conducts.

use super::key::{Key, KeyError};
use crate::protocol::url;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    pub role: Role,
    pub key: Key,
    /// WebSocket address of the broker, without credentials.
    pub broker: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Conductor,
    Generator,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InviteError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("a broker's address begins with ws:// or wss://, this one is \"{0}\"")]
    Broker(String),
    #[error("the link names no broker")]
    NoBroker,
    #[error("a link carries no user names or passwords, take them out of the broker's address")]
    Credentials,
}

impl Invite {
    /// # Errors
    /// The address is no WebSocket address, or has credentials in it.
    pub fn new(role: Role, key: Key, broker: &str) -> Result<Self, InviteError> {
        Ok(Self { role, key, broker: checked_broker(broker)? })
    }

    /// The invitation in a page's fragment; `None`: there is none.
    ///
    /// # Errors
    /// It is an invitation, and one that cannot be followed.
    pub fn read(fragment: &str) -> Option<Result<Self, InviteError>> {
        let text = fragment.strip_prefix('#').unwrap_or(fragment);
        let value = |name: &str| text.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        let (role, key) = match (value("conduct"), value("join")) {
            (Some(key), _) => (Role::Conductor, key),
            (None, Some(key)) => (Role::Generator, key),
            (None, None) => return None,
        };
        Some(Key::parse(key).map_err(InviteError::from).and_then(|key| {
            let broker = value("broker").map(url::decode_component).ok_or(InviteError::NoBroker)?;
            Self::new(role, key, &broker)
        }))
    }

    /// The fragment that invites others.
    pub fn to_join(&self) -> String {
        format!("#join={}&broker={}", self.key.to_text(), url::encode_component(&self.broker))
    }
}

/// The address as it is written into links.
///
/// # Errors
/// As [`Invite::new`].
pub fn checked_broker(broker: &str) -> Result<String, InviteError> {
    let broker = broker.trim();
    let rest = broker.strip_prefix("ws://").or_else(|| broker.strip_prefix("wss://"));
    let Some(rest) = rest.filter(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace)) else {
        return Err(InviteError::Broker(broker.to_owned()));
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(InviteError::Credentials);
    }
    Ok(broker.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    #[test]
    fn links_are_read_as_they_are_written() {
        let invite =
            Invite::new(Role::Generator, Key::parse(KEY).unwrap(), "wss://broker.example:8084/mqtt?a=b").unwrap();
        let fragment = invite.to_join();
        assert_eq!(fragment, format!("#join={KEY}&broker=wss%3A%2F%2Fbroker.example%3A8084%2Fmqtt%3Fa%3Db"));
        assert_eq!(Invite::read(&fragment), Some(Ok(invite.clone())));
        let conduct = fragment.replace("join", "conduct");
        assert_eq!(Invite::read(&conduct), Some(Ok(Invite { role: Role::Conductor, ..invite })));
        assert_eq!(Invite::read("#plan=abc"), None);
        assert_eq!(Invite::read(""), None);
    }

    #[test]
    fn links_that_cannot_be_followed_say_why() {
        #[track_caller]
        fn check(fragment: &str, message: &str) {
            let error = Invite::read(fragment).expect("it is an invitation").expect_err("it is a wrong one");
            assert_eq!(error.to_string(), message);
        }
        check(
            "#join=abc&broker=ws%3A%2F%2Fb",
            "a swarm's key has 43 letters, digits, - or _, this one is 3 characters long or has others",
        );
        check(&format!("#join={KEY}"), "the link names no broker");
        check(
            &format!("#join={KEY}&broker=http%3A%2F%2Fb"),
            "a broker's address begins with ws:// or wss://, this one is \"http://b\"",
        );
        check(
            &format!("#join={KEY}&broker=ws%3A%2F%2Fme%3Asecret%40b"),
            "a link carries no user names or passwords, take them out of the broker's address",
        );
    }
}
