//! What a browser refuses before it asks anybody.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether a page from `origin` may not reach a host by this protocol (with its colon, as URLs of a browser have it):
/// from an https page only encrypted connections are made, except to the machine itself.
pub fn is_mixed_content(origin: &str, protocol: &str, host: &str) -> bool {
    origin.starts_with("https:") && matches!(protocol, "http:" | "ws:") && !is_loopback(host)
}

/// Whether an address says by itself that it is one of a private network. There Chromium makes an exception from mixed content for
/// the WebSockets of a page that has its permission, though not for requests of its workers.
pub fn says_private(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.ends_with(".local")
        || bare.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_private() || ip.is_link_local())
        || bare.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_unique_local() || ip.is_unicast_link_local())
}

/// As browsers see it: no name but `localhost` is trusted to lead here.
fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host == "[::1]"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_addresses_say_that_they_are_private() {
        for host in ["10.0.0.1", "172.16.0.9", "192.168.0.7", "169.254.1.1", "[fd00::1]", "fe80::1", "chat.local"] {
            assert!(says_private(host), "{host}");
        }
        for host in ["11.0.0.1", "127.0.0.1", "192.0.2.2", "[2001:db8::1]", "::1", "chat.example", "local", "notlocal"]
        {
            assert!(!says_private(host), "{host}");
        }
    }

    #[test]
    fn mixed_content_is_what_an_https_page_may_not_fetch() {
        #[track_caller]
        fn check(origin: &str, protocol: &str, host: &str, expected: bool) {
            assert_eq!(is_mixed_content(origin, protocol, host), expected, "{origin} {protocol} {host}");
        }
        let page = "https://example.org";
        check(page, "http:", "example.net", true);
        check(page, "ws:", "example.org", true);
        check(page, "https:", "example.net", false);
        check(page, "wss:", "example.net", false);
        check("http://example.org", "http:", "example.net", false);
        check("http://127.0.0.1:4280", "ws:", "example.net", false);
        for here in ["localhost", "chat.localhost", "127.0.0.1", "127.8.9.10", "[::1]"] {
            check(page, "ws:", here, false);
        }
        for elsewhere in
            ["127.example.net", "localhost.example.net", "notlocalhost", "10.0.0.1", "192.168.0.7", "[::2]"]
        {
            check(page, "ws:", elsewhere, true);
        }
    }
}
