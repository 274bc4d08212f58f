//! What a name says about its value, and which texts only look like values.

use serde_json::Value;

/// Whether a name (of a variable, a column, a header) says that its value is one.
pub fn is_secret(name: &str) -> bool {
    let plain = name.to_lowercase().replace(['_', '-'], "");
    SECRETS.iter().any(|secret| plain.contains(secret)) || words(name).any(|word| SECRET_WORDS.contains(&word.as_str()))
}

/// The same of a field of a document that stands in another one: in `query` stand parameters.
pub fn is_secret_in(place: &str, name: &str) -> bool {
    is_secret(name) || place == "query" && is_secret_parameter(name)
}

/// The same of a parameter in a URL, where shorter names are usual.
pub(super) fn is_secret_parameter(name: &str) -> bool {
    is_secret(name) || words(name).any(|word| PARAMETERS.contains(&word.as_str()))
}

/// The same of a field in what a server says; there it may be a person's, too.
pub(super) fn is_secret_field(name: &str) -> bool {
    is_secret(name) || FIELDS.iter().any(|field| name.eq_ignore_ascii_case(field))
}

/// `connect.sid`, `X-Amz-Signature`, `refreshSid`: lower-case words.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut spaced = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for c in name.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            spaced.push(' ');
        }
        spaced.push(if c.is_alphanumeric() { c } else { ' ' });
        before = c;
    }
    spaced.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().into_iter()
}

/// A text that says how a value is made and is none itself: with an expression or an account pattern's placeholder.
pub fn is_rule(text: &str) -> bool {
    has_expression(text) || ["{n}", "{run}", "{population}"].iter().any(|placeholder| text.contains(placeholder))
}

/// Where in an answer a value is found: `"save": {"token": "/token"}` names a secret and tells none.
pub fn is_source(value: &Value) -> bool {
    let text = value.as_str().or_else(|| value.get("from")?.as_str());
    text.is_some_and(|text| text.starts_with('/') || text.starts_with("header:"))
}

/// `$${` is how a template writes `${` itself.
pub(super) fn has_expression(text: &str) -> bool {
    text.replace("$${", "").contains("${")
}

/// Parts of names. `sessionId` is half of what a KTB chat server asks for.
const SECRETS: [&str; 15] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "jwt",
    "credential",
    "apikey",
    "accesskey",
    "privatekey",
    "authorization",
    "cookie",
    "sessionid",
    "sessid",
];
/// Whole words of names: `inside` is no session.
const SECRET_WORDS: [&str; 5] = ["sid", "sig", "signature", "otp", "hmac"];
const PARAMETERS: [&str; 7] = ["key", "auth", "pin", "pass", "session", "ticket", "bearer"];
/// What servers tell of people and sessions besides.
const FIELDS: [&str; 5] = ["email", "phone", "pid", "session", "sessid"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_a_secret() {
        #[track_caller]
        fn check(name: &str, secret: bool, parameter: bool) {
            assert_eq!((is_secret(name), is_secret_parameter(name)), (secret, parameter), "{name}");
        }
        for name in ["token", "accessToken", "api_key", "X-Api-Key", "sid", "connect.sid", "PHPSESSID", "JSESSIONID"] {
            check(name, true, true);
        }
        for name in ["sig", "X-Amz-Signature", "X-Amz-Credential", "sessionId", "Set-Cookie", "refreshSid"] {
            check(name, true, true);
        }
        for name in ["key", "auth", "ticket", "session"] {
            check(name, false, true);
        }
        for name in
            ["inside", "president", "side", "signal", "room", "keyboard", "design", "roomId", "EIO", "transport", ""]
        {
            check(name, false, false);
        }
    }
}
