//! The WebSocket URL of a session, from what people type.

use super::session::SessionConfig;

/// Socket.IO: the base's own path, then `path` with slashes around it, then the Engine.IO query. Plain: the base as it is.
/// Both: the base's query is kept, `query` is added percent-encoded, a fragment is dropped.
pub fn websocket_url(config: &SessionConfig, base: &str, path: &str, query: &[(String, String)]) -> String {
    let base = base.trim();
    let base = base.split_once('#').map_or(base, |(before, _)| before);
    let (address, own_query) = base.split_once('?').unwrap_or((base, ""));
    let mut url = websocket_scheme(address);
    let mut pairs: Vec<String> = Vec::new();
    if let SessionConfig::SocketIo { .. } = config {
        url.truncate(url.trim_end_matches('/').len());
        url.push('/');
        let path = path.trim_matches('/');
        if !path.is_empty() {
            url.push_str(path);
            url.push('/');
        }
        pairs.push("EIO=4&transport=websocket".to_owned());
    }
    if !own_query.is_empty() {
        pairs.push(own_query.to_owned());
    }
    // As in the official client, nobody overrides the version and the transport.
    let reserved = |key: &str| matches!(config, SessionConfig::SocketIo { .. }) && matches!(key, "EIO" | "transport");
    let added = query.iter().filter(|(key, _)| !reserved(key));
    pairs.extend(added.map(|(key, value)| format!("{}={}", encode_component(key), encode_component(value))));
    if !pairs.is_empty() {
        url.push('?');
        url.push_str(&pairs.join("&"));
    }
    url
}

/// http and https become ws and wss; an address without a scheme gets ws.
fn websocket_scheme(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return format!("ws://{address}") };
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "http" => "ws".to_owned(),
        "https" => "wss".to_owned(),
        other => other.to_owned(),
    };
    format!("{scheme}://{rest}")
}

/// The host of an http, https, ws or wss address in lower case, without port and brackets; `None`: it is no such address.
pub fn host(address: &str) -> Option<String> {
    let (scheme, rest) = address.trim().split_once("://")?;
    if !["http", "https", "ws", "wss"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return None;
    }
    // Browsers take a backslash for a slash here.
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let name = match place.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => place.split(':').next().unwrap_or_default(),
    };
    (!name.is_empty()).then(|| name.to_ascii_lowercase())
}

/// Host and port of such an address, like `chat.example:443` or `[::1]:80`; only its host where the port is yet to be computed.
pub fn place(address: &str) -> Option<String> {
    let host = host(address)?;
    let (scheme, rest) = address.trim().split_once("://")?;
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let after = place.rsplit_once(']').map_or(place, |(_, after)| after);
    let written = after.split_once(':').map(|(_, port)| port).filter(|port| !port.is_empty());
    let usual = if ["https", "wss"].iter().any(|secure| scheme.eq_ignore_ascii_case(secure)) { 443 } else { 80 };
    let port = written.map_or(Some(usual), |port| port.parse::<u16>().ok());
    let host = place_of_host(&host);
    Some(port.map_or(host.clone(), |port| format!("{host}:{port}")))
}

/// Any port of a host.
pub fn place_of_host(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// The host of a [`place`].
pub fn host_of_place(place: &str) -> &str {
    match place.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => place.split(':').next().unwrap_or_default(),
    }
}

