//! A connection that had opened and was closed: with what, and what that means.

use super::around::{Diagnosis, found};

/// The code and the reason that came stand first, then what the code means, then what to do.
pub fn closed(server: &str, code: &str, words: &str) -> Diagnosis {
    let reason = words.rsplit_once(": ").map_or("", |(_, reason)| reason).trim();
    let is_said = !reason.is_empty() && !words.starts_with("on its way");
    let said = if is_said { format!(" and said: {reason}") } else { " without a reason".to_owned() };
    let (means, remedy) = meaning(code);
    let means = if means.is_empty() { String::new() } else { format!(" ({means})") };
    found(format!("{server} opened the WebSocket and closed it with {code}{means}{said}"), remedy)
}

/// What a close code means (RFC 6455, 7.4.1, and the registry that it began), and what to do about it.
fn meaning(code: &str) -> (&'static str, &'static str) {
    let log = "Look up the code and the reason in the server's log.";
    match code {
        "1000" => ("as if all were done", "The server ends the conversation by itself: look in its log why."),
        "1001" | "1012" => ("the server goes or is started anew", log),
        "1002" | "1003" | "1007" => (
            "it cannot read what was sent",
            "Check the scenario's protocol, its event field and what it sends first; a server may speak with another parser.",
        ),
        "1005" => (
            "no code",
            "Check what the user sends first: a server may not speak this protocol, or with another parser.",
        ),
        "1006" => (
            "cut off without a word",
            "Look into the server's log, and whether a proxy in front of it ends connections.",
        ),
        "1008" => (
            "against its rules",
            "Mostly that is a token, an account or an Origin that the server does not take: check these, and its log.",
        ),
        "1009" => (
            "a frame was longer than it takes",
            "Send less at a time, or raise the server's limit for frames (maxHttpBufferSize, max_size, maxPayload).",
        ),
        "1011" => ("a fault in the server", "Look into the server's log at this moment."),
        "1013" => ("it is too busy", "Try again later, with fewer users, or look what keeps the server busy."),
        "4001" | "4003" | "4401" | "4403" => (
            "a code of its own",
            "By its number it may be about a token or an account: check these, and look the code up in the server's documentation.",
        ),
        code if code.starts_with('4') || code.starts_with('3') => {
            ("a code of its own", "Look the code up in the server's documentation or log.")
        }
        _ => ("", log),
    }
}
