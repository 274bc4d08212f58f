//! One row for each cause: what was counted, what the questions showed, and the exact text.

use super::super::around::Nearby;
use super::*;

const PAGE: &str = "http://127.0.0.1:4280";
const CHAT: &str = "ws://chat.example/socket.io/";

fn failure(code: &str, words: &str) -> Failure {
    Failure { operation: "join".to_owned(), code: code.to_owned(), words: words.to_owned() }
}

fn chat(url: &str) -> StepKind {
    StepKind::Connect { url: url.to_owned(), is_socket_io: true }
}

fn plain(url: &str) -> StepKind {
    StepKind::Connect { url: url.to_owned(), is_socket_io: false }
}

fn call(method: &str, url: &str, headers: &[&str]) -> StepKind {
    let headers = headers.iter().map(|&header| header.to_owned()).collect();
    StepKind::Request(Call { method: method.to_owned(), url: url.to_owned(), headers })
}

fn around(origin: &str, seen: impl IntoIterator<Item = (Question, QuestionSeen)>) -> Around {
    Around { origin: origin.to_owned(), seen: seen.into_iter().collect(), ..Around::default() }
}

fn said(status: u16, body: &str) -> QuestionSeen {
    QuestionSeen::Answer { status, body: body.to_owned() }
}

fn nothing(ms: f64) -> QuestionSeen {
    QuestionSeen::Nothing { ms }
}

#[track_caller]
fn check(kind: &StepKind, failure: &Failure, around: &Around, cause: &str, remedy: &str) {
    let found = diagnose(failure, kind, around);
    assert_eq!((found.cause.as_str(), found.remedy.as_str()), (cause, remedy));
}

fn never_opened() -> Failure {
    failure("closed 1006", "the WebSocket closed with 1006 before it was usable: ")
}

#[test]
fn addresses_that_nobody_answers_at() {
    let any = Question::any;
    check(
        &chat("nonsense"),
        &never_opened(),
        &around(PAGE, []),
        "\"nonsense\" is no address that a browser can reach.",
        "Write it like https://chat.example or wss://chat.example.",
    );
    check(
        &chat(CHAT),
        &never_opened(),
        &around(PAGE, [(any(CHAT), nothing(5.0))]),
        "ws://chat.example could not be reached: there is no host of that name, or nobody listens on that port. A browser does not say which.",
        "Open http://chat.example in a tab of this browser: it says whether the name or the port is wrong.",
    );
    let here = "ws://127.0.0.1:5002/socket.io/";
    check(
        &chat(here),
        &never_opened(),
        &around(PAGE, [(any(here), nothing(5.0))]),
        "The connection to ws://127.0.0.1:5002 was refused: nobody listens on that port.",
        "Check the address and the port, and whether the server runs.",
    );
    let secure = "wss://chat.example:8443/socket.io/";
    check(
        &chat(secure),
        &never_opened(),
        &around(PAGE, [(any(secure), nothing(20.0))]),
        "wss://chat.example:8443 could not be reached safely: either its TLS certificate is not trusted here, or nobody listens, or there is no host of that name. A browser does not say which.",
        "Open https://chat.example:8443 in a tab of this browser. A warning about the certificate means TLS: install a certificate that this machine trusts. \"Refused to connect\" means that nobody listens.",
    );
}

#[test]
fn where_nothing_comes_back_from() {
    let silent = |address| around(PAGE, [(Question::any(address), nothing(3_001.0))]);
    let remedy =
        "Check the address and the port, whether this network lets you out to it, and whether the server hangs.";
    check(
        &chat(CHAT),
        &failure("timeout", ""),
        &silent(CHAT),
        "Nothing came back from ws://chat.example within 3 s: the machine is off, a firewall drops what is sent there, or what listens there never answers. A browser does not say which.",
        remedy,
    );
    let login = "http://chat.example/api/login";
    check(
        &call("POST", login, &[]),
        &failure("timeout", "no answer within 30 s"),
        &silent(login),
        "Nothing came back from http://chat.example within 3 s: the machine is off, a firewall drops what is sent there, or what listens there never answers. A browser does not say which.",
        remedy,
    );
}

