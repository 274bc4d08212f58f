//! Where in a text a secret stands that nobody told us of: by the name before it, or by its shape.

use super::layers::{self, run};
use super::names::{is_rule, is_secret, is_secret_field};
use super::spans::{SecretKind, SecretSpan, apply};
use super::urls::{self, looks_random};

/// The text with `mask` (empty: taken out) for everything that its name or shape says to be a secret; `None`: there is none.
/// What is made of variables or of a pattern stays.
pub fn text_without_secrets(text: &str, mask: &str) -> Option<String> {
    let mut marks = Vec::new();
    find(text.as_bytes(), &mut marks);
    // What a document calls so in a text within it is its author's to say.
    marks.retain(|mark| !matches!(mark.what, SecretKind::Bare | SecretKind::Open));
    let clean = apply(text, marks, mask)?;
    (clean != text).then_some(clean)
}

/// Everything that the rules know.
pub fn find(text: &[u8], marks: &mut Vec<SecretSpan>) {
    urls::users(text, marks);
    urls::pairs(text, marks);
    urls::segments(text, marks);
    fields(text, marks);
    schemes(text, marks);
    web_tokens(text, marks);
}

/// `"token":"…"` shows a secret, whoever's it is; so does `'token': '…'`.
fn fields(text: &[u8], marks: &mut Vec<SecretSpan>) {
    for colon in memchr::memchr_iter(b':', text) {
        let before = text[..colon].trim_ascii_end();
        let Some(quote) = before.last().copied().filter(|quote| matches!(quote, b'"' | b'\'')) else { continue };
        let inside = &before[..before.len() - 1];
        let name = &inside[inside.iter().rposition(|byte| *byte == quote).map_or(0, |at| at + 1)..];
        if name.len() > LONGEST_NAME || !std::str::from_utf8(name).is_ok_and(is_secret_field) {
            continue;
        }
        let value_at = text.len() - text[colon + 1..].trim_ascii_start().len();
        marks.extend(value(text, value_at));
    }
}

/// The value in JSON that begins here, if it is a text, a number or a word.
fn value(text: &[u8], at: usize) -> Option<SecretSpan> {
    let rest = &text[at..];
    let Some(quote) = rest.first().copied().filter(|quote| matches!(quote, b'"' | b'\'')) else {
        let length = run(rest, |byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        return (length > 0).then(|| SecretSpan { from: at, to: at + length, what: SecretKind::Bare });
    };
    let inside = &rest[1..];
    let mut end = 0;
    while let Some(&byte) = inside.get(end) {
        match byte {
            b'\\' => end += 2,
            _ if byte == quote => return (end > 0).then(|| SecretSpan::value(at + 1, at + 1 + end)),
            _ => end += 1,
        }
    }
    (!inside.is_empty()).then(|| SecretSpan { from: at + 1, to: text.len(), what: SecretKind::Open })
}

/// `Bearer …` and `Basic …`, where a credential follows and not the next word of a sentence.
fn schemes(text: &[u8], marks: &mut Vec<SecretSpan>) {
    for scheme in [&b"bearer"[..], b"basic"] {
        let mut from = 0;
        while let Some(at) = find_word(text, scheme, from) {
            from = at + scheme.len();
            let gap = run(&text[from..], |byte| b" :=\"'\\\t".contains(&byte));
            let value_at = from + gap;
            let mut length = run(&text[value_at..], |byte| byte.is_ascii_alphanumeric() || b"._~+/=-".contains(&byte));
            while length > 0 && b".-".contains(&text[value_at + length - 1]) {
                length -= 1;
            }
            let credential = &text[value_at..value_at + length];
            let is_named = follows_authorization(&text[..at]);
            let looks_so = if scheme == b"basic" { is_basic(credential) } else { is_bearer(credential) };
            if gap > 0 && length > 0 && (is_named && length > 3 || looks_so) {
                marks.push(SecretSpan::value(value_at, value_at + length));
            }
        }
    }
}

/// Where this word begins next, in whatever case, as a word of its own.
fn find_word(text: &[u8], word: &[u8], from: usize) -> Option<usize> {
    let first = *word.first()?;
    let begins = memchr::memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), text.get(from..)?);
    begins.map(|at| from + at).find(|&at| {
        let is_here = text.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word));
        is_here && (at == 0 || !text[at - 1].is_ascii_alphanumeric())
    })
}

fn follows_authorization(before: &[u8]) -> bool {
    let end = before.len() - before.iter().rev().take_while(|byte| b" :=\"'\\".contains(byte)).count();
    end < before.len() && before[..end].to_ascii_lowercase().ends_with(b"authorization")
}

/// Letters alone are a word of the sentence; a token has a digit, or capitals in its midst, or is long.
fn is_bearer(text: &[u8]) -> bool {
    let has_digit = text.iter().any(u8::is_ascii_digit);
    let is_mixed = text.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    text.len() >= 6 && has_digit || text.len() >= 8 && is_mixed || text.len() >= LONG_WORD
}

/// `user:password` in base64.
fn is_basic(text: &[u8]) -> bool {
    text.len() >= 6 && layers::base64(text).contains(&b':')
}

