//! What the service sends. Conversations get compact JSON; the dialogue that sets up a scenario has Python's spaces.

use axum::extract::ws::Utf8Bytes;
use serde::Serialize;
use serde_json::{Value, json};

/// One frame and what it is counted as.
pub struct Frame {
    pub event: &'static str,
    pub text: Utf8Bytes,
}

pub fn chat_audio(base64: &str) -> Utf8Bytes {
    format!(r#"{{"type":"audio.delta","delta":"{base64}"}}"#).into()
}

pub fn scenario_audio(base64: &str) -> Utf8Bytes {
    format!(r#"{{"type": "response.audio.delta", "delta": "{base64}", "sample_rate": 24000}}"#).into()
}

/// An event without fields.
pub fn bare(event: &'static str) -> Frame {
    chat(event, &[])
}

pub fn chat(event: &'static str, fields: &[(&str, Value)]) -> Frame {
    Frame { event, text: object(event, fields, [",", ":"]).into() }
}

pub fn scenario(event: &'static str, fields: &[(&str, Value)]) -> Frame {
    Frame { event, text: object(event, fields, [", ", ": "]).into() }
}

fn object(event: &str, fields: &[(&str, Value)], [comma, colon]: [&str; 2]) -> String {
    let mut text = format!(r#"{{"type"{colon}"{event}""#);
    for (name, value) in fields {
        text += &format!(r#"{comma}"{name}"{colon}{value}"#);
    }
    text + "}"
}

#[derive(Debug, Clone, Serialize)]
pub struct Spoken {
    pub role: &'static str,
    pub content: String,
    pub timestamp: String,
    pub duration_sec: f64,
}

#[derive(Serialize)]
pub struct Report<'a> {
    pub session_id: &'a str,
    pub started_at: String,
    pub ended_at: String,
    pub total_duration_sec: f64,
    pub user_speech_duration_sec: f64,
    pub messages: &'a [Spoken],
}

pub fn disconnected(report: &Report<'_>) -> Frame {
    chat("disconnected", &[("reason", json!("Session ended")), ("report", json!(report))])
}

/// One of every kind that is text: bad base64, half a sample, no audio, an array, a bare string, no JSON.
pub fn nonsense() -> impl Iterator<Item = Frame> {
    let texts = [
        r#"{"type":"audio.delta","delta":"*"}"#,
        r#"{"type":"audio.delta","delta":"AAAA"}"#,
        r#"{"type":"audio.delta"}"#,
        "[1,2]",
        r#""sorry""#,
        "{",
    ];
    texts.into_iter().map(|text| Frame { event: "(malformed)", text: text.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_the_recorded_sizes() {
        assert_eq!(bare("audio.done").text.len(), 21);
        assert_eq!(bare("speech.started").text.len(), 25);
        assert_eq!(scenario("ready", &[]).text.len(), 17);
        assert_eq!(scenario("response.audio.done", &[]).text.len(), 31);
        let frame = chat("transcript.done", &[("transcript", json!("a \"b\""))]);
        assert_eq!(frame.text.as_str(), r#"{"type":"transcript.done","transcript":"a \"b\""}"#);
    }
}
