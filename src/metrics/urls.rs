//! URLs without the secrets that people put into them.

use super::redact::{is_rule, is_secret};

/// The text with every `user:password@` and every value of a parameter with a secret's name replaced by `mask` (empty:
/// taken out); `None`: there is none. What is made of variables or of a pattern stays.
pub fn without_url_secrets(text: &str, mask: &str) -> Option<String> {
    if !text.contains(['@', '=']) {
        return None;
    }
    let clean = without_parameters(&without_users(text, mask), mask);
    (clean != text).then_some(clean)
}

fn without_users(text: &str, mask: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        clean.push_str(before);
        let end = after.find(|c| "/?#".contains(c) || ends_a_url(c)).unwrap_or(after.len());
        let authority = &after[..end];
        match authority.rsplit_once('@') {
            Some((user, host)) if !is_rule(user.split_once(':').map_or(user, |(_, password)| password)) => {
                if !mask.is_empty() {
                    clean.push_str(mask);
                    clean.push('@');
                }
                clean.push_str(host);
            }
            _ => clean.push_str(authority),
        }
        rest = &after[end..];
    }
    clean.push_str(rest);
    clean
}

fn without_parameters(text: &str, mask: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        // An expression has ampersands of its own.
        let taken = match rest.strip_prefix("${") {
            Some(expression) => expression.find('}').map_or(rest.len(), |end| end + "${}".len()),
            None => c.len_utf8(),
        };
        clean.push_str(&rest[..taken]);
        rest = &rest[taken..];
        if matches!(c, '?' | '&' | '#')
            && let Some((name, value)) = secret_parameter(rest)
        {
            clean.push_str(&rest[..name + 1]);
            clean.push_str(mask);
            rest = &rest[name + 1 + value..];
        }
    }
    clean
}

/// Lengths of the name and the value of the parameter that the text begins with, if it holds a secret.
fn secret_parameter(text: &str) -> Option<(usize, usize)> {
    let (name, value) = text.split_once('=')?;
    let is_name = name.chars().all(|c| c.is_alphanumeric() || "-_.[]%".contains(c));
    let value = &value[..value.find(|c| "&#".contains(c) || ends_a_url(c)).unwrap_or(value.len())];
    (is_name && is_secret(name) && !value.is_empty() && !is_rule(value)).then_some((name.len(), value.len()))
}

/// Where a URL within a sentence or a JSON text is over.
fn ends_a_url(c: char) -> bool {
    c.is_whitespace() || "\"'\\<>`".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lose_their_secrets_and_nothing_else() {
        #[track_caller]
        fn check(text: &str, expected: Option<&str>) {
            assert_eq!(without_url_secrets(text, "***").as_deref(), expected, "{text}");
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
        check("${if(a &&token=='x', 1, 2)}", None);
        check("a=b&tokens?=, 2 + 2 = 4", None);
        check("?token=", None);
        check("http://", None);
        assert_eq!(without_url_secrets("http://me:pw@h/?token=abc&a=1", "").as_deref(), Some("http://h/?token=&a=1"));
    }
}
