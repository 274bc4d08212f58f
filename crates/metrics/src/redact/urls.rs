//! URLs, cookies and other pairs without the secrets that people put into them.

use super::layers::run;
use super::names::{is_rule, is_secret, is_secret_parameter};
use super::spans::{SecretKind, SecretSpan};

/// `user:password@`.
pub fn users(text: &[u8], marks: &mut Vec<SecretSpan>) {
    for start in memchr::memmem::find_iter(text, b"://").map(|at| at + 3) {
        let authority = &text[start..][..run(&text[start..], |byte| !b"/?#".contains(&byte) && !ends_a_url(byte))];
        let Some(at) = authority.iter().rposition(|byte| *byte == b'@') else { continue };
        let user = String::from_utf8_lossy(&authority[..at]);
        if !is_rule(user.split_once(':').map_or(&user, |(_, password)| password)) {
            marks.push(SecretSpan { from: start, to: start + at + 1, what: SecretKind::User });
        }
    }
}

/// `?token=abc`, `connect.sid=abc;`: what stands in a URL's query has shorter names.
pub fn pairs(text: &[u8], marks: &mut Vec<SecretSpan>) {
    let mut expression_end = 0;
    for equals in memchr::memchr_iter(b'=', text) {
        // An expression has signs of its own.
        if let Some(open) = memchr::memmem::rfind(&text[expression_end..equals], b"${") {
            let open = expression_end + open;
            let close = memchr::memchr(b'}', &text[open..]).map_or(text.len(), |close| open + close);
            if close > equals {
                expression_end = equals;
                continue;
            }
        }
        let before = &text[..equals];
        let name_length = before.iter().rev().take_while(|byte| is_of_name(**byte)).count();
        let (before, name) = before.split_at(equals - name_length);
        let Ok(name) = std::str::from_utf8(name) else { continue };
        let is_query = before.last().is_some_and(|byte| b"?&#".contains(byte));
        let is_alone = before.last().is_none_or(|byte| b";,({[".contains(byte) || ends_a_url(*byte));
        if !(is_query && is_secret_parameter(name) || is_alone && is_secret(name)) {
            continue;
        }
        let value = &text[equals + 1..];
        let value = &value
            [..run(value, |byte| !ends_a_url(byte) && !b"&#".contains(&byte) && (is_query || !b";,)".contains(&byte)))];
        let is_comparison = value.starts_with(b"=") || before.ends_with(b"&&");
        if !value.is_empty() && !is_comparison && !is_rule(&String::from_utf8_lossy(value)) {
            marks.push(SecretSpan::value(equals + 1, equals + 1 + value.len()));
        }
    }
}

/// Long random pieces of a path: whoever has the address has what they guard.
pub fn segments(text: &[u8], marks: &mut Vec<SecretSpan>) {
    for slash in memchr::memchr_iter(b'/', text) {
        let segment = &text[slash + 1..];
        let segment = &segment[..run(segment, |byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))];
        if looks_random(segment) && is_in_a_path(text, slash) {
            marks.push(SecretSpan::value(slash + 1, slash + 1 + segment.len()));
        }
    }
}

/// A token of a kind: long, without a word in it. Numbers of records (UUIDs, what MongoDB and others hand out, hashes to 32
/// digits, ULIDs) are none.
pub fn looks_random(text: &[u8]) -> bool {
    if text.len() < SHORTEST_RANDOM || is_uuid(text) || !text.iter().any(u8::is_ascii_digit) {
        return false;
    }
    if text.iter().all(u8::is_ascii_hexdigit) {
        return text.len() > LONGEST_ID;
    }
    let class = |byte: &u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let classes: Vec<u8> = text.iter().map(class).collect();
    let has = |wanted: u8| classes.contains(&wanted);
    let changes = classes.windows(2).filter(|pair| pair[0] != pair[1] && !pair.contains(&3)).count();
    let share = changes as f64 / text.len() as f64;
    let digits = classes.iter().filter(|class| **class == 2).count();
    let longest_word = classes.chunk_by(|a, b| a == b).filter(|run| run[0] < 2).map(<[u8]>::len).max().unwrap_or(0);
    if has(0) && has(1) {
        // `getProfileByMailV2` changes often, too, but it is made of words.
        share >= 0.35 && (digits >= 3 || longest_word <= 4)
    } else {
        text.len() >= 32 && !has(3) && share >= 0.25
    }
}

fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Base64 has slashes, too.
fn is_in_a_path(text: &[u8], slash: usize) -> bool {
    let length = text[..slash]
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"._~%:@-/$[]".contains(byte))
        .count();
    let chain = &text[slash - length..=slash];
    chain[0] == b'/' || memchr::memmem::find(chain, b"://").is_some()
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || b"-_.[]%".contains(&byte)
}

/// Where a URL within a sentence or a JSON text is over.
fn ends_a_url(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"\"'\\<>`".contains(&byte)
}

const SHORTEST_RANDOM: usize = 20;
const LONGEST_ID: usize = 32;

#[cfg(test)]
mod tests {
    use super::super::text_without_secrets;

    #[test]
    fn urls_lose_their_secrets_and_nothing_else() {
        #[track_caller]
        fn check(text: &str, expected: Option<&str>) {
            assert_eq!(text_without_secrets(text, "***").as_deref(), expected, "{text}");
        }
        check("https://me:pw@host/x?y=a@b", Some("https://***@host/x?y=a@b"));
        check("http://host/a@b", None);
        check(
            "http://me:${password}@host, http://${user}:fixed@host",
            Some("http://me:${password}@host, http://***@host"),
        );
        check("ws://h/s?room=1&access_token=abc&x=2#end", Some("ws://h/s?room=1&access_token=***&x=2#end"));
        check("http://h/?token=${token}&sessionId=s-{n}", None);
        check("http://h/?token=$${token}", Some("http://h/?token=***"));
        check("the URL 'ws://h/?api-key=abc' is invalid", Some("the URL 'ws://h/?api-key=***' is invalid"));
        check("http://h/#id_token=abc", Some("http://h/#id_token=***"));
        check("http://h/?key=abc&sig=x%2Fy&sid=1", Some("http://h/?key=***&sig=***&sid=***"));
        check("Set-Cookie: connect.sid=s3A9; Path=/", Some("Set-Cookie: connect.sid=***; Path=/"));
        check("https://h/hook/aZ3kQ9xT1bV7mN5pL2sD/in", Some("https://h/hook/***/in"));
        check("/s/aZ3kQ9xT1bV7mN5pL2sD?x=1", Some("/s/***?x=1"));
        check("key=value", None);
        check("${if(a &&token=='x', 1, 2)}", None);
        check("a=b&tokens?=, 2 + 2 = 4", None);
        check("?token=", None);
        check("http://", None);
        assert_eq!(text_without_secrets("http://me:pw@h/?token=abc&a=1", "").as_deref(), Some("http://h/?token=&a=1"));
    }
}
