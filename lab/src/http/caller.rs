//! Who makes a request.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};

use crate::clock;
use crate::lab::Lab;
use crate::token::Claims;
use crate::world::UserKey;

/// A user with a live session, or 401 with an empty body.
pub struct Caller(pub UserKey);

impl FromRequestParts<Arc<Lab>> for Caller {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, lab: &Arc<Lab>) -> Result<Self, StatusCode> {
        let token = token(&parts.headers, parts.uri.query()).ok_or(StatusCode::UNAUTHORIZED)?;
        let claims = Claims::verify(token).filter(|claims| !claims.expired(clock::unix_ms()));
        let claims = claims.ok_or(StatusCode::UNAUTHORIZED)?;
        let mut world = lab.world();
        let user = world.user_by_id(&claims.user_id).filter(|user| !world.users[*user].deleted);
        let user = user.filter(|user| world.use_session(*user, &claims.session_id));
        user.map(Self).ok_or(StatusCode::UNAUTHORIZED)
    }
}

/// The first one given counts: `x-auth-token`, `?token=`, `Authorization: Bearer`.
pub fn token<'a>(headers: &'a HeaderMap, query: Option<&'a str>) -> Option<&'a str> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    header("x-auth-token")
        .or_else(|| parameter(query, "token"))
        .or_else(|| header("authorization").and_then(|value| value.strip_prefix("Bearer ")))
        .filter(|token| !token.is_empty())
}

pub fn session_id<'a>(headers: &'a HeaderMap, query: Option<&'a str>) -> Option<&'a str> {
    headers.get("x-session-id").and_then(|value| value.to_str().ok()).or_else(|| parameter(query, "sessionId"))
}

/// Tokens and session ids have no characters that need escaping in an address.
fn parameter<'a>(query: Option<&'a str>, name: &str) -> Option<&'a str> {
    query?.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &str)], query: Option<&str>, expected: Option<&str>) {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        assert_eq!(token(&headers, query), expected);
    }

    #[test]
    fn the_order_of_tokens() {
        check(&[], None, None);
        check(&[("authorization", "Bearer c")], None, Some("c"));
        check(&[("authorization", "Bearer c")], Some("a=1&token=b"), Some("b"));
        check(&[("authorization", "Bearer c"), ("x-auth-token", "a")], Some("token=b"), Some("a"));
        check(&[("authorization", "Basic c")], Some("tokens=b"), None);
    }
}
