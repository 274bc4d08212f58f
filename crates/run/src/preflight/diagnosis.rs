//! From what failed, and what a few more questions to the server have shown, to a cause in plain words and what to do about it.
//!
//! A browser hides causes from scripts: a WebSocket that never opens closes with 1006, a request without an answer fails with one
//! and the same error. What it does show differs by cause, though, if the same server is asked in different ways.

use super::around::{Around, Diagnosis, found};
use super::closed::closed;
use super::question::{AskedBy, Question, QuestionSeen};
use super::reach::{bad_address, unreachable, way_there};
use base::url;
use engine::NOT_NAMED;
use engine::user::{Call, StepKind};

/// A step that went wrong, as the run has counted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub operation: String,
    pub code: String,
    /// The server's words, or the browser's.
    pub words: String,
}

/// The cause of a failure of this kind of step.
pub fn diagnose(failure: &Failure, kind: &StepKind, around: &Around) -> Diagnosis {
    match kind {
        StepKind::Request(call) => request(failure, call, around),
        StepKind::Connect { url, is_socket_io } => connect(failure, url, *is_socket_io, around),
        StepKind::Listen => listen(failure),
        StepKind::Enter | StepKind::Message | StepKind::Emit => answer(failure, kind),
    }
}

fn request(failure: &Failure, call: &Call, around: &Around) -> Diagnosis {
    let Failure { code, words, .. } = failure;
    if let Some(known) = way_there(&call.url, false, around) {
        return known;
    }
    let server = url::origin(&call.url);
    match code.as_str() {
        "bad_url" => bad_address(&call.url),
        "not_allowed" => not_allowed(&server, words),
        "redirected" => redirected(&server),
        "redirect_not_allowed" => redirected_away(&server, words),
        "body_too_large" => found(
            format!("The answer of {server} is longer than what is read of one: {words}"),
            "Ask for less at a time, or raise the plan's answer_limit_mib.",
        ),
        "over_limit" => found(
            format!("This browser's limits have no room for one more user: {words}"),
            "Raise the limit under \"Hosts and limits\", or play fewer users.",
        ),
        "cors" | "404" | "405" if is_elsewhere(failure, call, around) => no_api(call, &server, around),
        "cors" => cors(call, &server, around),
        "timeout" if around.silence(&call.url).is_none() => found(
            format!("{server} took the request and has not answered in time."),
            "Look whether the server is busy or waits for something, or give the step a longer timeout_s.",
        ),
        "unreachable" | "timeout" => unreachable(&server, around),
        _ => refused_by_words(failure).unwrap_or_else(|| by_status(&server, words, code)),
    }
}

/// An answer that the scenario did not expect.
fn by_status(server: &str, words: &str, code: &str) -> Diagnosis {
    let status = status_of(words).or_else(|| code.parse().ok());
    let said = words_of(without_status(words));
    match status {
        Some(401 | 403) => auth(server, &said),
        Some(404) if is_about_a_room(&said) => no_such_room(&said),
        Some(404) => found(
            format!("{server} has nothing at this address (404): {said}"),
            "Check the server's address and the path in the scenario: the API may live elsewhere or under a prefix.",
        ),
        Some(429) => rate_limit(&said),
        Some(status @ 500..) => found(
            format!("{server} failed by itself ({status}): {said}"),
            "Look into the server's log at this moment; nothing in this browser causes it.",
        ),
        Some(status) => found(
            format!("{server} did not accept the request ({status}): {said}"),
            "Compare what the scenario sends with what the server expects.",
        ),
        None => found(
            format!("The answer was not what the scenario expects: {words}"),
            "Compare the scenario's `save` and `expect` with what the server answers.",
        ),
    }
}

fn redirected(server: &str) -> Diagnosis {
    found(
        format!("{server} sends this request elsewhere (a redirect), and a page cannot see where to."),
        "Put the final address into the plan: open it in a tab to see where it leads, often it is https or a slash at the end. \
         Or let the population follow: \"redirects\": \"follow\", with every host that it may reach in \"hosts\".",
    )
}

