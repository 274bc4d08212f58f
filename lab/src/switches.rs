//! The fault switches: what `POST /lab/faults` takes. A plan of the page carries the same document, so a test compares
//! this with the plan's own definition; `lab` does not depend on it to stay quick to build.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::rules::Rules;

/// Shares are 0 to 1; 0, empty and false are off.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// Added before every event and ack, up to ten minutes.
    pub latency_ms: f64,
    /// Uniformly 0 to this, on top of `latency_ms`; the order of one receiver's frames stays.
    pub jitter_ms: f64,
    /// Of WebSocket handshakes: answered with HTTP 503.
    pub refuse_share: f64,
    /// Of connections: cut off, each at a random moment within `drop_within_s` of its opening.
    pub drop_share: f64,
    pub drop_within_s: f64,
    /// Of deliveries (one message to one member): left out, sent twice, sent after the sender's next message.
    pub lose_share: f64,
    pub duplicate_share: f64,
    pub reorder_share: f64,
    /// Of chatMessage: answered with an `error` of `error_code` instead of a broadcast.
    pub error_share: f64,
    pub error_code: String,
    /// chatMessage per user and minute; 0: as the real server (10,000).
    pub rate_limit_per_min: u32,
    /// WebSockets are no longer read from.
    pub stop_reading: bool,
    /// One worker handles every chatMessage, one after the other, and each takes it so long: a set capacity.
    pub service_ms: f64,
    /// Of messages: broadcast without its room; with a text for a time; followed by an event that nobody knows.
    pub breach_missing_share: f64,
    pub breach_type_share: f64,
    pub breach_unknown_share: f64,
    /// Of messages in an answered history: left out, listed twice, listed before the one in front of it; without the asking reader.
    pub history_lose_share: f64,
    pub history_duplicate_share: f64,
    pub history_reorder_share: f64,
    pub read_stuck_share: f64,
    #[serde(skip_serializing_if = "Rules::is_default")]
    pub rules: Rules,
}

/// Why a body of `POST /lab/faults` was refused: the field, and what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub struct SwitchError {
    pub field: String,
    pub message: String,
}

/// The switches as JSON.
pub fn parse(body: &[u8]) -> Result<Switches, SwitchError> {
    let faults: Switches = parse_fields(body)?;
    check(&faults)?;
    Ok(faults)
}

/// JSON of which every field may be absent, field by field, so that a wrong one can be named.
pub fn parse_fields<T: DeserializeOwned>(body: &[u8]) -> Result<T, SwitchError> {
    let fields: Map<String, Value> = serde_json::from_slice(body).map_err(|error| refuse("", error.to_string()))?;
    for (field, value) in &fields {
        let alone = Map::from_iter([(field.clone(), value.clone())]);
        serde_json::from_value::<T>(alone.into()).map_err(|error| refuse(field, error.to_string()))?;
    }
    serde_json::from_value(fields.into()).map_err(|error| refuse("", error.to_string()))
}

fn check(faults: &Switches) -> Result<(), SwitchError> {
    let shares = [
        ("refuse_share", faults.refuse_share),
        ("drop_share", faults.drop_share),
        ("lose_share", faults.lose_share),
        ("duplicate_share", faults.duplicate_share),
        ("reorder_share", faults.reorder_share),
        ("error_share", faults.error_share),
        ("breach_missing_share", faults.breach_missing_share),
        ("breach_type_share", faults.breach_type_share),
        ("breach_unknown_share", faults.breach_unknown_share),
        ("history_lose_share", faults.history_lose_share),
        ("history_duplicate_share", faults.history_duplicate_share),
        ("history_reorder_share", faults.history_reorder_share),
        ("read_stuck_share", faults.read_stuck_share),
    ];
    let wrong_share = shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share));
    if let Some((field, share)) = wrong_share {
        return Err(refuse(field, format!("{share} is not between 0 and 1")));
    }
    let times = [
        ("latency_ms", faults.latency_ms, LONGEST_DELAY_MS),
        ("jitter_ms", faults.jitter_ms, LONGEST_DELAY_MS),
        ("service_ms", faults.service_ms, LONGEST_DELAY_MS),
        ("drop_within_s", faults.drop_within_s, LONGEST_LIFE_S),
    ];
    let wrong_time = times.into_iter().find(|(_, time, most)| !(0.0..=*most).contains(time));
    if let Some((field, time, most)) = wrong_time {
        return Err(refuse(field, format!("{time} is not between 0 and {most}")));
    }
    let sum = faults.lose_share + faults.duplicate_share + faults.reorder_share;
    if sum > 1.0 + 1e-9 {
        let message = format!("lose_share, duplicate_share and reorder_share exclude each other, and add up to {sum}");
        return Err(refuse("reorder_share", message));
    }
    if faults.error_share > 0.0 && faults.error_code.is_empty() {
        return Err(refuse("error_code", "is needed with error_share".into()));
    }
    faults.rules.check(LONGEST_DELAY_MS)
}

