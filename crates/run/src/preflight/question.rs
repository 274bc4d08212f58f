//! What a server is asked besides, to tell apart what a browser shows alike.

use std::collections::BTreeSet;

use base::url;
use engine::user::StepKind;
use plan::{Limits, Plan};

/// One request, or one WebSocket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    pub url: String,
    pub by: AskedBy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AskedBy {
    /// A GET, of which only is seen whether an answer comes.
    Get,
    /// A GET whose answer is to be read, for which the server's permission (CORS) is needed.
    ReadGet,
    /// A WebSocket, which needs no such permission. It says nothing, and is closed after the first frame.
    Socket,
}

#[derive(Debug, Clone, PartialEq)]
pub enum QuestionSeen {
    Answer {
        status: u16,
        body: String,
    },
    /// There is an answer, and it stays hidden.
    Hidden,
    /// The WebSocket opened; with the beginning of the first frame, if one came.
    Opened {
        first: String,
    },
    /// The answer is to ask elsewhere; where, a page cannot see.
    Redirect,
    Nothing {
        /// After so long.
        ms: f64,
    },
}

impl Question {
    /// Whether anything answers there.
    pub fn any(address: &str) -> Self {
        Self { url: over_http(address), by: AskedBy::Get }
    }

    /// It goes to the server of this address.
    pub fn is_to(&self, address: &str) -> bool {
        over_http(&url::origin(&self.url)) == over_http(&url::origin(address))
    }

    pub fn read(address: &str) -> Self {
        Self { url: over_http(address), by: AskedBy::ReadGet }
    }

    /// An Engine.IO handshake by polling: it needs no WebSocket, and its answer says what is wrong.
    pub fn engine(address: &str, version: u32) -> Self {
        Self { url: format!("{}?EIO={version}&transport=polling", over_http(address)), by: AskedBy::ReadGet }
    }

    /// The same by a WebSocket, which no CORS header is needed for.
    pub fn socket(address: &str, version: u32) -> Self {
        Self { url: format!("{}?EIO={version}&transport=websocket", over_ws(address)), by: AskedBy::Socket }
    }

    /// Where Socket.IO lives on a server unless it is told otherwise.
    pub fn usual_socket(address: &str) -> Self {
        Self::socket(&format!("{}/socket.io/", url::origin(address)), 4)
    }
}

/// What to ask when a step of this kind has failed; `origins`: of all addresses of the plan, for two of them may be swapped.
pub fn questions(kind: &StepKind, origins: &[String]) -> Vec<Question> {
    match kind {
        StepKind::Request(call) => vec![Question::any(&call.url), Question::usual_socket(&call.url)],
        StepKind::Connect { url, is_socket_io: false } => vec![Question::any(url), Question::read(url)],
        StepKind::Connect { url, is_socket_io: true } => {
            let default = format!("{}/socket.io/", url::origin(url));
            let mut all = vec![Question::any(url), Question::engine(url, 4), Question::engine(url, 3)];
            all.push(Question::engine(&default, 4));
            all.extend([Question::socket(url, 4), Question::socket(url, 3), Question::usual_socket(url)]);
            all.extend(origins.iter().map(|origin| Question::usual_socket(origin)));
            let mut known = BTreeSet::new();
            all.retain(|question| known.insert(question.clone()));
            all
        }
        _ => Vec::new(),
    }
}

/// Whether a question may be asked at all: it, too, goes only where load may go.
pub fn may_ask(question: &Question, plan: &Plan, limits: &Limits) -> bool {
    url::host(&question.url).is_some_and(|host| limits.allows(&host) && names(plan, &host))
}

/// How many sockets a count at this address may open: no more than load may have there, and no faster.
pub fn most_counted(address: &str, limits: &Limits) -> u32 {
    let Some(host) = url::host(address).filter(|host| !url::is_loopback(host)) else { return u32::MAX };
    let caps = limits.caps_of(&host);
    caps.users.into_iter().chain(caps.rate.map(|rate| rate as u32)).min().unwrap_or(u32::MAX)
}

fn names(plan: &Plan, host: &str) -> bool {
    let hosts = plan.hosts();
    if url::is_loopback(host) { hosts.iter().any(|host| url::is_loopback(host)) } else { hosts.contains(host) }
}

fn over_http(address: &str) -> String {
    match address.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("ws") => format!("http://{rest}"),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("wss") => format!("https://{rest}"),
        _ => address.to_owned(),
    }
}

fn over_ws(address: &str) -> String {
    let http = over_http(address);
    http.strip_prefix("http").map_or(http.clone(), |rest| format!("ws{rest}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use plan::Caps;

    #[test]
    fn questions_go_no_further_than_load() {
        let scenario =
            json!({"version": 1, "name": "s", "protocol": "socketio", "connect": {"url": "http://a.example"}});
        let load = json!({"model": "closed", "stages": []});
        let population = json!({"name": "p", "scenario": scenario, "load": load});
        let plan = json!({"version": 1, "name": "p", "seed": 1, "populations": [population]});
        let plan: Plan = serde_json::from_value(plan).expect("a plan");
        let caps = Caps { users: Some(20), rate: Some(5.5), minutes: None };
        let hosts = ["a.example".to_owned(), "b.example".to_owned()].into();
        let limits = Limits { hosts, caps, ..Limits::default() };
        let may = |address: &str| may_ask(&Question::any(address), &plan, &limits);
        assert!(may("ws://a.example/x"));
        assert!(!may("ws://b.example/x"), "allowed for another plan");
        assert!(!may("http://127.0.0.1:9/"), "this machine is no target of this plan");
        assert!(!may_ask(&Question::any("ws://a.example/x"), &plan, &Limits::default()));
        assert_eq!(most_counted("ws://a.example/x", &limits), 5);
        assert_eq!(most_counted("ws://127.0.0.1:1/x", &limits), u32::MAX);
    }
}
