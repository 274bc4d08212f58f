//! Addresses as browsers read them.

pub use super::host::{
    Sketch, UNKNOWN, host, host_of_place, is_loopback, is_public, means_this_machine, named_host, place, place_of_host,
    sketched_host, sketched_place,
};
pub use super::reach::{is_mixed_content, says_private};

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
}
