//! What a server is asked besides, to tell apart what a browser shows alike.

use crate::protocol::url;
use crate::user::StepKind;

/// One GET.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    pub url: String,
    /// The answer is to be read, for which the server's permission (CORS) is needed; else only whether one comes.
    pub is_read: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    Answer {
        status: u16,
        body: String,
    },
    /// There is an answer, and it stays hidden.
    Hidden,
    Nothing {
        /// After so long.
        ms: f64,
    },
}

impl Question {
    /// Whether anything answers there.
    pub fn any(address: &str) -> Self {
        Self { url: over_http(address), is_read: false }
    }

    /// It goes to the server of this address.
    pub fn is_to(&self, address: &str) -> bool {
        url::origin(&self.url) == over_http(&url::origin(address))
    }

    pub fn read(address: &str) -> Self {
        Self { url: over_http(address), is_read: true }
    }

    /// An Engine.IO handshake by polling: it needs no WebSocket, and its answer says what is wrong.
    pub fn engine(address: &str, version: u32) -> Self {
        Self { url: format!("{}?EIO={version}&transport=polling", over_http(address)), is_read: true }
    }
}

/// What to ask when a step of this kind has failed.
pub fn questions(kind: &StepKind) -> Vec<Question> {
    match kind {
        StepKind::Request(call) => vec![Question::any(&call.url)],
        StepKind::Connect { url, is_socket_io: false } => vec![Question::any(url), Question::read(url)],
        StepKind::Connect { url, is_socket_io: true } => {
            let default = format!("{}/socket.io/", url::origin(url));
            let mut all = vec![Question::any(url), Question::engine(url, 4), Question::engine(url, 3)];
            all.push(Question::engine(&default, 4));
            all.dedup();
            all
        }
        _ => Vec::new(),
    }
}

fn over_http(address: &str) -> String {
    match address.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("ws") => format!("http://{rest}"),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("wss") => format!("https://{rest}"),
        _ => address.to_owned(),
    }
}
