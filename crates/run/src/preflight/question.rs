//! What a server is asked besides, to tell apart what a browser shows alike.

use base::url;
use engine::user::StepKind;
use plan::{Limits, Plan};

/// One GET.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    pub url: String,
    /// The answer is to be read, for which the server's permission (CORS) is needed; else only whether one comes.
    pub is_read: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum QuestionSeen {
    Answer {
        status: u16,
        body: String,
    },
    /// There is an answer, and it stays hidden.
    Hidden,
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