#[test]
fn what_a_browser_does_not_even_ask() {
    check(
        &chat(CHAT),
        &never_opened(),
        &around("https://page.example", []),
        "This page came by https, so the browser lets it reach only encrypted servers, and ws://chat.example is not.",
        "Use wss://chat.example if the server has it, or open this page by http, as a lab of your own serves it.",
    );
}

/// What becomes of a request that got no answer after so long, where the browser says this about nearer networks.
#[track_caller]
fn check_nearby(page: &str, url: &str, after_ms: f64, nearby: &Nearby, cause: &str, remedy: &str) {
    let around = Around { nearby: nearby.clone(), ..around(page, [(Question::any(url), nothing(after_ms))]) };
    check(&call("POST", url, &[]), &failure("unreachable", "Failed to fetch"), &around, cause, remedy);
}

fn says(state: &str) -> Nearby {
    Nearby { private: state.to_owned(), this_machine: state.to_owned(), is_insecure: false }
}

#[test]
fn what_a_browser_keeps_from_nearer_networks() {
    let (far, private, here) = ("https://page.example", "https://192.168.0.7:5001", "http://127.0.0.1:5001");
    check_nearby(
        far,
        private,
        3.0,
        &says("denied"),
        "192.168.0.7 is an address of a private network, and the browser does not let this page go there (denied).",
        "Click the icon left of the address bar, allow access to devices on the local network, then try again.",
    );
    check_nearby(
        far,
        here,
        3.0,
        &says("denied"),
        "127.0.0.1 is this machine itself, and the browser does not let this page go there (denied).",
        "Click the icon left of the address bar, allow access to other apps on this device, then try again.",
    );
    // The two permissions are apart.
    check_nearby(
        far,
        here,
        3.0,
        &Nearby { private: "denied".to_owned(), ..says("granted") },
        "The connection to http://127.0.0.1:5001 was refused: nobody listens on that port.",
        "Check the address and the port, and whether the server runs.",
    );
    check_nearby(
        far,
        here,
        3_001.0,
        &says("prompt"),
        "127.0.0.1 is this machine itself, and the browser asks first whether this page may go there.",
        "Allow access to other apps on this device when the browser asks, then try again.",
    );
    check_nearby(
        "http://page.example",
        "http://chat:5001",
        3.0,
        &Nearby { is_insecure: true, ..says("denied") },
        "chat is an address of a private network, and the browser lets no page go there that came unencrypted from elsewhere.",
        "Open this page by https and allow it when the browser asks, or have a lab of your own serve it from there.",
    );
    // A name tells nothing about where it leads.
    check_nearby(
        "http://page.example",
        "http://chat.example:5001",
        3.0,
        &says("denied"),
        "http://chat.example:5001 could not be reached: there is no host of that name, or nobody listens on that port. A browser does not say which.",
        "Open http://chat.example:5001 in a tab of this browser: it says whether the name or the port is wrong. If it stands in a private network: the browser does not let this page go there (denied).",
    );
}

#[test]
fn an_https_page_and_a_private_address_without_tls() {
    let check_socket = |nearby: &str, cause: &str, remedy: &str| {
        let url = "ws://192.168.0.7:5001";
        let around = around("https://page.example", [(Question::any(url), nothing(3.0))]);
        check(&plain(url), &never_opened(), &Around { nearby: says(nearby), ..around }, cause, remedy);
    };
    // Where a browser knows the permission, it asks for that and makes an exception.
    check_socket(
        "denied",
        "192.168.0.7 is an address of a private network, and the browser does not let this page go there (denied).",
        "Click the icon left of the address bar, allow access to devices on the local network, then try again.",
    );
    check_socket(
        "",
        "This page came by https, so the browser lets it reach only encrypted servers, and ws://192.168.0.7:5001 is not.",
        "Use wss://192.168.0.7:5001 if the server has it, or open this page by http, as a lab of your own serves it.",
    );
    // Not so for requests.
    check_nearby(
        "https://page.example",
        "http://192.168.0.7:5001",
        3.0,
        &says("granted"),
        "This page came by https, so the browser lets it reach only encrypted servers, and http://192.168.0.7:5001 is not.",
        "Use https://192.168.0.7:5001 if the server has it, or open this page by http, as a lab of your own serves it.",
    );
}

