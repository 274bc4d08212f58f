//! The part of a script that is the same for every plan: plain JavaScript files, of which a script takes what it uses.

const VALUES: &str = include_str!("runtime/values.js");
const LOAD: &str = include_str!("runtime/load.js");
const LINKS: &str = include_str!("runtime/links.js");
const SOCKETIO: &str = include_str!("runtime/socketio.js");
const WEBSOCKET: &str = include_str!("runtime/websocket.js");
const USER: &str = include_str!("runtime/user.js");
const ROWS: &str = include_str!("runtime/rows.js");

pub struct Needs {
    pub socketio: bool,
    pub websocket: bool,
    pub files: bool,
}

/// Titled sections; of the helpers only those that `script` or another section calls.
pub fn sections(needs: &Needs, script: &str) -> String {
    let mut chosen = vec![("The load", LOAD), ("A user", USER), ("Connections", LINKS)];
    chosen.extend(needs.socketio.then_some(("Socket.IO", SOCKETIO)));
    chosen.extend(needs.websocket.then_some(("Plain WebSocket", WEBSOCKET)));
    chosen.extend(needs.files.then_some(("Accounts", ROWS)));
    let text = chosen.iter().map(|(title, text)| super::section(title) + text).collect::<Vec<_>>().join("\n");
    let values = called(&(script.to_owned() + &text));
    format!("{text}\n{}{values}", super::section("Values, as the scenario's expressions treat them"))
}

/// The helpers that are called, also by each other.
fn called(by: &str) -> String {
    let chunks: Vec<&str> = VALUES.trim_end().split("\n\n").collect();
    let name = |chunk: &str| {
        let head = chunk.split("function ").nth(1).unwrap_or_default();
        head.split('(').next().unwrap_or_default().to_owned()
    };
    let mut kept = vec![false; chunks.len()];
    let mut text = by.to_owned();
    loop {
        let calls = |chunk: &str| {
            text.match_indices(&format!("{}(", name(chunk)))
                .any(|(at, _)| !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.'))
        };
        let Some(place) = (0..chunks.len()).find(|&place| !kept[place] && calls(chunks[place])) else { break };
        kept[place] = true;
        text.push_str(chunks[place]);
    }
    let chosen: Vec<&str> = chunks.iter().zip(kept).filter(|(_, kept)| *kept).map(|(chunk, _)| *chunk).collect();
    chosen.join("\n\n") + "\n"
}