fn redirected_away(server: &str, words: &str) -> Diagnosis {
    found(
        format!("{server} redirected to a host that was not asked about: {words}"),
        "If you may test that host, name it in the population's \"hosts\".",
    )
}

fn not_allowed(server: &str, words: &str) -> Diagnosis {
    if words.contains(NOT_NAMED) {
        return found(
            format!("The plan does not name the host of {server}: its address was made up, or a server gave it."),
            "If you may test that host, name it in the population's \"hosts\".",
        );
    }
    found(
        format!("Load on {server} has not been allowed in this browser; the server named it, not the plan."),
        "Add the host under \"Hosts and limits\" if you may test it.",
    )
}

/// Socket.IO lives here, and what answered was no API.
fn is_elsewhere(failure: &Failure, call: &Call, around: &Around) -> bool {
    let is_of_an_api = without_status(&failure.words).trim_start().starts_with('{');
    speaks(&Question::usual_socket(&call.url), around) && !is_of_an_api
}

fn no_api(call: &Call, server: &str, around: &Around) -> Diagnosis {
    let path = path_of(&call.url);
    found(
        format!("{server} is where Socket.IO lives; nothing of an API that this page could read is at {path}."),
        format!(
            "If the API has an address of its own, the plan has the wrong one here. If it is this one, check the path, and have the server \
             allow pages from {} (CORS).",
            around.origin
        ),
    )
}

fn cors(call: &Call, server: &str, around: &Around) -> Diagnosis {
    let is_simple = matches!(call.method.as_str(), "GET" | "HEAD" | "POST") && call.headers.is_empty();
    let mut lines = vec![format!("Access-Control-Allow-Origin: {}", around.origin)];
    if !is_simple {
        lines.push(format!("Access-Control-Allow-Methods: {}", call.method));
        if !call.headers.is_empty() {
            lines.push(format!("Access-Control-Allow-Headers: {}", call.headers.join(", ")));
        }
    }
    let also = if is_simple { "" } else { " (its answer to OPTIONS, too)" };
    found(
        format!("{server} answers, but does not allow pages from {} to read it (CORS).", around.origin),
        format!("Have the server send{also}: {}", lines.join("; ")),
    )
}

fn connect(failure: &Failure, address: &str, is_socket_io: bool, around: &Around) -> Diagnosis {
    if let Some(known) = way_there(address, true, around) {
        return known;
    }
    let server = url::origin(address);
    if failure.code == "not_allowed" {
        return not_allowed(&server, &failure.words);
    }
    // What was usable for a moment and then went is no question of where the endpoint is.
    let lost = failure.code.strip_prefix("lost: ");
    let code = lost.unwrap_or(&failure.code).strip_prefix("closed ");
    let has_opened = lost.is_some() || (code != Some("1006") && failure.code != "timeout");
    if let Some(code) = code.filter(|_| lost.is_some()) {
        return closed(&server, code, &failure.words);
    }
    if around.silence(address).is_some() && !has_opened {
        return unreachable(&server, around);
    }
    if is_socket_io {
        if let Some(known) = by_socket(address, &server, around).filter(|_| !has_opened) {
            return known;
        }
        if let Some(known) = engine(address, &server, has_opened, around) {
            return known;
        }
        if has_opened && code.is_none() {
            return not_let_in(&server, &said(failure));
        }
    }
    if let Some(code) = code.filter(|_| has_opened) {
        return closed(&server, code, &failure.words);
    }
    if let Some(QuestionSeen::Answer { status, body }) = around.seen.get(&Question::read(address)) {
        match status {
            401 | 403 => return origin_refused(&server, body, around),
            404 => return no_such_path(address, None),
            _ => {}
        }
    }
    if let Some(QuestionSeen::Redirect) = around.seen.get(&Question::read(address)) {
        return found(
            format!(
                "{server} answers at {} with a redirect, and browsers follow none for a WebSocket.",
                path_of(address)
            ),
            "Put the final address into the plan: open it in a tab to see where it leads.",
        );
    }
    if failure.code == "timeout" {
        return found(
            format!("{server} accepted the connection and did not finish the handshake in time."),
            "Look whether the server is busy, or whether a proxy in front of it passes WebSockets on.",
        );
    }
    hidden(&server, address, around)
}

