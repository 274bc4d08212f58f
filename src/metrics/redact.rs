//! A plan as a report may show it: reports are passed around, secrets must not be.

use serde_json::Value;

use crate::plan::Plan;

/// The plan as JSON, with `***` for every value whose name says that it is a secret. What is made of variables
/// (`${...}`) is none itself and stays.
pub fn redacted(plan: &Plan) -> Value {
    let mut document = serde_json::to_value(plan).expect("a plan is made of plain JSON values");
    hide(&mut document, false);
    document
}

fn hide(value: &mut Value, secret: bool) {
    match value {
        Value::String(text) if secret && !text.contains("${") && !text.is_empty() => "***".clone_into(text),
        Value::Number(_) if secret => *value = Value::from("***"),
        Value::Array(list) => list.iter_mut().for_each(|entry| hide(entry, secret)),
        Value::Object(fields) => {
            for (name, field) in fields {
                // A declared variable: `{"token": {"default": "abc", "doc": "..."}}`.
                hide(field, is_secret(name) || secret && name == "default");
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

const SECRETS: [&str; 8] =
    ["password", "passwd", "passphrase", "secret", "token", "credential", "apikey", "authorization"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(mut value: Value, expected: Value) {
        hide(&mut value, false);
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
    }
}
