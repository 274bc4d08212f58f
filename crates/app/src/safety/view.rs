//! What is said when something is asked.

use crate::format;
use plan::HostLoad;

/// What a host gets, in one line.
pub fn in_words(load: &HostLoad) -> String {
    let users = if load.users == 1 { "user" } else { "users" };
    format!(
        "up to {} {users} at a time, {} of them new within a second at most, for {}",
        format::count(load.users.into()),
        format::number(load.rate),
        format::duration(load.seconds)
    )
}

/// What is asked of everybody once.
pub const FAIR_USE: [&str; 4] = [
    "Tabswarm puts real load on real servers. Use it on servers that you run, or whose owner has said that you may.",
    "A network, a CDN or a cloud provider stands between you and the server: they may have rules for load tests, too.",
    "Begin small, watch the server, and stop when somebody else suffers.",
    "Use accounts and data that were made for tests.",
];
