//! What `JSON.parse` reads and serde_json does not.

use super::{ends_scalar, string_end};

/// The same text in a form that serde_json reads: half a surrogate pair, as in a text that was cut in mid-emoji, becomes U+FFFD, and a
/// number beyond all others `null`, as `JSON.stringify` writes it. `None`: there is nothing of the kind in it.
pub fn mended(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut mended = String::with_capacity(text.len());
    // Everything before this is in `mended`.
    let mut done = 0;
    let mut at = 0;
    let mut replace = |from: usize, to: usize, by: &str| {
        mended.push_str(&text[done..from]);
        mended.push_str(by);
        done = to;
    };
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let end = string_end(bytes, at + 1)?;
                halves(bytes, at + 1, end, |from| replace(from, from + ESCAPE, "\\ufffd"));
                at = end + 1;
            }
            b'-' | b'0'..=b'9' => {
                let length = bytes[at..].iter().position(|byte| ends_scalar(*byte)).unwrap_or(bytes.len() - at);
                if is_endless(&text[at..at + length]) {
                    replace(at, at + length, "null");
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    (done > 0).then(|| mended + &text[done..])
}

/// Bytes of `\ud83d`.
const ESCAPE: usize = 6;

/// Calls `found` with the place of each half of a pair that stands alone between two quotes.
fn halves(bytes: &[u8], mut at: usize, end: usize, mut found: impl FnMut(usize)) {
    while at < end {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        at += match (unit(bytes, at), unit(bytes, at + ESCAPE)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 2 * ESCAPE,
            (Some(0xd800..=0xdfff), _) => {
                found(at);
                ESCAPE
            }
            _ => 2,
        };
    }
}

/// The UTF-16 unit whose escape stands at `at`.
fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + ESCAPE)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, byte| Some(unit * 16 + char::from(*byte).to_digit(16)?))
}

/// Whether a number is one by JSON's rules and larger than any that a browser tells from infinity.
fn is_endless(number: &str) -> bool {
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(number).is_ok();
    is_json && number.parse::<f64>().is_ok_and(f64::is_infinite)
}
