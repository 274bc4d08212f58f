//! Who gets into a conversation: before the handshake is answered, and right after.

use std::collections::HashMap;

use axum::http::HeaderMap;

use super::Voice;
use super::sessions::AccountKey;

/// Which of the four endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    pub is_scenario: bool,
    pub is_member: bool,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match (self.is_scenario, self.is_member) {
            (false, true) => "chat member",
            (false, false) => "chat guest",
            (true, true) => "scenario member",
            (true, false) => "scenario guest",
        }
    }

    /// Whether it takes one of the places that `cap` limits, as a connection to the database. Guests that set up a
    /// scenario need none.
    pub fn takes_place(self) -> bool {
        self.is_member || !self.is_scenario
    }
}

/// What the handshake asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    pub user: Option<AccountKey>,
    pub session: Option<String>,
    pub voice: Option<String>,
    pub show_text: Option<bool>,
}

/// # Errors
/// Why the handshake is refused, in words for the counts. The client sees a bare 403.
pub fn admit(
    voice: &Voice,
    kind: Kind,
    session: Option<String>,
    headers: &HeaderMap,
    query: &HashMap<String, String>,
) -> Result<Asked, &'static str> {
    let show_text = match query.get("show_text") {
        Some(text) if !kind.is_scenario => Some(truth(text).ok_or("bad show_text")?),
        _ => None,
    };
    let user = if kind.is_member {
        let token = token(headers, query).ok_or("no token")?;
        Some(voice.sessions.account_of(token).ok_or("bad token")?)
    } else {
        None
    };
    Ok(Asked { user, session, voice: query.get("voice").cloned(), show_text })
}

/// The first one given counts: `Authorization: Bearer`, the first subprotocol (which is not confirmed), `?token=`.
fn token<'a>(headers: &'a HeaderMap, query: &'a HashMap<String, String>) -> Option<&'a str> {
    let protocols = headers.get("sec-websocket-protocol").and_then(|value| value.to_str().ok());
    let first = protocols.and_then(|list| list.split(',').next()).map(str::trim).filter(|first| !first.is_empty());
    bearer(headers).or(first).or_else(|| query.get("token").map(String::as_str)).filter(|token| !token.is_empty())
}

pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}

/// The words for yes and no that the real server's framework knows.
fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" | "t" | "y" => Some(true),
        "false" | "0" | "no" | "off" | "f" | "n" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &str)], query: &[(&str, &str)], expected: Option<&str>) {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(token(&headers, &query), expected);
    }

    #[test]
    fn the_order_of_tokens() {
        let protocol = ("sec-websocket-protocol", "b, chat");
        check(&[], &[], None);
        check(&[], &[("token", "c")], Some("c"));
        check(&[], &[("token", "")], None);
        check(&[protocol], &[("token", "c")], Some("b"));
        check(&[protocol, ("authorization", "Bearer a")], &[("token", "c")], Some("a"));
        check(&[("authorization", "Basic a")], &[], None);
    }

    #[test]
    fn yes_and_no() {
        assert_eq!([truth("True"), truth("off"), truth("maybe")], [Some(true), Some(false), None]);
    }
}
