//! A plan as a link: `#plan=<base64url JSON>`, without secrets.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::path::Path;

/// Links that went through mail programs come with padding or without.
const READER: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Parts of names under which people keep what must not leave their browser.
const SECRET_NAMES: [&str; 10] =
    ["password", "passwd", "secret", "token", "api_key", "apikey", "api-key", "authorization", "cookie", "credential"];

/// What the page's address asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct SharedPlan {
    pub document: Value,
    pub autostart: bool,
}

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

/// Reads an address' fragment; `None`: it carries no plan.
pub fn read_fragment(fragment: &str) -> Option<Result<SharedPlan, ShareError>> {
    let parts = || fragment.trim_start_matches('#').split('&').filter_map(|part| part.split_once('='));
    let plan = parts().find(|(name, _)| *name == "plan")?.1;
    let autostart = parts().any(|(name, value)| name == "autostart" && value == "1");
    Some(decode(plan).map(|document| SharedPlan { document, autostart }))
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
    strip(&mut clean, &Path::default(), false, &mut removed);
    (clean, removed)
}

fn strip(value: &mut Value, path: &Path, secret: bool, removed: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, child) in object.iter_mut() {
                // `"token": { "default": "..." }` is how a scenario declares a variable.
                let secret = is_secret_name(name) || (secret && name == "default");
                strip(child, &path.clone().key(name), secret, removed);
            }
        }
        Value::Array(list) => {
            for (at, child) in list.iter_mut().enumerate() {
                strip(child, &path.clone().index(at), secret, removed);
            }
        }
        Value::String(text) => {
            if secret && !text.is_empty() && !text.contains('{') {
                text.clear();
                removed.push(path.to_string());
            } else if let Some(without) = without_credentials(text) {
                *text = without;
                removed.push(path.to_string());
            }
        }
        _ => {}
    }
}

fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRET_NAMES.iter().any(|secret| name.contains(secret))
}

/// `https://user:password@host` without its user part.
fn without_credentials(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, host) = authority.rsplit_once('@')?;
    (!user.contains('{')).then(|| format!("{scheme}://{host}{}", &rest[authority.len()..]))
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
        let expected = SharedPlan { document: document.clone(), autostart: false };
        assert_eq!(read_fragment(&link), Some(Ok(expected.clone())));
        assert_eq!(read_fragment(&format!("{link}%3D%3D")), Some(Ok(expected)));
        let autostart = read_fragment(&format!("{link}&autostart=1"));
        assert_eq!(autostart, Some(Ok(SharedPlan { document, autostart: true })));
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
    }
}
