//! 32 bytes that nobody can guess, what is derived of them, and how a link carries them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// 32 bytes that nobody can guess.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret([u8; Secret::BYTES]);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a swarm's key has 43 letters, digits, - or _, this one is {0} characters long or has others")]
pub struct KeyError(pub(super) usize);

impl Secret {
    pub const BYTES: usize = 32;

    /// From the browser's own random source.
    pub const fn new(random: [u8; Self::BYTES]) -> Self {
        Self(random)
    }

    /// # Errors
    /// The text is no base64url of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        bytes_of(text).map(Self)
    }

    /// As a link carries it.
    pub fn to_text(&self) -> String {
        text_of(&self.0)
    }

    pub(super) const fn bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    pub(super) fn derive<const N: usize>(&self, purpose: &[u8]) -> [u8; N] {
        let mut derived = [0; N];
        let hkdf = Hkdf::<Sha256>::new(Some(SALT), &self.0);
        hkdf.expand(purpose, &mut derived).expect("HKDF gives up to 8,160 bytes");
        derived
    }
}

/// Secrets are not for logs.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

pub(super) fn bytes_of(text: &str) -> Result<[u8; 32], KeyError> {
    let error = || KeyError(text.chars().count());
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| error())?;
    bytes.try_into().map_err(|_| error())
}

pub(super) fn text_of(bytes: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Names the protocol and its version, so that keys of another one would derive differently.
const SALT: &[u8] = b"tabswarm swarm 2";
