//! The links of a swarm, one for each thing that they allow:
//!
//! ```text
//!   #conduct=<seed>&broker=<address>                        whoever opens it conducts
//!   #join=<join key>&by=<public key>&broker=<address>       plays a part for the holder of that key
//!   #watch=<watch key>&by=<public key>&broker=<address>     sees how the run looks
//! ```

use super::key::{Keys, Role};
use super::secret::{KeyError, Secret};
use super::signature::PublicKey;
use base::url;
use engine::wire::Trial;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    pub keys: Keys,
    /// WebSocket address of the broker, without credentials.
    pub broker: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InviteError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("this link is of an older version of this program and names no conductor: ask for a new one")]
    Old,
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
    pub fn new(keys: Keys, broker: &str) -> Result<Self, InviteError> {
        Ok(Self { keys, broker: checked_broker(broker)? })
    }

    /// The invitation in a page's fragment; `None`: there is none.
    ///
    /// # Errors
    /// It is an invitation, and one that cannot be followed.
    pub fn read(fragment: &str) -> Option<Result<Self, InviteError>> {
        let text = fragment.strip_prefix('#').unwrap_or(fragment);
        let value = |name: &str| text.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        let by = || value("by").ok_or(InviteError::Old).and_then(|by| Ok(PublicKey::parse(by)?));
        let keys = match (value("conduct"), value("join"), value("watch")) {
            (Some(seed), ..) => Secret::parse(seed).map(Keys::to_conduct).map_err(InviteError::from),
            (None, Some(key), _) => by().and_then(|by| Ok(Keys::to_join(Secret::parse(key)?, by))),
            (None, None, Some(key)) => by().and_then(|by| Ok(Keys::to_watch(Secret::parse(key)?, by))),
            (None, None, None) => return None,
        };
        Some(keys.and_then(|keys| {
            let broker = value("broker").map(url::decode_component).ok_or(InviteError::NoBroker)?;
            Self::new(keys, &broker)
        }))
    }

    pub const fn role(&self) -> Role {
        self.keys.role()
    }

    /// Where a browser may try whether it still opens sockets: one that says nothing and closes at once disturbs nobody at the broker.
    pub fn trial(&self) -> Trial {
        Trial { url: self.broker.clone(), protocols: vec!["mqtt".to_owned()] }
    }

    /// The fragment that this page itself needs to find back: for one who conducts it is a secret.
    pub fn own(&self) -> String {
        match self.keys.seed() {
            Some(seed) => format!("#conduct={}&broker={}", seed.to_text(), self.encoded_broker()),
            None => self.to_join().unwrap_or_else(|| self.to_watch()),
        }
    }

    /// The fragment that invites others to play; `None`: whoever may only watch cannot.
    pub fn to_join(&self) -> Option<String> {
        self.keys.join().map(|key| self.named("join", key))
    }

    /// The fragment that lets others see how the run looks, and nothing else.
    pub fn to_watch(&self) -> String {
        self.named("watch", self.keys.watch())
    }

    fn named(&self, what: &str, key: &Secret) -> String {
        let by = self.keys.conductor().to_text();
        format!("#{what}={}&by={by}&broker={}", key.to_text(), self.encoded_broker())
    }

    fn encoded_broker(&self) -> String {
        url::encode_component(&self.broker)
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

    const SEED: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    const BROKER: &str = "wss%3A%2F%2Fbroker.example%3A8084%2Fmqtt%3Fa%3Db";

    fn conductors() -> Invite {
        Invite::read(&format!("#conduct={SEED}&broker={BROKER}")).expect("it is one").expect("it can be followed")
    }

    #[test]
    fn links_are_read_as_they_are_written() {
        let invite = conductors();
        assert_eq!(invite.broker, "wss://broker.example:8084/mqtt?a=b");
        assert_eq!((invite.role(), invite.own()), (Role::Conductor, format!("#conduct={SEED}&broker={BROKER}")));
        let (join, watch) = (invite.to_join().expect("it conducts"), invite.to_watch());
        for (link, role) in [(&join, Role::Generator), (&watch, Role::Watcher)] {
            let read = Invite::read(link).expect("it is one").expect("it can be followed");
            assert_eq!((read.role(), &read.own(), read.to_watch()), (role, link, watch.clone()));
            assert_eq!(read.keys.conductor(), invite.keys.conductor());
            assert!(!link.contains(SEED), "{link}");
        }
        assert_eq!(Invite::read(&watch).and_then(Result::ok).and_then(|watcher| watcher.to_join()), None);
        assert_eq!(Invite::read("#plan=abc"), None);
        assert_eq!(Invite::read(""), None);
    }

    /// The lab, which shares no code with this, writes the same links: its test has the same texts, which Node's own HKDF and
    /// Ed25519 made.
    #[test]
    fn links_of_a_seed_are_always_the_same() {
        let by = "iIz9x9tgR79PupPaD_j8x2BSeMk8FLVJQyQPUY1Proc";
        let (join, watch) =
            ("8DWt5YT7a2S8bBVkxuq9OkRYEkFUmyWPgduXPzyNmyc", "3CZGx_4XdjDlGQyLAUg2u8rn4DMfRkbrgNH3pxIzu30");
        assert_eq!(conductors().to_join(), Some(format!("#join={join}&by={by}&broker={BROKER}")));
        assert_eq!(conductors().to_watch(), format!("#watch={watch}&by={by}&broker={BROKER}"));
    }

    #[test]
    fn links_that_cannot_be_followed_say_why() {
        #[track_caller]
        fn check(fragment: &str, message: &str) {
            let error = Invite::read(fragment).expect("it is an invitation").expect_err("it is a wrong one");
            assert_eq!(error.to_string(), message);
        }
        let key = "a swarm's key has 43 letters, digits, - or _, this one is 3 characters long or has others";
        check("#conduct=abc&broker=ws%3A%2F%2Fb", key);
        check(&format!("#join=abc&by={SEED}&broker=ws%3A%2F%2Fb"), key);
        check(&format!("#watch={SEED}&by=abc&broker=ws%3A%2F%2Fb"), key);
        let old = "this link is of an older version of this program and names no conductor: ask for a new one";
        check(&format!("#join={SEED}&broker=ws%3A%2F%2Fb"), old);
        check(&format!("#join={SEED}&by={SEED}"), "the link names no broker");
        check(
            &format!("#conduct={SEED}&broker=http%3A%2F%2Fb"),
            "a broker's address begins with ws:// or wss://, this one is \"http://b\"",
        );
        check(
            &format!("#conduct={SEED}&broker=ws%3A%2F%2Fme%3Asecret%40b"),
            "a link carries no user names or passwords, take them out of the broker's address",
        );
    }
}
