//! Addresses as browsers read them.

pub use super::host::{
    Sketch, UNKNOWN, has_credentials, host, host_of_place, is_loopback, is_public, join, means_this_machine,
    meant_host, named_host, origin, place, place_of_host, scheme, sketched_host, sketched_place,
};
use super::host::{cleaned, known_scheme};
pub use super::reach::{is_mixed_content, says_private};

/// The same address for a WebSocket: http and https become ws and wss; an address without a scheme gets ws.
pub fn websocket_scheme(address: &str) -> String {
    let address = cleaned(address);
    match known_scheme(&address) {
        Some(("http" | "ws", rest)) => format!("ws:{rest}"),
        Some((_, rest)) => format!("wss:{rest}"),
        None if address.contains("://") => address.into_owned(),
        None => format!("ws://{address}"),
    }
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
    fn an_address_for_a_websocket() {
        #[track_caller]
        fn check(address: &str, expected: &str) {
            assert_eq!(websocket_scheme(address), expected, "{address:?}");
        }
        check("http://h:1/x", "ws://h:1/x");
        check(" HTTPS://H ", "wss://H");
        check("ws:h", "ws:h");
        check("http:h", "ws:h");
        check("h:5002", "ws://h:5002");
        check("localhost", "ws://localhost");
        check("\tWss://h/\n", "wss://h/");
        check("ftp://h", "ftp://h");
        check("https.example:1", "ws://https.example:1");
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
}
