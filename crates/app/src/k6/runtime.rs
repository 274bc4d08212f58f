//! The part of a script that is the same for every plan: plain JavaScript files that play the scenario, one behind the other.

use super::section;

/// What a file needs at its start stands before it.
const FILES: [(&str, &str); 10] = [
    ("Values, as the scenario's expressions treat them", include_str!("runtime/values.js")),
    ("Expressions", include_str!("runtime/expressions.js")),
    ("Steps", include_str!("runtime/steps.js")),
    ("Connections", include_str!("runtime/links.js")),
    ("Socket.IO", include_str!("runtime/socketio.js")),
    ("Plain WebSocket", include_str!("runtime/websocket.js")),
    ("A user", include_str!("runtime/user.js")),
    ("The load", include_str!("runtime/load.js")),
    ("Accounts", include_str!("runtime/accounts.js")),
    ("The populations", include_str!("runtime/populations.js")),
];

/// Titled sections.
pub fn sections() -> String {
    FILES.map(|(title, text)| section(title) + text).join("\n")
}
