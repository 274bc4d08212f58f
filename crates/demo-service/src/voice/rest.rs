//! Sign-up, log-in, sessions, and who may open which conversation.

use serde_json::{Value, json};

use super::VoiceServer;
use crate::rest::{Body, Reply, Request};

/// A member.
pub struct Account {
    id: usize,
    password: String,
}

impl VoiceServer {
    pub fn fetch(&mut self, request: &Request<'_>) -> Reply {
        let path = request.url.split("/api/v1").nth(1).unwrap_or_default().to_owned();
        *self.counts.rest.entry(format!("{} {path}", request.method)).or_default() += 1;
        let (status, answer) = match (path.as_str(), request.body) {
            ("/auth/signup", Body::Json(body)) => self.sign_up(body),
            ("/auth/login", Body::Form(fields)) => self.log_in(fields),
            ("/auth/login", _) => (422, json!({"detail": "not a form"})),
            ("/chat/sessions", Body::Json(_)) => (200, self.create_session(request)),
            _ => (404, json!({"detail": "Not Found"})),
        };
        Reply { status, body: answer.to_string() }
    }

    fn sign_up(&mut self, body: &str) -> (u16, Value) {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let (login, password) = (text("login_id"), text("password"));
        if login.is_empty() || password.is_empty() || text("nickname").is_empty() {
            return (422, json!({"detail": "blank"}));
        }
        if self.accounts.contains_key(&login) {
            return (400, json!({"detail": "it is taken"}));
        }
        let id = self.accounts.len();
        self.accounts.insert(login.clone(), Account { id, password });
        (200, json!({"id": id, "login_id": login}))
    }

    fn log_in(&self, fields: &[(String, String)]) -> (u16, Value) {
        let field = |name: &str| fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
        match self.accounts.get(field("username")) {
            Some(account) if account.password == field("password") && field("grant_type") == "password" => {
                (200, json!({"access_token": format!("token{}", account.id), "token_type": "bearer"}))
            }
            _ => (401, json!({"detail": "Incorrect login id or password"})),
        }
    }

    /// A bad token makes a guest's session, silently.
    fn create_session(&mut self, request: &Request<'_>) -> Value {
        let header = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let owner = header.and_then(|(_, value)| self.owner_of(value.strip_prefix("Bearer ")?));
        let id = format!("session-{}", self.sessions.len());
        self.sessions.insert(id.clone(), owner);
        json!({"session_id": id})
    }

    fn owner_of(&self, token: &str) -> Option<usize> {
        let id = token.strip_prefix("token")?.parse().ok()?;
        (id < self.accounts.len()).then_some(id)
    }

    /// # Errors
    /// The close code; 1006: the handshake itself is refused.
    pub(super) fn admit(&mut self, url: &str, protocols: &[String]) -> Result<(), u16> {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let parameter = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let token = protocols.first().map(String::as_str).or(parameter("token"));
        let user = token.and_then(|token| self.owner_of(token));
        if parameter("show_text").is_some_and(|shown| !matches!(shown, "true" | "false")) {
            return Err(1006);
        }
        let is_guest = path.contains("/guest-");
        if !is_guest && user.is_none() {
            return Err(1006);
        }
        *self.counts.voices.entry(parameter("voice").unwrap_or_default().to_owned()).or_default() += 1;
        let session = path.rsplit('/').next().unwrap_or_default();
        if path.contains("scenario") {
            return Ok(());
        }
        match self.sessions.get(session) {
            None => Err(4004),
            Some(None) => Ok(()),
            Some(Some(owner)) if !is_guest && Some(*owner) == user => Ok(()),
            Some(Some(_)) => Err(4003),
        }
    }
}
