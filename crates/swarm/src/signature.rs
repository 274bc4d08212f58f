//! Who says something: an Ed25519 key pair (RFC 8032), and the session that it stands for.
//!
//! A conductor's comes from the seed in its own link; every other browser makes one for its tab. The public half travels
//! with each message, the private half never leaves the page and its link's worker.

use std::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::peer::SessionId;
use super::secret::{KeyError, Secret, bytes_of, text_of};

/// The private half. Not `Debug`: `derive` would show it.
#[derive(Clone)]
pub struct Signer {
    seed: Secret,
    key: SigningKey,
}

/// The public half, which every link of a swarm names.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; PublicKey::BYTES]);

impl Signer {
    pub fn new(seed: Secret) -> Self {
        Self { key: SigningKey::from_bytes(seed.bytes()), seed }
    }

    pub fn public(&self) -> PublicKey {
        PublicKey(self.key.verifying_key().to_bytes())
    }

    /// What it is made of again, after a reload or in the link's worker.
    pub fn seed(&self) -> &Secret {
        &self.seed
    }

    pub fn session(&self) -> SessionId {
        self.public().session()
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; SIGNATURE] {
        self.key.sign(message).to_bytes()
    }

    /// The key that this browser's own notes of a run are sealed with: no other member of the swarm has it.
    pub(super) fn storing(&self) -> [u8; 32] {
        self.seed.derive(b"store")
    }
}

impl PublicKey {
    pub const BYTES: usize = 32;

    pub(super) const fn new(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// # Errors
    /// The text is no base64url of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        bytes_of(text).map(Self)
    }

    /// As a link carries it.
    pub fn to_text(self) -> String {
        text_of(&self.0)
    }

    pub(super) const fn bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// A short name for it. Two keys of one session take 2^53 tries to find, and who has heard one of them refuses the other.
    pub fn session(&self) -> SessionId {
        let digest = Sha256::digest([b"tabswarm session ".as_slice(), &self.0].concat());
        let (numbers, _) = digest.as_chunks::<8>();
        SessionId::new(u64::from_le_bytes(numbers[0]))
    }

    /// It was signed by the private half of this key, and by no other.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8; SIGNATURE]) -> bool {
        VerifyingKey::from_bytes(&self.0)
            .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.to_text())
    }
}

pub(super) const SIGNATURE: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 2.
    #[test]
    fn signatures_are_those_of_the_standard() {
        let signer = Signer::new(Secret::new(
            *b"\x4c\xcd\x08\x9b\x28\xff\x96\xda\x9d\xb6\xc3\x46\xec\x11\x4e\x0f\x5b\x8a\x31\x9f\x35\xab\xa6\x24\xda\x8c\xf6\xed\x4f\xb8\xa6\xfb",
        ));
        let signature = signer.sign(b"\x72");
        assert_eq!(signature[..8], [0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8]);
        assert!(signer.public().has_signed(b"\x72", &signature));
        assert!(!signer.public().has_signed(b"\x73", &signature));
    }

    #[test]
    fn a_session_is_one_key_s() {
        let [a, b] = [1, 2].map(|byte| Signer::new(Secret::new([byte; 32])));
        assert_ne!(a.session(), b.session());
        assert_eq!(a.session(), Signer::new(a.seed().clone()).session());
        assert!(!b.public().has_signed(b"x", &a.sign(b"x")));
        assert_eq!(PublicKey::parse(&a.public().to_text()), Ok(a.public()));
    }

    /// A key with which any signature would be right for many messages.
    #[test]
    fn weak_keys_sign_nothing() {
        let mut weak = [0; 32];
        weak[0] = 1;
        let mut signature = [0; SIGNATURE];
        signature[0] = 1;
        assert!(!PublicKey::new(weak).has_signed(b"x", &signature));
    }
}
