//! The WebSocket URL of a session, from what people type.

pub use super::host::{
    Sketch, UNKNOWN, host, host_of_place, is_loopback, is_public, means_this_machine, named_host, place, place_of_host,
    sketched_host, sketched_place,
};
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
pub fn websocket_scheme(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return format!("ws://{address}") };
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "http" => "ws".to_owned(),
        "https" => "wss".to_owned(),
        other => other.to_owned(),
    };
    format!("{scheme}://{rest}")
}

/// Scheme, host and port of an address, like `https://example.org:8443`.
pub fn origin(address: &str) -> String {
    let address = address.trim();
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    format!("{}://{}", scheme.to_ascii_lowercase(), place.to_ascii_lowercase())
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
