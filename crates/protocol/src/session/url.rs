//! The WebSocket URL of a session, from what people type.

use super::SessionConfig;
use base::url::{encode_component, websocket_scheme};

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

#[cfg(test)]
mod tests {
    use super::*;

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
