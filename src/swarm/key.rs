//! The swarm's one secret, and what is derived from it.
//!
//! The key travels in a link's fragment only, which no browser sends to a server. Topics and the sealing key come from it
//! by HKDF (RFC 5869) with SHA-256: who sees a topic, as the broker does, learns nothing about the key.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use sha2::Sha256;

use super::peer::SessionId;

/// 32 random bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; Key::BYTES]);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a swarm's key has 43 letters, digits, - or _, this one is {0} characters long or has others")]
pub struct KeyError(usize);

impl Key {
    pub const BYTES: usize = 32;

    /// A new key from the browser's own random source.
    pub const fn new(random: [u8; Self::BYTES]) -> Self {
        Self(random)
    }

    /// # Errors
    /// The text is no base64url of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let error = || KeyError(text.chars().count());
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| error())?;
        bytes.try_into().map(Self).map_err(|_| error())
    }

    /// As a link carries it.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The key that payloads are sealed with.
    pub(super) fn sealing(&self) -> [u8; 32] {
        self.derive(b"seal")
    }

    /// The key that a browser's own notes of a run are sealed with.
    pub(super) fn storing(&self) -> [u8; 32] {
        self.derive(b"store")
    }

    pub fn topics(&self) -> Topics {
        let root: [u8; 16] = self.derive(b"topics");
        Topics { root: format!("tabswarm/{}", hex(&root)) }
    }

    fn derive<const N: usize>(&self, purpose: &[u8]) -> [u8; N] {
        let mut derived = [0; N];
        let hkdf = Hkdf::<Sha256>::new(Some(SALT), &self.0);
        hkdf.expand(purpose, &mut derived).expect("HKDF gives up to 8,160 bytes");
        derived
    }
}

/// Secrets are not for logs.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Where messages of a swarm are published. Nothing in a topic but hexadecimal digits depends on the swarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    root: String,
}

impl Topics {
    /// Retained: who conducts.
    pub fn beacon(&self) -> String {
        format!("{}/b", self.root)
    }

    /// From everybody to the conductor.
    pub fn conductor(&self) -> String {
        format!("{}/c", self.root)
    }

    /// From the conductor to everybody: what the run looks like now.
    pub fn live(&self) -> String {
        format!("{}/l", self.root)
    }

    /// From the conductor to one generator.
    pub fn generator(&self, session: SessionId) -> String {
        format!("{}/g/{}", self.root, session)
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Names the protocol and its version, so that keys of another one would derive differently.
const SALT: &[u8] = b"tabswarm swarm 1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_written() {
        let key = Key::new(std::array::from_fn(|index| index as u8));
        assert_eq!(key.to_text().len(), 43);
        assert_eq!(Key::parse(&key.to_text()), Ok(key));
    }

    #[test]
    fn what_is_no_key_is_named_by_its_length() {
        #[track_caller]
        fn check(text: &str, length: usize) {
            assert_eq!(Key::parse(text), Err(KeyError(length)));
        }
        check("", 0);
        check("abc", 3);
        check(&"A".repeat(42), 42);
        check(&"A".repeat(44), 44);
        check(&"ü".repeat(43), 43);
    }

    #[test]
    fn nothing_shows_a_key() {
        let key = Key::new([7; 32]);
        assert_eq!(format!("{key:?}"), "Key(…)");
        let topics = key.topics();
        assert_ne!(topics, Key::new([8; 32]).topics());
        assert_ne!(key.derive::<16>(b"topics").as_slice(), &key.sealing()[..16]);
        assert!(topics.beacon().strip_prefix("tabswarm/").is_some_and(|rest| rest.len() == 34), "{topics:?}");
    }
}