pub fn refuse(field: &str, message: String) -> SwitchError {
    SwitchError { field: field.to_owned(), message }
}

const LONGEST_DELAY_MS: f64 = 600_000.0;
const LONGEST_LIFE_S: f64 = 86_400.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(body: &str, field: &str, message: &str) {
        let error = parse(body.as_bytes()).expect_err(body);
        assert_eq!(error.field, field, "{body}: {error:?}");
        assert!(error.message.contains(message), "{body}: {error:?}");
    }

    #[test]
    fn a_wrong_field_is_named() {
        check_refused("[]", "", "expected a map");
        check_refused("{", "", "EOF");
        check_refused(r#"{"latency_ms":"50"}"#, "latency_ms", "invalid type: string");
        check_refused(r#"{"latency":50}"#, "latency", "unknown field");
        check_refused(r#"{"latency_ms":-1}"#, "latency_ms", "-1 is not between 0 and 600000");
        check_refused(r#"{"lose_share":1.5}"#, "lose_share", "1.5 is not between 0 and 1");
        check_refused(r#"{"lose_share":0.5,"duplicate_share":0.4,"reorder_share":0.2}"#, "reorder_share", "exclude");
        check_refused(r#"{"rate_limit_per_min":-5}"#, "rate_limit_per_min", "invalid value");
        check_refused(r#"{"stop_reading":1}"#, "stop_reading", "expected a boolean");
        check_refused(r#"{"error_share":0.1}"#, "error_code", "is needed");
        check_refused(r#"{"rules":{"batches":1}}"#, "rules", "unknown field `batches`");
        check_refused(r#"{"rules":{"login_ms":-1}}"#, "rules.login_ms", "-1 is not between");
        check_refused(r#"{"rules":{"redirect_to":"a.example"}}"#, "rules.redirect_to", "is no origin");
        check_refused(r#"{"rules":{"redirect_to":"http://a.example/x"}}"#, "rules.redirect_to", "is no origin");
    }

    /// Without `..`, so that a field added there does not compile here.
    #[test]
    fn the_plan_knows_the_same_switches() {
        let planned = plan::LabFaults {
            latency_ms: 1.5,
            jitter_ms: 2.5,
            refuse_share: 0.1,
            drop_share: 0.2,
            drop_within_s: 3.5,
            lose_share: 0.3,
            duplicate_share: 0.25,
            reorder_share: 0.125,
            error_share: 0.5,
            error_code: "SERVER_BUSY".into(),
            rate_limit_per_min: 7,
            stop_reading: true,
            service_ms: 4.5,
            breach_missing_share: 0.15,
            breach_type_share: 0.25,
            breach_unknown_share: 0.35,
            history_lose_share: 0.45,
            history_duplicate_share: 0.55,
            history_reorder_share: 0.65,
            read_stuck_share: 0.75,
            // The page asks for these by themselves.
            voice: None,
            restart_at_s: 10.0,
            restart_down_ms: 500.0,
            restart_forget_sessions: true,
            rules: plan::LabRules {
                unique_names: true,
                plain_get_404: true,
                answering_acks: true,
                no_sender_copy: true,
                batch_ms: 50.5,
                join_history: 20,
                login_ms: 600.5,
                login_threads: 10,
                frame_limit_bytes: 4_096,
                redirect_to: "http://127.0.0.1:4281".into(),
            },
        };
        let document = planned.switches();
        let switches = parse(document.to_string().as_bytes()).expect("the plan's document is ours");
        assert_eq!(serde_json::to_value(&switches).expect("plain data"), document);
    }

    #[test]
    fn absent_fields_are_off() {
        let faults = parse(br#"{"latency_ms":50,"lose_share":0.05}"#).expect("it is valid");
        assert_eq!(faults, Switches { latency_ms: 50.0, lose_share: 0.05, ..Switches::default() });
        assert_eq!(parse(b"{}"), Ok(Switches::default()));
    }
}
