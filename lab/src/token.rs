//! Tokens as the chat server issues them: JWT, HS256, valid for a day, with the session they belong to.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claims {
    /// The e-mail address.
    pub sub: String,
    pub user_id: String,
    pub session_id: String,
    /// Seconds since 1970.
    pub iat: i64,
    pub exp: i64,
}

impl Claims {
    pub fn new(email: &str, user_id: &str, session_id: &str, unix_ms: i64) -> Self {
        let iat = unix_ms / 1000;
        let exp = iat + VALID_S;
        Self { sub: email.into(), user_id: user_id.into(), session_id: session_id.into(), iat, exp }
    }

    pub fn sign(&self) -> String {
        sign(self)
    }

    /// The claims of a token with our signature, expired or not.
    pub fn verify(token: &str) -> Option<Self> {
        verify(token)
    }

    pub fn expired(&self, unix_ms: i64) -> bool {
        unix_ms / 1000 >= self.exp
    }
}

/// Claims are plain strings and numbers.
pub fn sign(claims: &impl Serialize) -> String {
    let claims = serde_json::to_vec(claims).expect("claims are plain strings and numbers");
    let signed = format!("{HEADER}.{}", URL_SAFE_NO_PAD.encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(mac(&signed).finalize().into_bytes());
    format!("{signed}.{signature}")
}

/// The claims of a token with our signature, if they are of this kind.
pub fn verify<T: DeserializeOwned>(token: &str) -> Option<T> {
    let (signed, signature) = token.rsplit_once('.')?;
    mac(signed).verify_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
    let (_, claims) = signed.split_once('.')?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

fn mac(signed: &str) -> Hmac<Sha256> {
    let mut mac = <Hmac<Sha256>>::new_from_slice(KEY).expect("HMAC takes keys of any length");
    mac.update(signed.as_bytes());
    mac
}

/// `{"alg":"HS256"}`
const HEADER: &str = "eyJhbGciOiJIUzI1NiJ9";
/// Nothing here is secret: accounts live in memory, and a token that outlives a restart names a session that does not.
const KEY: &[u8] = b"lab signs tokens only to give them their real size and shape";
const VALID_S: i64 = 24 * 3600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_token_verifies_and_a_changed_one_does_not() {
        let claims = Claims::new("a@b.c", "0123", "4567", 1_000_000);
        let token = claims.sign();
        assert_eq!(Claims::verify(&token), Some(claims.clone()));
        assert!(!claims.expired(1_000_000) && claims.expired(1_000_000 + VALID_S * 1000));
        for bad in ["", "x", "a.b.c", &token[1..], &token[..token.len() - 2], &token.replacen('.', ".e", 1)] {
            assert_eq!(Claims::verify(bad), None, "{bad}");
        }
    }
}