/// A WebSocket never opened, and nothing that was asked besides says why.
fn hidden(server: &str, address: &str, around: &Around) -> Diagnosis {
    found(
        format!(
            "{server} answers, but refuses the WebSocket, and the browser hides why: it does not accept the Origin {}, the path is wrong, or a proxy passes no WebSockets.",
            around.origin
        ),
        format!(
            "Allow the Origin {} on the server, check the path {}, and let the proxy pass `Upgrade: websocket`. {ORIGIN_SWITCHES}",
            around.origin,
            path_of(address)
        ),
    )
}

/// Where a WebSocket of our own finds Socket.IO. It needs no permission from the server, as requests do.
fn by_socket(address: &str, server: &str, around: &Around) -> Option<Diagnosis> {
    let path = path_of(address);
    if speaks(&Question::socket(address, 4), around) {
        return Some(found(
            format!("{server} lets a WebSocket in at {path}, and not this user's."),
            "Check what the scenario adds to the address (query, token, subprotocols), and whether the server was full for a moment.",
        ));
    }
    if speaks(&Question::socket(address, 3), around) {
        return Some(old_version(server));
    }
    if speaks(&Question::usual_socket(address), around) {
        return Some(found(
            format!("{server} lets no WebSocket in at {path}, and has Socket.IO at /socket.io/."),
            "Set the scenario's connect.path to /socket.io/: there is one.",
        ));
    }
    let other = around.seen.keys().find(|question| !question.is_to(address) && speaks(question, around))?;
    let other = url::origin(&other.url);
    Some(found(
        format!("{server} lets no Socket.IO in, and {other} does."),
        format!("Two addresses of the plan may be swapped: put {other} where it has the one for the sockets."),
    ))
}

/// There is a Socket.IO of today.
fn speaks(question: &Question, around: &Around) -> bool {
    let seen = around.seen.get(question).filter(|_| question.by == AskedBy::Socket);
    matches!(seen, Some(QuestionSeen::Opened { first }) if first.starts_with("0{"))
}

/// What the same Engine.IO endpoint says to plain requests.
fn engine(address: &str, server: &str, has_opened: bool, around: &Around) -> Option<Diagnosis> {
    let seen = |version| around.seen.get(&Question::engine(address, version));
    let (now, old) = (seen(4), seen(3));
    let speaks_old = matches!(old, Some(QuestionSeen::Answer { status: 200, body }) if body.contains("\"sid\""));
    match now {
        Some(QuestionSeen::Answer { status: 200, body }) if body.starts_with("0{") => Some(found(
            format!("{server} speaks Engine.IO 4 to plain requests, but refuses the WebSocket: it does not accept the Origin {}, or a proxy passes no WebSockets.", around.origin),
            format!(
                "Allow the Origin {} on the server, or let the proxy pass `Upgrade: websocket`. {ORIGIN_SWITCHES}",
                around.origin
            ),
        )).filter(|_| !has_opened),
        _ if speaks_old => Some(old_version(server)),
        Some(QuestionSeen::Answer { status: 400, body }) if body.contains("protocol version") || body.contains("\"code\":5") => {
            Some(old_version(server))
        }
        Some(QuestionSeen::Answer { status: 404, .. }) => {
            let default = format!("{server}/socket.io/");
            let elsewhere = around.seen.get(&Question::engine(&default, 4));
            let is_there = matches!(elsewhere, Some(QuestionSeen::Answer { status: 200, body }) if body.starts_with("0{"));
            Some(no_such_path(address, is_there.then_some("/socket.io/")))
        }
        Some(QuestionSeen::Redirect) => Some(found(
            format!("{server} answers at {} with a redirect, and browsers follow none for a WebSocket.", path_of(address)),
            "Put the final address into the plan: open it in a tab to see where it leads.",
        ))
        .filter(|_| !has_opened),
        Some(QuestionSeen::Answer { status: 401 | 403, body }) => Some(origin_refused(server, body, around)),
        Some(QuestionSeen::Answer { status: status @ 500.., body }) => Some(by_status(server, &format!("HTTP {status} {body}"), "")),
        _ => None,
    }
}

