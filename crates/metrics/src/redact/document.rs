//! A plan as a report may show it: reports are passed around, secrets must not be.

use serde_json::{Map, Value};

use super::MASK;
use super::marks::{is_protocol_secret, text_without_secrets};
use super::names::{has_expression, is_secret, is_secret_in, is_source};
use plan::{Action, Plan, TimedAction};

/// The plan as JSON, with `***` for every value whose name says that it is a secret. What is made of variables
/// (`${...}`) is none itself and stays.
pub fn redacted(plan: &Plan) -> Value {
    let mut document = serde_json::to_value(plan).expect("a plan is made of plain JSON values");
    hide(&mut document, "", false, false);
    document
}

/// What a variable is set to may be a secret, and nobody who reads of it sets anything.
pub fn shown_action(timed: &TimedAction) -> TimedAction {
    match &timed.action {
        Action::Set { variable, .. } if is_secret(variable) => {
            let action = Action::Set { variable: variable.clone(), value: MASK.into() };
            TimedAction { action, ..timed.clone() }
        }
        _ => timed.clone(),
    }
}

/// `place`: the name of the field that holds it.
fn hide(value: &mut Value, place: &str, secret: bool, saving: bool) {
    match value {
        Value::String(text) if secret && !has_expression(text) && !text.is_empty() => MASK.clone_into(text),
        Value::String(text) => {
            if let Some(clean) = text_without_secrets(text, MASK) {
                *text = clean;
            }
        }
        Value::Number(_) if secret => *value = Value::from(MASK),
        Value::Array(list) => {
            let carry = protocol_secrets(place, list);
            list.iter_mut().zip(carry).for_each(|(entry, carries)| hide(entry, place, secret || carries, false));
        }
        Value::Object(fields) => {
            let sets = sets_secret(fields);
            for (name, field) in fields {
                // A declared variable: `{"token": {"default": "abc", "doc": "..."}}`.
                let secret =
                    (is_secret_in(place, name) || secret && name == "default") && !(saving && is_source(field));
                let secret = secret || sets && name == "value";
                hide(field, name, secret, name == "save");
            }
        }
        _ => {}
    }
}

/// `{"set": …, "variable": "token", "value": "abc"}`, as a plan's action has it.
pub fn sets_secret(fields: &Map<String, Value>) -> bool {
    fields.get("variable").and_then(Value::as_str).is_some_and(is_secret)
}

/// Of each entry of a list, whether it is a WebSocket subprotocol that carries a credential.
pub fn protocol_secrets(place: &str, list: &[Value]) -> Vec<bool> {
    let text = |at: usize| list.get(at).and_then(Value::as_str);
    let carries = |at: usize| {
        let before = at.checked_sub(1).and_then(text);
        place == "protocols" && text(at).is_some_and(|protocol| is_protocol_secret(before, protocol))
    };
    (0..list.len()).map(carries).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(mut value: Value, expected: Value) {
        hide(&mut value, "", false, false);
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
        check(json!({"query": {"key": "abc", "room": "r"}}), json!({"query": {"key": "***", "room": "r"}}));
        check(json!({"key": "abc"}), json!({"key": "abc"}));
        check(json!({"variable": "token", "value": "abc"}), json!({"variable": "token", "value": "***"}));
        check(json!({"variable": "room", "value": "abc"}), json!({"variable": "room", "value": "abc"}));
        check(json!({"protocols": ["chat", "bearer.abc123"]}), json!({"protocols": ["chat", "***"]}));
        check(json!({"headers": {"x-who": "Bearer abc123"}}), json!({"headers": {"x-who": "Bearer ***"}}));
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
