//! A plan as a report may show it: reports are passed around, secrets must not be.

use serde_json::Value;

use super::urls::without_url_secrets;
use crate::plan::Plan;

/// The plan as JSON, with `***` for every value whose name says that it is a secret. What is made of variables
/// (`${...}`) is none itself and stays.
pub fn redacted(plan: &Plan) -> Value {
    let mut document = serde_json::to_value(plan).expect("a plan is made of plain JSON values");
    hide(&mut document, false, false);
    document
}

fn hide(value: &mut Value, secret: bool, saving: bool) {
    match value {
        Value::String(text) if secret && !has_expression(text) && !text.is_empty() => MASK.clone_into(text),
        Value::String(text) => {
            if let Some(clean) = without_url_secrets(text, MASK) {
                *text = clean;
            }
        }
        Value::Number(_) if secret => *value = Value::from(MASK),
        Value::Array(list) => list.iter_mut().for_each(|entry| hide(entry, secret, false)),
        Value::Object(fields) => {
            for (name, field) in fields {
                // A declared variable: `{"token": {"default": "abc", "doc": "..."}}`.
                let secret = (is_secret(name) || secret && name == "default") && !(saving && is_source(field));
                hide(field, secret, name == "save");
            }
        }
        _ => {}
    }
}

/// Whether a name (of a variable, a column, a header) says that its value is one.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase().replace(['_', '-'], "");
    SECRETS.iter().any(|secret| name.contains(secret))
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
fn has_expression(text: &str) -> bool {
    text.replace("$${", "").contains("${")
}

pub(super) const MASK: &str = "***";

/// `sessionId` is half of what a KTB chat server asks for.
const SECRETS: [&str; 14] = [
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
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(mut value: Value, expected: Value) {
        hide(&mut value, false, false);
        assert_eq!(value, expected);
    }

    #[test]
    fn secrets_are_hidden_and_the_rest_is_not() {
        check(
            json!({"columns": {"email": "u{n}", "Password": "p-{n}"}}),
            json!({"columns": {"email": "u{n}", "Password": "***"}}),
        );
        check(json!({"variables": {"api_key": 17, "room": 17}}), json!({"variables": {"api_key": "***", "room": 17}}));
        check(json!({"auth": {"token": "${token}"}}), json!({"auth": {"token": "${token}"}}));
        check(
            json!({"token": {"default": "abc", "doc": "who you are"}}),
            json!({"token": {"default": "***", "doc": "who you are"}}),
        );
        check(json!({"headers": {"Authorization": ["Bearer x"]}}), json!({"headers": {"Authorization": ["***"]}}));
        check(json!({"secret": ""}), json!({"secret": ""}));
        check(json!({"auth": {"sessionId": "s-1"}}), json!({"auth": {"sessionId": "***"}}));
        check(json!({"headers": {"Cookie": "a=b"}}), json!({"headers": {"Cookie": "***"}}));
        check(json!({"token": "$${x"}), json!({"token": "***"}));
        check(
            json!({"target": "https://me:pw@h:1/x?a=1&access_token=abc"}),
            json!({"target": "https://***@h:1/x?a=1&access_token=***"}),
        );
    }

    #[test]
    fn where_a_secret_is_found_is_none() {
        let saves = json!({"save": {"token": "/data/access_token", "session_id": {"from": "header:x-session"}}});
        check(saves.clone(), saves);
        check(json!({"token": "/k3y"}), json!({"token": "***"}));
    }
}