/// What a browser takes for this machine, however it is written: more than [`is_loopback`], for a person has to be told.
pub fn means_this_machine(host: &str) -> bool {
    let name = host.trim_end_matches('.');
    let is_number = |part: &str| {
        let digits = part.strip_prefix("0x").map_or(part, |_| "0");
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    // `127.1`, `0177.0.0.1`, `0x7f000001`, `2130706433` and `0.0.0.0` are addresses to a browser.
    let is_odd_address = name.split('.').all(is_number) && name.parse::<std::net::Ipv4Addr>().is_err();
    let in_six = name.parse::<std::net::Ipv6Addr>().is_ok_and(|address| {
        address.is_unspecified()
            || address.to_ipv4_mapped().is_some_and(|four| four.is_loopback() || four.is_unspecified())
    });
    is_loopback(name) || name == "0.0.0.0" || name.ends_with(".localhost") || is_odd_address || in_six
}

/// Scheme, host and port of an address, like `https://example.org:8443`.
pub fn origin(address: &str) -> String {
    let address = address.trim();
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    format!("{}://{}", scheme.to_ascii_lowercase(), place.to_ascii_lowercase())
}

/// The host is this machine itself.
pub fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host == "::1"
        || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// As `encodeURIComponent` does it: everything but letters, digits and `-_.!~*'()` becomes percent and hex digits.
pub fn encode_component(text: &str) -> String {
    use std::fmt::Write as _;

    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            encoded.push(byte.into());
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    encoded
}

/// What [`encode_component`] encoded. What is no valid percent encoding stays as it is.
pub fn decode_component(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend(before.bytes());
        match after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(b'%');
                rest = after;
            }
        }
    }
    bytes.extend(rest.bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_as_a_browser_finds_them() {
        #[track_caller]
        fn check(address: &str, expected: Option<&str>) {
            assert_eq!(host(address).as_deref(), expected, "{address}");
        }
        check("http://Chat.example:5001/api", Some("chat.example"));
        check(" wss://chat.example", Some("chat.example"));
        check("HTTPS://me:secret@chat.example/", Some("chat.example"));
        check("http://127.0.0.1@evil.example/", Some("evil.example"));
        check("http://evil.example\\@127.0.0.1/", Some("evil.example"));
        check("ws://[::1]:80/x", Some("::1"));
        check("http://${host}/x", Some("${host}"));
        check("ftp://a", None);
        check("http://", None);
        check("no address", None);
    }

    #[test]
    fn loopback_is_this_machine_and_no_name_that_looks_like_it() {
        for (host, expected) in [
            ("localhost", true),
            ("127.0.0.1", true),
            ("127.9.9.9", true),
            ("::1", true),
            ("127.0.0.1.evil.example", false),
            ("127.evil.example", false),
            ("0.0.0.0", false),
            ("localhost.example", false),
        ] {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }

    #[test]
    fn a_place_is_a_host_and_a_port() {
        #[track_caller]
        fn check(address: &str, expected: Option<&str>) {
            assert_eq!(place(address).as_deref(), expected, "{address}");
        }
        check("http://Chat.example:5001/api", Some("chat.example:5001"));
        check("ws://chat.example/x:9", Some("chat.example:80"));
        check("HTTPS://me:7@chat.example", Some("chat.example:443"));
        check("wss://[::1]/x", Some("[::1]:443"));
        check("ws://[::1]:80/x", Some("[::1]:80"));
        check("http://127.0.0.1:${port}/x", Some("127.0.0.1"));
        check("http://127.0.0.1:99999/", Some("127.0.0.1"));
        check("no address", None);
        for (place, host) in [("chat.example:80", "chat.example"), ("[::1]:80", "::1"), ("127.0.0.1", "127.0.0.1")] {
            assert_eq!(host_of_place(place), host);
        }
    }

    #[test]
    fn this_machine_is_known_however_it_is_written() {
        let own = [
            "localhost",
            "a.localhost",
            "localhost.",
            "127.1",
            "2130706433",
            "0x7f.1",
            "0.0.0.0",
            "::",
            "::ffff:127.0.0.1",
        ];
        own.iter().for_each(|host| assert!(means_this_machine(host), "{host}"));
        let others = ["10.0.0.1", "chat.example", "127.0.0.1.evil.example", "localhost.example", "::2", "3com.example"];
        others.iter().for_each(|host| assert!(!means_this_machine(host), "{host}"));
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        #[track_caller]
        fn check(encoded: &str, text: &str) {
            assert_eq!(decode_component(encoded), text);
        }
        check(&encode_component("wss://ü.example/a b?c=%"), "wss://ü.example/a b?c=%");
        check("100%", "100%");
        check("%zz%4", "%zz%4");
        check("%41%", "A%");
        check("%ff", "\u{fffd}");
        check("%ü", "%ü");
    }

    fn pairs(query: &[(&str, &str)]) -> Vec<(String, String)> {
        query.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn socketio_urls() {
        #[track_caller]
        fn check(base: &str, path: &str, query: &[(&str, &str)], expected: &str) {
            let config = SessionConfig::SocketIo { namespace: "/chat".to_owned(), auth: None };
            assert_eq!(websocket_url(&config, base, path, &pairs(query)), expected);
        }
        let plain = "ws://h:5002/socket.io/?EIO=4&transport=websocket";
        check("http://h:5002", "/socket.io/", &[], plain);
        check("http://h:5002/", "/socket.io/", &[], plain);
        check("ws://h:5002//", "socket.io", &[], plain);
        check("h:5002", "/socket.io", &[], plain);
        check(" HTTP://h:5002#there ", "/socket.io/", &[], plain);
        check("https://h", "/socket.io/", &[], "wss://h/socket.io/?EIO=4&transport=websocket");
        check("wss://h/proxy/", "/io/v4/", &[], "wss://h/proxy/io/v4/?EIO=4&transport=websocket");
        check("http://h", "/", &[], "ws://h/?EIO=4&transport=websocket");
        check("http://h", "", &[], "ws://h/?EIO=4&transport=websocket");
        check("http://[::1]:80", "/s/", &[], "ws://[::1]:80/s/?EIO=4&transport=websocket");
        check("http://h?a=1", "/s/", &[("b", "2")], "ws://h/s/?EIO=4&transport=websocket&a=1&b=2");
        check("http://h", "/s/", &[("EIO", "3"), ("transport", "polling")], "ws://h/s/?EIO=4&transport=websocket");
        check(
            "http://h",
            "/s/",
            &[("token", "a+b/c=d&e f"), ("이름", "é%"), ("", "~*'()!.-_")],
            "ws://h/s/?EIO=4&transport=websocket&token=a%2Bb%2Fc%3Dd%26e%20f&%EC%9D%B4%EB%A6%84=%C3%A9%25&=~*'()!.-_",
        );
    }

    #[test]
    fn plain_urls() {
        #[track_caller]
        fn check(base: &str, query: &[(&str, &str)], expected: &str) {
            let config = SessionConfig::WebSocket { event_field: "type".to_owned() };
            assert_eq!(websocket_url(&config, base, "/socket.io/", &pairs(query)), expected);
        }
        check("ws://h:1/live", &[], "ws://h:1/live");
        check("https://h/live/", &[], "wss://h/live/");
        check("http://h", &[], "ws://h");
        check("http://h/x?room=1", &[("EIO", "3")], "ws://h/x?room=1&EIO=3");
        check("http://h/x?", &[("a", "b c")], "ws://h/x?a=b%20c");
    }
}