/// JSON web tokens: three parts of base64, the first of which begins as `{"` does.
fn web_tokens(text: &[u8], marks: &mut Vec<SecretSpan>) {
    let is_inside = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let mut from = 0;
    while let Some(at) = memchr::memmem::find(&text[from..], b"eyJ").map(|at| from + at) {
        let head = run(&text[at..], is_inside);
        let mut end = at + head;
        while text.get(end) == Some(&b'.') && text.get(end + 1).copied().is_some_and(is_inside) {
            end += 1 + run(&text[end + 1..], is_inside);
        }
        let is_cut = text[end..].is_empty() || text[end..].starts_with(layers::CUT);
        if head >= 8 && (end > at + head || is_cut && head >= 16) {
            marks.push(SecretSpan::value(at, end));
        }
        from = end.max(at + 1);
    }
}

/// Of a list of WebSocket subprotocols, whether this one carries a credential: browsers can send it nowhere else.
pub fn is_protocol_secret(before: Option<&str>, protocol: &str) -> bool {
    let names_one =
        |name: &str| is_secret(name) || ["bearer", "auth", "basic"].iter().any(|word| name.eq_ignore_ascii_case(word));
    // `base64url.bearer.authorization.example.<token>`, `api-key.<key>`.
    let announced = protocol
        .rsplit_once(['.', '|', ':', ' '])
        .is_some_and(|(name, value)| value.len() >= 4 && name.split(['.', '|', ':', ' ']).any(names_one));
    let is_shaped = || {
        let mut marks = Vec::new();
        web_tokens(protocol.as_bytes(), &mut marks);
        !marks.is_empty() || protocol.split(['.', ',', '|']).any(|part| looks_random(part.as_bytes()))
    };
    !is_rule(protocol)
        && (before.is_some_and(names_one)
            || announced
            || is_secret(protocol) && protocol.contains(['.', '='])
            || is_shaped())
}

const LONGEST_NAME: usize = 80;
/// Longer than the words of a sentence.
const LONG_WORD: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut marks = Vec::new();
        find(text.as_bytes(), &mut marks);
        assert_eq!(apply(text, marks, "***").as_deref().unwrap_or(text), expected);
    }

    #[test]
    fn a_field_whose_name_says_so_is_hidden_whoever_s_it_is() {
        check(r#"42["in",{"token":"abc","room":"r"}]"#, r#"42["in",{"token":"***","room":"r"}]"#);
        check(r#"0{"sid":"s1","pingInterval":25000}"#, r#"0{"sid":"***","pingInterval":25000}"#);
        check(r#"{"accessToken" : "a\"b","email":"k@x.org"}"#, r#"{"accessToken" : "***","email":"***"}"#);
        check(r#"{"sessionId":4711,"a":1}"#, r#"{"sessionId":"***","a":1}"#);
        check(r#"{"password":"abc…"#, r#"{"password":"***""#);
        check(r#"{"token":null,"b":[1]}"#, r#"{"token":"***","b":[1]}"#);
        check(r#"{"token":{"deep":"x"}}"#, r#"{"token":{"deep":"x"}}"#);
        check("{'password': 'abc', 'room': 'r'}", "{'password': '***', 'room': 'r'}");
        check("", "");
        check("\":", "\":");
    }

    #[test]
    fn credentials_are_hidden_wherever_they_stand() {
        check("Authorization: Bearer abcdefgh", "Authorization: Bearer ***");
        check("401 for 'bearer 3fT9x0' at 5", "401 for 'bearer ***' at 5");
        check("sent Basic dXNlcjpwYXNz to h", "sent Basic *** to h");
        check("no eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln today", "no *** today");
        check("joined:eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOi", "joined:***");
        check("no eyJhbGciOiJIUzI1NiJ9…", "no ***…");
    }

    /// Texts that have words of secrets in them and tell none.
    #[test]
    fn ordinary_words_stay_readable() {
        for text in [
            "RATE_LIMITED",
            "Bearer authentication is required",
            "bearer token expired",
            "Basic authentication failed",
            "Basic usage, basic plan; the bearer of news",
            r#"WWW-Authenticate: Bearer realm="chat", error="invalid_token""#,
            "token missing",
            "invalid token: expired",
            "my token: abc",
            "connect closed 1006",
            "room 550e8400-e29b-41d4-a716-446655440000 is full",
            "https://h/rooms/550e8400-e29b-41d4-a716-446655440000/messages",
            "https://h/api/rooms/64f0c0ffee64f0c0ffee64f0?limit=20",
            "https://h/files/d41d8cd98f00b204e9800998ecf8427e.png",
            "GET http://h/api/v1/getUserProfileByEmailV2/settings",
            "/2024-11-29-a-long-title-of-an-article-with-words",
            "a key is missing: 'room'",
            "code=1006 reason=going away",
            "wss://h/socket.io/?EIO=4&transport=websocket",
            "2 + 2 = 4",
            "SESSION_EXPIRED: please sign in",
            "the signal was lost inside the design",
            "eyJ is how tokens begin",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn subprotocols_that_carry_a_credential_are_told_from_names() {
        #[track_caller]
        fn check(before: Option<&str>, protocol: &str, expected: bool) {
            assert_eq!(is_protocol_secret(before, protocol), expected, "{protocol}");
        }
        for name in [
            "graphql-transport-ws",
            "v10.stomp",
            "mqtt",
            "ocpp1.6",
            "wamp.2.json",
            "realtime",
            "access_token",
            "chat.v2+json",
        ] {
            check(None, name, false);
        }
        check(Some("chat"), "superchat", false);
        check(Some("access_token"), "abc123", true);
        check(Some("Bearer"), "abc123", true);
        check(None, "bearer.abc123", true);
        check(None, "base64url.bearer.authorization.k8s.io.c2VjcmV0", true);
        check(None, "openai-insecure-api-key.sk-abc", true);
        check(None, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", true);
        check(Some("token"), "${token}", false);
    }
}