fn old_version(server: &str) -> Diagnosis {
    found(
        format!("{server} speaks Engine.IO 3 (Socket.IO 2), and tabswarm speaks Engine.IO 4 (Socket.IO 3 and later)."),
        "Update the server to Socket.IO 3 or later, or point the plan at one that is.",
    )
}

fn no_such_path(address: &str, elsewhere: Option<&str>) -> Diagnosis {
    let (server, path) = (url::origin(address), path_of(address));
    let hint = elsewhere.map_or_else(
        || "Set the scenario's connect.path to where the server has its endpoint.".to_owned(),
        |elsewhere| format!("Set the scenario's connect.path to {elsewhere}: there is one."),
    );
    found(format!("{server} has no WebSocket endpoint at {path} (404)."), hint)
}

fn origin_refused(server: &str, body: &str, around: &Around) -> Diagnosis {
    let said = words_of(body);
    found(
        format!("{server} refuses pages from the Origin {}: {said}", around.origin),
        format!("Add {} to the origins that the server accepts. {ORIGIN_SWITCHES}", around.origin),
    )
}

fn auth(server: &str, said: &str) -> Diagnosis {
    found(
        format!("{server} refused the login: {said}"),
        "Check the accounts and tokens of the plan: right server, not expired, registered.",
    )
}

/// Socket.IO's answer to a CONNECT was no.
fn not_let_in(server: &str, said: &str) -> Diagnosis {
    if said.contains("Invalid namespace") {
        return found(
            format!("{server} has no namespace of this name: {said}"),
            "Check the scenario's connect.namespace; the main one is /.",
        );
    }
    found(
        format!("{server} does not let this user in: {said}"),
        "Check the accounts and tokens of the plan: right server, not expired, registered.",
    )
}

fn rate_limit(said: &str) -> Diagnosis {
    found(
        format!("The server limits the rate already for one user: {said}"),
        "Raise the server's limit for the test, give users a longer interval, or use several accounts and addresses.",
    )
}

/// Causes that servers put into words or codes of their own.
fn refused_by_words(failure: &Failure) -> Option<Diagnosis> {
    let text = format!("{} {}", failure.code, failure.words).to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let said = said(failure);
    if has(&["rate_limit", "rate limit", "ratelimit", "too many", "too_many", "throttl", "http 429"]) {
        Some(rate_limit(&said))
    } else if has(&[
        "already exist",
        "exists already",
        "already taken",
        "already in use",
        "already registered",
        "이미 ",
    ]) {
        Some(found(
            format!("The server has this name or account already: {said}"),
            "Let the names differ from run to run: `{run}` in the accounts' patterns, or `${run.id}` in the scenario.",
        ))
    } else if has(&["banned", "profan", "forbidden word", "bad word", "message_rejected", "금칙어"]) {
        Some(found(
            format!("The server rejects what the message says: {said}"),
            "Change the messages' text in the scenario, or take the word from the server's list for the test.",
        ))
    } else {
        None
    }
}