#[test]
fn where_a_browser_keeps_nobody_from() {
    let refused = "The connection to http://10.0.0.7 was refused: nobody listens on that port.";
    let check = |page, state| {
        let remedy = "Check the address and the port, and whether the server runs.";
        check_nearby(page, "http://10.0.0.7", 3.0, &says(state), refused, remedy);
    };
    check("http://page.example", "granted");
    // It would have asked, and somebody would have taken their time to answer.
    check("http://page.example", "prompt");
    // It knows no such permission.
    check("http://page.example", "");
    // The page comes from such a network itself.
    check("http://192.168.0.2:4280", "denied");
    check("http://lab.local", "denied");
}

#[test]
fn what_cors_needs() {
    let url = "http://chat.example/api/login";
    let hidden = failure("cors", "http://chat.example answers, but does not allow pages from http://127.0.0.1:4280");
    let cause = "http://chat.example answers, but does not allow pages from http://127.0.0.1:4280 to read it (CORS).";
    let around = around(PAGE, [(Question::any(url), QuestionSeen::Hidden)]);
    check(
        &call("GET", url, &[]),
        &hidden,
        &around,
        cause,
        "Have the server send: Access-Control-Allow-Origin: http://127.0.0.1:4280",
    );
    check(
        &call("POST", url, &["content-type", "x-auth-token"]),
        &hidden,
        &around,
        cause,
        "Have the server send (its answer to OPTIONS, too): Access-Control-Allow-Origin: http://127.0.0.1:4280; Access-Control-Allow-Methods: POST; Access-Control-Allow-Headers: content-type, x-auth-token",
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn what_a_request_is_answered() {
    let login = call("POST", "http://chat.example/api/login", &[]);
    let none = around(PAGE, []);
    check(
        &login,
        &failure("INVALID", r#"HTTP 401 {"message":"wrong password"}"#),
        &none,
        "http://chat.example refused the login: wrong password",
        "Check the accounts and tokens of the plan: right server, not expired, registered.",
    );
    check(
        &login,
        &failure("404", "HTTP 404 <h1>Not Found</h1>"),
        &none,
        "http://chat.example has nothing at this address (404): <h1>Not Found</h1>",
        "Check the server's address and the path in the scenario: the API may live elsewhere or under a prefix.",
    );
    check(
        &login,
        &failure("404", r#"HTTP 404 {"success":false,"message":"Chat room r1 not found"}"#),
        &none,
        "The server knows no such room: Chat room r1 not found",
        "Check the room in the plan's variables, or let the scenario create one.",
    );
    check(
        &login,
        &failure("404", r#"HTTP 404 {"status":404,"error":"Not Found","path":"/api/rooms/r1/join"}"#),
        &none,
        "http://chat.example has nothing at this address (404): Not Found",
        "Check the server's address and the path in the scenario: the API may live elsewhere or under a prefix.",
    );
    check(
        &login,
        &failure("429", r#"HTTP 429 {"message":"slow down"}"#),
        &none,
        "The server limits the rate already for one user: slow down (429)",
        "Raise the server's limit for the test, give users a longer interval, or use several accounts and addresses.",
    );
    check(
        &login,
        &failure("503", "HTTP 503 busy"),
        &none,
        "http://chat.example failed by itself (503): busy",
        "Look into the server's log at this moment; nothing in this browser causes it.",
    );
    check(
        &login,
        &failure("timeout", "no answer within 30 s"),
        &none,
        "http://chat.example took the request and has not answered in time.",
        "Look whether the server is busy or waits for something, or give the step a longer timeout_s.",
    );
    check(
        &login,
        &failure("not_allowed", ""),
        &none,
        "Load on http://chat.example has not been allowed in this browser; the server named it, not the plan.",
        "Add the host under \"Hosts and limits\" if you may test it.",
    );
    check(
        &login,
        &failure("not_allowed", "http://chat.example: the plan does not name that host, so nobody was asked about it"),
        &none,
        "The plan does not name the host of http://chat.example: its address was made up, or a server gave it.",
        "If you may test that host, name it in the population's \"hosts\".",
    );
    check(
        &login,
        &failure("redirected", ""),
        &none,
        "http://chat.example sends this request elsewhere (a redirect), and a page cannot see where to.",
        "Put the final address into the plan: open it in a tab to see where it leads, often it is https or a slash at the end. \
         Or let the population follow: \"redirects\": \"follow\", with every host that it may reach in \"hosts\".",
    );
    check(
        &login,
        &failure("body_too_large", "HTTP 200 with more than the 8.4 MB that are read"),
        &none,
        "The answer of http://chat.example is longer than what is read of one: HTTP 200 with more than the 8.4 MB that are read",
        "Ask for less at a time, or raise the plan's answer_limit_mib.",
    );
}

#[test]
fn a_websocket_follows_no_redirect() {
    let cause = "ws://chat.example answers at /socket.io/ with a redirect, and browsers follow none for a WebSocket.";
    let remedy = "Put the final address into the plan: open it in a tab to see where it leads.";
    let there = (Question::any(CHAT), QuestionSeen::Hidden);
    let engine = (Question::engine(CHAT, 4), QuestionSeen::Redirect);
    check(&chat(CHAT), &never_opened(), &around(PAGE, [there.clone(), engine]), cause, remedy);
    let read = (Question::read(CHAT), QuestionSeen::Redirect);
    check(&plain(CHAT), &never_opened(), &around(PAGE, [there, read]), cause, remedy);
}

#[test]
fn what_refuses_a_websocket() {
    let (four, three) = (Question::engine(CHAT, 4), Question::engine(CHAT, 3));
    let there = (Question::any(CHAT), QuestionSeen::Hidden);
    let old =
        "ws://chat.example speaks Engine.IO 3 (Socket.IO 2), and tabswarm speaks Engine.IO 4 (Socket.IO 3 and later).";
    let update = "Update the server to Socket.IO 3 or later, or point the plan at one that is.";
    let version = said(400, r#"{"code":5,"message":"Unsupported protocol version"}"#);
    check(&chat(CHAT), &never_opened(), &around(PAGE, [there.clone(), (four.clone(), version)]), old, update);
    let answers = [there.clone(), (four.clone(), QuestionSeen::Hidden), (three, said(200, r#"96:0{"sid":"a"}"#))];
    check(&chat(CHAT), &failure("timeout", ""), &around(PAGE, answers), old, update);
    check(
        &chat(CHAT),
        &never_opened(),
        &around(PAGE, [there.clone(), (four.clone(), said(404, ""))]),
        "ws://chat.example has no WebSocket endpoint at /socket.io/ (404).",
        "Set the scenario's connect.path to where the server has its endpoint.",
    );
    let other = "ws://chat.example/chat/";
    let answers = [(Question::engine(other, 4), said(404, "")), (four.clone(), said(200, "0{\"sid\":\"a\"}"))];
    check(
        &chat(other),
        &never_opened(),
        &around(PAGE, answers),
        "ws://chat.example has no WebSocket endpoint at /chat/ (404).",
        "Set the scenario's connect.path to /socket.io/: there is one.",
    );
    check(
        &chat(CHAT),
        &never_opened(),
        &around(PAGE, [there.clone(), (four.clone(), said(403, r#"{"code":4,"message":"Forbidden"}"#))]),
        "ws://chat.example refuses pages from the Origin http://127.0.0.1:4280: Forbidden",
        &format!("Add http://127.0.0.1:4280 to the origins that the server accepts. {ORIGIN_SWITCHES}"),
    );
    check(
        &chat(CHAT),
        &never_opened(),
        &around(PAGE, [there.clone(), (four, said(200, "0{\"sid\":\"a\"}"))]),
        "ws://chat.example speaks Engine.IO 4 to plain requests, but refuses the WebSocket: it does not accept the Origin http://127.0.0.1:4280, or a proxy passes no WebSockets.",
        &format!(
            "Allow the Origin http://127.0.0.1:4280 on the server, or let the proxy pass `Upgrade: websocket`. {ORIGIN_SWITCHES}"
        ),
    );
    check(
        &plain("ws://chat.example/ws"),
        &never_opened(),
        &around(PAGE, [there]),
        "ws://chat.example answers, but refuses the WebSocket, and the browser hides why: it does not accept the Origin http://127.0.0.1:4280, the path is wrong, or a proxy passes no WebSockets.",
        &format!(
            "Allow the Origin http://127.0.0.1:4280 on the server, check the path /ws, and let the proxy pass `Upgrade: websocket`. {ORIGIN_SWITCHES}"
        ),
    );
    check(
        &plain("ws://chat.example/ws"),
        &failure("closed 1013", "the WebSocket closed with 1013 before it was usable: try later"),
        &around(PAGE, []),
        "ws://chat.example opened the WebSocket and closed it with 1013 (it is too busy) and said: try later",
        "Try again later, with fewer users, or look what keeps the server busy.",
    );
}

/// A server that opens the WebSocket and then closes it, while a plain GET of the same address is a 404, as it is on many.
#[test]
fn what_was_opened_and_closed_is_told_by_its_code() {
    let address = "ws://chat.example/ws";
    let plain_get = [(Question::any(address), QuestionSeen::Hidden), (Question::read(address), said(404, ""))];
    let beside = around(PAGE, plain_get);
    let beside_chat = around(PAGE, [(Question::engine(CHAT, 4), said(404, ""))]);
    let lost = |code: u16| failure(&format!("lost: closed {code}"), "on its way: join");
    let before = |code: u16, reason: &str| {
        let words = format!("the WebSocket closed with {code} before it was usable: {reason}");
        failure(&format!("closed {code}"), &words)
    };
    let opened = |rest: &str| format!("ws://chat.example opened the WebSocket and closed it with {rest}");
    let cases = [
        (lost(4401), "4401 (a code of its own) without a reason", "By its number it may be about"),
        (lost(1008), "1008 (against its rules) without a reason", "Mostly that is a token"),
        (lost(1009), "1009 (a frame was longer than it takes) without a reason", "Send less at a time"),
        (lost(1006), "1006 (cut off without a word) without a reason", "Look into the server's log, and"),
        (lost(4242), "4242 (a code of its own) without a reason", "Look the code up"),
        (before(1011, "boom"), "1011 (a fault in the server) and said: boom", "Look into the server's log at"),
        (before(4003, "no key"), "4003 (a code of its own) and said: no key", "By its number it may be about"),
        (before(1005, ""), "1005 (no code) without a reason", "Check what the user sends first"),
    ];
    for (failure, cause, remedy) in cases {
        let found = diagnose(&failure, &plain(address), &beside);
        assert_eq!(found.cause, opened(cause));
        assert!(found.remedy.starts_with(remedy), "{}", found.remedy);
    }
    for code in [1008, 4401] {
        let found = diagnose(&lost(code), &chat(CHAT), &beside_chat);
        assert!(found.cause.starts_with(&opened(&code.to_string())), "{}", found.cause);
    }
}

/// Requests are blind where a server sends no CORS headers; a WebSocket is not.
#[test]
fn what_a_websocket_of_our_own_finds() {
    let hello = || QuestionSeen::Opened { first: r#"0{"sid":"a"}"#.to_owned() };
    let other_path = "ws://chat.example/chat/";
    let hidden = (Question::any(CHAT), QuestionSeen::Hidden);
    #[track_caller]
    fn cause(kind: &StepKind, failure: &Failure, seen: Vec<(Question, QuestionSeen)>, expected: &str) {
        assert_eq!(diagnose(failure, kind, &around(PAGE, seen)).cause, expected);
    }
    let never = never_opened();
    cause(
        &chat(CHAT),
        &never,
        vec![hidden.clone(), (Question::socket(CHAT, 4), hello())],
        "ws://chat.example lets a WebSocket in at /socket.io/, and not this user's.",
    );
    let old = vec![hidden.clone(), (Question::socket(CHAT, 4), nothing(5.0)), (Question::socket(CHAT, 3), hello())];
    let speaks_old =
        "ws://chat.example speaks Engine.IO 3 (Socket.IO 2), and tabswarm speaks Engine.IO 4 (Socket.IO 3 and later).";
    cause(&chat(CHAT), &never, old, speaks_old);
    let elsewhere = vec![hidden.clone(), (Question::usual_socket(other_path), hello())];
    let there = "ws://chat.example lets no WebSocket in at /chat/, and has Socket.IO at /socket.io/.";
    cause(&chat(other_path), &never, elsewhere.clone(), there);
    let swapped = vec![hidden.clone(), (Question::usual_socket("http://chat.example:5002"), hello())];
    let other = "ws://chat.example lets no Socket.IO in, and ws://chat.example:5002 does.";
    cause(&chat(CHAT), &never, swapped, other);
    // A WebSocket that opened and then was closed has found the endpoint.
    let closed = failure("lost: closed 4401", "on its way: join");
    let own = "ws://chat.example opened the WebSocket and closed it with 4401 (a code of its own) without a reason";
    cause(&chat(other_path), &closed, elsewhere, own);
    let api = call("POST", "http://chat.example/api/login", &[]);
    let here =
        vec![(Question::any(CHAT), QuestionSeen::Hidden), (Question::usual_socket("http://chat.example"), hello())];
    let no_api =
        "http://chat.example is where Socket.IO lives; nothing of an API that this page could read is at /api/login.";
    cause(&api, &failure("cors", ""), here.clone(), no_api);
    cause(&api, &failure("404", "HTTP 404 Cannot POST /api/login"), here.clone(), no_api);
    // An API that has nothing of that name is one.
    let no_room = failure("404", r#"HTTP 404 {"message":"room not found"}"#);
    cause(&api, &no_room, here, "The server knows no such room: room not found");
}

#[test]
fn what_a_server_says_no_to() {
    let none = around(PAGE, []);
    check(
        &chat(CHAT),
        &failure("Authentication error", r#"{"message":"Authentication error"}"#),
        &none,
        "ws://chat.example does not let this user in: Authentication error",
        "Check the accounts and tokens of the plan: right server, not expired, registered.",
    );
    check(
        &chat(CHAT),
        &failure("Invalid namespace", r#"{"message":"Invalid namespace"}"#),
        &none,
        "ws://chat.example has no namespace of this name: Invalid namespace",
        "Check the scenario's connect.namespace; the main one is /.",
    );
    check(
        &call("POST", "http://chat.example/signup", &[]),
        &failure("403", r#"HTTP 403 {"message":"nickname already exists"}"#),
        &none,
        "The server has this name or account already: nickname already exists (403)",
        "Let the names differ from run to run: `{run}` in the accounts' patterns, or `${run.id}` in the scenario.",
    );
    check(
        &StepKind::Enter,
        &failure("채팅방을 찾을 수 없습니다.", r#"joinRoomError {"message":"채팅방을 찾을 수 없습니다."}"#),
        &none,
        "The server knows no such room: 채팅방을 찾을 수 없습니다.",
        "Check the room in the plan's variables, or let the scenario create one.",
    );
    check(
        &StepKind::Message,
        &failure("RATE_LIMIT_EXCEEDED", "too fast"),
        &none,
        "The server limits the rate already for one user: too fast (RATE_LIMIT_EXCEEDED)",
        "Raise the server's limit for the test, give users a longer interval, or use several accounts and addresses.",
    );
    check(
        &StepKind::Message,
        &failure("MESSAGE_REJECTED", "금칙어가 포함된 메시지는 전송할 수 없습니다."),
        &none,
        "The server rejects what the message says: 금칙어가 포함된 메시지는 전송할 수 없습니다. (MESSAGE_REJECTED)",
        "Change the messages' text in the scenario, or take the word from the server's list for the test.",
    );
    check(
        &StepKind::Enter,
        &failure("timeout", ""),
        &none,
        "The server has not answered `join` in time.",
        "Check the names of the events that the scenario sends and waits for, or give the step a longer timeout_s.",
    );
    check(
        &StepKind::Emit,
        &failure("E42", "odd"),
        &none,
        "The server answered `join` with an error: odd (E42)",
        "Look the code up in the server's log; the scenario may send something else than the server expects.",
    );
}

#[test]
fn what_a_voice_does_not_say() {
    let none = around(PAGE, []);
    check(
        &StepKind::Listen,
        &failure("no greeting", "the service stayed silent"),
        &none,
        "The voice service let the user in and never said a word.",
        "Check the service's key for its speech provider and its log; nothing of the user's is to blame yet.",
    );
    check(
        &StepKind::Listen,
        &failure("no answer", "the service stayed silent"),
        &none,
        "The voice service heard a turn and stayed silent.",
        "Check that it hears: the audio's rate and format, the clip, and how it finds the end of a turn.",
    );
}
