//! Places as a visitor is asked about them.

use base::url;

/// Where an address leads, if it is nearer than a person may think.
pub fn nearness(host: &str) -> Option<&'static str> {
    if url::means_this_machine(host) {
        Some("this very machine")
    } else if url::says_private(host) || !host.contains(['.', ':']) {
        Some("a machine of your own network")
    } else {
        None
    }
}

/// A place as it is asked about.
pub fn named(place: &str) -> String {
    let host = url::host_of_place(place);
    let port = if place.len() == url::place_of_host(host).len() { ", any port" } else { "" };
    nearness(host).map_or_else(|| format!("{place}{port}"), |near| format!("{place}{port} ({near})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_named_by_what_they_are_to_a_visitor() {
        #[track_caller]
        fn check(place: &str, expected: &str) {
            assert_eq!(named(place), expected);
        }
        check("127.0.0.1:4280", "127.0.0.1:4280 (this very machine)");
        check("[::1]:80", "[::1]:80 (this very machine)");
        check("127.1", "127.1, any port (this very machine)");
        check("192.168.0.1:80", "192.168.0.1:80 (a machine of your own network)");
        check("printer:80", "printer:80 (a machine of your own network)");
        check("chat.example:443", "chat.example:443");
        check("chat.example", "chat.example, any port");
    }
}