fn answer(failure: &Failure, kind: &StepKind) -> Diagnosis {
    if let Some(known) = refused_by_words(failure) {
        return known;
    }
    let text = format!("{} {}", failure.code, failure.words).to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let (operation, said) = (&failure.operation, said(failure));
    if failure.code == "timeout" {
        return found(
            format!("The server has not answered `{operation}` in time."),
            "Check the names of the events that the scenario sends and waits for, or give the step a longer timeout_s.",
        );
    }
    if *kind == StepKind::Enter && has(&NOT_FOUND) {
        return no_such_room(&said);
    }
    if has(&["unauthor", "forbidden", "denied", "expired", "invalid token", "권한"]) {
        return found(
            format!("The server does not let this user do `{operation}`: {said}"),
            "Check what the plan's accounts may do, and whether their tokens are still good.",
        );
    }
    found(
        format!("The server answered `{operation}` with an error: {said}"),
        "Look the code up in the server's log; the scenario may send something else than the server expects.",
    )
}

/// A server that misses the room says so itself; of a wrong path the words are others.
fn is_about_a_room(said: &str) -> bool {
    let text = said.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    has(&["room", "channel", "채팅방"]) && has(&NOT_FOUND)
}

fn no_such_room(said: &str) -> Diagnosis {
    found(
        format!("The server knows no such room: {said}"),
        "Check the room in the plan's variables, or let the scenario create one.",
    )
}

fn listen(failure: &Failure) -> Diagnosis {
    match failure.code.as_str() {
        "no greeting" => found(
            "The voice service let the user in and never said a word.",
            "Check the service's key for its speech provider and its log; nothing of the user's is to blame yet.",
        ),
        "no answer" => found(
            "The voice service heard a turn and stayed silent.",
            "Check that it hears: the audio's rate and format, the clip, and how it finds the end of a turn.",
        ),
        _ => found(
            format!("The voice service did not finish what it said: {}", said(failure)),
            "Look into its log: whoever speaks for it may have gone away.",
        ),
    }
}

/// The server's own words; its code, if there are none.
fn said(failure: &Failure) -> String {
    let words = without_status(&failure.words).trim();
    match (failure.code.as_str(), words) {
        (code, "" | "null" | "{}") => code.to_owned(),
        (code, words) if words.contains(code) || code == "error" => words_of(words),
        (code, words) => format!("{} ({code})", words_of(words)),
    }
}

/// The message in an answer, if it is an object with one.
fn words_of(body: &str) -> String {
    // An event's sample begins with its name.
    let object = body.find('{').map_or("", |at| &body[at..]);
    let parsed = base::json::read::<serde_json::Value>(object.trim()).ok();
    let text = parsed
        .as_ref()
        .and_then(|body| ["message", "error", "reason", "detail"].iter().find_map(|field| body.get(field)?.as_str()));
    let text = text.unwrap_or(body.trim());
    if text.is_empty() { "without a word".to_owned() } else { text.chars().take(MAX_WORDS).collect() }
}

fn status_of(words: &str) -> Option<u16> {
    words.strip_prefix("HTTP ")?.split(' ').next()?.parse().ok()
}

fn without_status(words: &str) -> &str {
    let rest = words.strip_prefix("HTTP ").and_then(|rest| rest.split_once(' '));
    rest.map_or(words, |(_, body)| body)
}

fn path_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.find('/').map_or("/", |at| &rest[at..])
}

/// Libraries that refuse other Origins unless they are told of them.
const ORIGIN_SWITCHES: &str = "The switch is called cors_allowed_origins in python-socketio and Flask-SocketIO, CheckOrigin in \
                               gorilla/websocket and googollee's server, OriginPatterns in coder/websocket, SetCors in zishang520's.";
/// How servers say that something is not there.
const NOT_FOUND: [&str; 6] = ["not found", "not_found", "no such", "unknown room", "does not exist", "찾을 수 없"];
const MAX_WORDS: usize = 200;

#[cfg(test)]
#[path = "diagnosis_tests.rs"]
mod tests;
