//! The tag every ledgered message carries in its text.
//!
//! `~run-sender-sequence-sent~`, numbers in base 36, a dot after every third digit from the left, so that no four
//! alphanumerics stand together: banned-word filters of the known kind reject substrings of four and more. Plain
//! ASCII without anything that JSON escapes, so it is found in a raw frame.

use super::user::UserId;
use base::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    pub sender: UserId,
    pub sequence: u32,
    pub sent_at: Timestamp,
}

impl Tag {
    /// Appends the tag's text. `run` is the run's three-character id.
    pub fn write(&self, run: &str, out: &mut String) {
        out.push('~');
        out.push_str(run);
        for number in [u64::from(self.sender.0), u64::from(self.sequence), self.sent_at.as_micros()] {
            out.push('-');
            write_number(number, out);
        }
        out.push('~');
    }

    /// The first tag of this run in `text` (which may be a whole raw frame), if there is one.
    pub fn find(run: &str, text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        memchr::memchr_iter(b'~', bytes).find_map(|tilde| Self::parse(run, &bytes[tilde + 1..]))
    }

    /// What follows an opening tilde. A sequence of `u32::MAX` is nobody's: no sender gets that far, and ranges of
    /// sequences can then end behind their last one.
    fn parse(run: &str, text: &[u8]) -> Option<Self> {
        let text = text.strip_prefix(run.as_bytes())?;
        let (sender, text) = read_number(text.strip_prefix(b"-")?)?;
        let (sequence, text) = read_number(text.strip_prefix(b"-")?)?;
        let (sent_at, text) = read_number(text.strip_prefix(b"-")?)?;
        text.strip_prefix(b"~")?;
        Some(Self {
            sender: UserId(u32::try_from(sender).ok()?),
            sequence: u32::try_from(sequence).ok().filter(|&sequence| sequence < u32::MAX)?,
            sent_at: Timestamp::from_micros(sent_at),
        })
    }
}

fn write_number(mut number: u64, out: &mut String) {
    let mut digits = [0u8; MAX_DIGITS];
    let mut first = MAX_DIGITS;
    loop {
        first -= 1;
        digits[first] = DIGITS[(number % 36) as usize];
        number /= 36;
        if number == 0 {
            break;
        }
    }
    for (place, &digit) in digits[first..].iter().enumerate() {
        if place > 0 && place % 3 == 0 {
            out.push('.');
        }
        out.push(char::from(digit));
    }
}

/// Reads what `write_number` writes: the number, and the text behind it.
fn read_number(text: &[u8]) -> Option<(u64, &[u8])> {
    let (mut number, mut digits, mut end) = (0u64, 0, 0);
    loop {
        let dotted = digits > 0 && digits % 3 == 0;
        let place = end + usize::from(dotted);
        let next = text.get(place).copied().and_then(digit).filter(|_| !dotted || text[end] == b'.');
        let Some(digit) = next else { return (digits > 0).then(|| (number, &text[end..])) };
        number = number.checked_mul(36)?.checked_add(digit)?;
        digits += 1;
        end = place + 1;
    }
}

fn digit(byte: u8) -> Option<u64> {
    match byte {
        b'0'..=b'9' => Some(u64::from(byte - b'0')),
        b'a'..=b'z' => Some(u64::from(byte - b'a') + 10),
        _ => None,
    }
}

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
/// 36^13 is more than 2^64.
const MAX_DIGITS: usize = 13;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tag(sender: u32, sequence: u32, sent_at: u64) -> Tag {
        Tag { sender: UserId(sender), sequence, sent_at: Timestamp::from_micros(sent_at) }
    }

    #[track_caller]
    fn check(text: &str, expected: Option<Tag>) {
        assert_eq!(Tag::find("a1b", text), expected, "{text}");
    }

    #[test]
    fn is_written_with_a_dot_after_every_third_digit() {
        let mut text = String::new();
        tag(1 << 24, 46_656, 3_600_000_000).write("a1b", &mut text);
        assert_eq!(text, "~a1b-9zl.ds-100.0-1nj.chs.0~");
    }

    #[test]
    fn is_found_in_frames_and_nowhere_else() {
        check(r#"42["message",{"content":"hi ~a1b-1-2-3~ there"}]"#, Some(tag(1, 2, 3)));
        check("~~~a1b-1-2-3~", Some(tag(1, 2, 3)));
        check("~x~a1b-0-0-0~~a1b-1-1-1~", Some(tag(0, 0, 0)));
        check("", None);
        check("~", None);
        check("no tag", None);
        check("~zzz-1-2-3~", None);
        check("~a1b-1-2-3", None);
        check("~a1b-1-2~", None);
        check("~a1b--2-3~", None);
        check("~a1b-A-2-3~", None);
        check("~a1b-1234-2-3~", None);
        check("~a1b-123.-2-3~", None);
        check("~a1b-zzz.zzz.zzz-2-3~", None);
        check("~a1b-1-1z1.41z.3-3~", None);
        check("~a1b-1-2-zzz.zzz.zzz.zzz.zzz.zzz~", None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_found(
            sender: u32, sequence in 0..u32::MAX, sent_at: u64, run in "[0-9a-z]{3}", before: String, after: String
        ) {
            let tag = tag(sender, sequence, sent_at);
            let mut text = before.replace('~', "");
            tag.write(&run, &mut text);
            text.push_str(&after);
            prop_assert_eq!(Tag::find(&run, &text), Some(tag));
        }

        #[test]
        fn no_four_alphanumerics_stand_together(sender: u32, sequence: u32, sent_at: u64, run in "[0-9a-z]{3}") {
            let mut text = String::new();
            tag(sender, sequence, sent_at).write(&run, &mut text);
            let longest = text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::len).max();
            prop_assert!(longest <= Some(3), "{text}");
        }

        #[test]
        fn hostile_text_never_panics(text in "(~a1b|[-~.0-9a-zA-Zü]){0,60}", any: String) {
            Tag::find("a1b", &text);
            Tag::find("a1b", &any);
        }
    }
}
