//! A plan as a link: `#plan=<base64url JSON>`, without secrets.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::plan::path::Path;
use metrics::{is_rule, is_secret_in, is_source, protocol_secrets, sets_secret, text_without_secrets};

/// Links that went through mail programs come with padding or without.
const READER: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    #[error("the plan in the link is damaged: it is not base64url text")]
    NotBase64,
    #[error("the plan in the link is damaged: {0}")]
    NotJson(String),
}

/// The address' fragment for a plan, with its leading `#`.
pub fn fragment(document: &Value) -> String {
    format!("#plan={}", URL_SAFE_NO_PAD.encode(document.to_string()))
}

/// Reads an address' fragment; `None`: it carries no plan. A plan is all that a link can bring: whatever else stands in it is
/// passed over, a wish to start at once included.
pub fn read_fragment(fragment: &str) -> Option<Result<Value, ShareError>> {
    let mut parts = fragment.trim_start_matches('#').split('&').filter_map(|part| part.split_once('='));
    parts.find(|(name, _)| *name == "plan").map(|(_, plan)| decode(plan))
}

fn decode(text: &str) -> Result<Value, ShareError> {
    // Some programs escape the padding of a link they pass on.
    let json = READER.decode(text.replace("%3D", "=")).map_err(|_| ShareError::NotBase64)?;
    serde_json::from_slice(&json).map_err(|error| ShareError::NotJson(error.to_string()))
}

/// Takes out what looks like a secret and says where it stood. Texts with placeholders (`${token}`, `Pass-{n}`) are
/// rules for making a value, not the value, and stay.
pub fn without_secrets(document: &Value) -> (Value, Vec<String>) {
    let mut clean = document.clone();
    let mut removed = Vec::new();
    strip(&mut clean, ("", &Path::default()), (false, false), &mut removed);
    (clean, removed)
}

/// `place`: the name of the field that holds it. `saving`: the value is what a step saves, by variable.
fn strip(value: &mut Value, (place, path): (&str, &Path), (secret, saving): (bool, bool), removed: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            let sets = sets_secret(object);
            for (name, child) in object.iter_mut() {
                // `"token": { "default": "..." }` is how a scenario declares a variable.
                let secret =
                    (is_secret_in(place, name) || (secret && name == "default")) && !(saving && is_source(child));
                let secret = secret || sets && name == "value";
                strip(child, (name, &path.clone().key(name)), (secret, name == "save"), removed);
            }
        }
        Value::Array(list) => {
            let carry = protocol_secrets(place, list);
            for (at, (child, carries)) in list.iter_mut().zip(carry).enumerate() {
                strip(child, (place, &path.clone().index(at)), (secret || carries, false), removed);
            }
        }
        Value::String(text) => {
            if secret && !text.is_empty() && !is_rule(text) {
                text.clear();
                removed.push(path.to_string());
            } else if let Some(clean) = text_without_secrets(text, "") {
                *text = clean;
                removed.push(path.to_string());
            }
        }
        // A number's place wants a number.
        Value::Number(number) if secret && number.as_f64() != Some(0.0) => {
            *value = Value::from(0);
            removed.push(path.to_string());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_link_brings_the_plan_back() {
        let document = json!({"name": "부하 ~ ?>", "version": 1});
        let link = fragment(&document);
        assert!(link[6..].chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)), "{link}");
        assert_eq!(read_fragment(&link), Some(Ok(document.clone())));
        assert_eq!(read_fragment(&format!("{link}%3D%3D")), Some(Ok(document.clone())));
        assert_eq!(read_fragment(&format!("{link}&autostart=1")), Some(Ok(document)));
    }

    #[test]
    fn other_fragments_are_told_apart_from_damaged_ones() {
        assert_eq!(read_fragment(""), None);
        assert_eq!(read_fragment("#results"), None);
        assert_eq!(read_fragment("#plan=***"), Some(Err(ShareError::NotBase64)));
        let Some(Err(ShareError::NotJson(_))) = read_fragment("#plan=eyJh") else { panic!("cut JSON is an error") };
    }

    #[track_caller]
    fn check_secrets(document: Value, expected: Value, removed: &[&str]) {
        assert_eq!(without_secrets(&document), (expected, removed.iter().map(|path| (*path).to_owned()).collect()));
    }

    #[test]
    fn secrets_stay_at_home() {
        check_secrets(
            json!({"variables": {"adminToken": "abc", "rooms": 3, "token": "${login.token}"}}),
            json!({"variables": {"adminToken": "", "rooms": 3, "token": "${login.token}"}}),
            &["variables.adminToken"],
        );
        check_secrets(
            json!({"columns": {"password": "Tabswarm-{n}"}, "x": {"password": "fixed"}}),
            json!({"columns": {"password": "Tabswarm-{n}"}, "x": {"password": ""}}),
            &["x.password"],
        );
        check_secrets(
            json!({"variables": {"api_key": {"default": "k", "doc": "The key"}}}),
            json!({"variables": {"api_key": {"default": "", "doc": "The key"}}}),
            &["variables.api_key.default"],
        );
        check_secrets(
            json!(["https://me:pw@host/x?y=a@b", "http://host/a@b"]),
            json!(["https://host/x?y=a@b", "http://host/a@b"]),
            &["[0]"],
        );
        check_secrets(
            json!({"passphrase": "abc", "auth": {"sessionId": "s-1", "token": "{\"a\":1}"}, "pwd": 4711, "room_size": 4711}),
            json!({"passphrase": "", "auth": {"sessionId": "", "token": ""}, "pwd": 0, "room_size": 4711}),
            &["auth.sessionId", "auth.token", "passphrase", "pwd"],
        );
        check_secrets(
            json!({"path": "/ws?room=1&access_token=abc", "query": "/ws?token=${token}"}),
            json!({"path": "/ws?room=1&access_token=", "query": "/ws?token=${token}"}),
            &["path"],
        );
    }

    #[test]
    fn a_shared_scenario_still_knows_where_its_token_is_found() {
        let scenario =
            json!({"save": {"token": "/access_token", "session_id": {"from": "/sessionId", "optional": true}}});
        check_secrets(scenario.clone(), scenario, &[]);
    }
}
