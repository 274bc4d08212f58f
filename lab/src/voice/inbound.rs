//! What a client says, as far as the service understands it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

#[derive(Debug, PartialEq)]
pub enum Inbound {
    /// No JSON at all.
    Malformed,
    /// JSON but no object, or a binary frame.
    NoObject,
    Event {
        name: String,
        fields: Map<String, Value>,
    },
}

impl Inbound {
    pub fn parse(text: &str) -> Self {
        match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => {
                let name = fields.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
                Self::Event { name, fields }
            }
            Ok(_) => Self::NoObject,
            Err(_) => Self::Malformed,
        }
    }
}

/// The samples in `audio`; `None`: they are missing, no base64, or not whole.
pub fn audio(fields: &Map<String, Value>) -> Option<Vec<i16>> {
    let bytes = STANDARD.decode(fields.get("audio")?.as_str()?).ok()?;
    let is_whole = bytes.len().is_multiple_of(2);
    is_whole.then(|| bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<Option<&[i16]>>) {
        let heard = match Inbound::parse(text) {
            Inbound::Event { fields, .. } => Some(audio(&fields)),
            Inbound::Malformed | Inbound::NoObject => None,
        };
        assert_eq!(heard.as_ref().map(Option::as_deref), expected, "{text}");
    }

    #[test]
    fn audio_is_whole_samples_in_base64() {
        check(r#"{"type":"a","audio":"AQD//w=="}"#, Some(Some(&[1, -1])));
        check(r#"{"type":"a","audio":""}"#, Some(Some(&[])));
        for bad in [r#"{"audio":"AQD/"}"#, r#"{"audio":"*"}"#, r#"{"audio":7}"#, "{}"] {
            check(bad, Some(None));
        }
        for bad in ["[1]", "1", r#""x""#, "{", ""] {
            check(bad, None);
        }
    }
}
