//! What `POST /lab/voice` takes: how fast the voice service answers, and how it misbehaves.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::switches::{SwitchError, parse_fields, refuse};

/// Shares are 0 to 1, times milliseconds up to ten minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VoiceSwitches {
    /// From the opening of a conversation to the greeting's first audio; with another voice, from there on.
    pub greeting_ms: f64,
    /// From the end of a turn to the answer's first audio.
    pub think_ms: f64,
    /// Every chunk of audio leaves later by 0 to this; delays do not add up, and the order stays.
    pub jitter_ms: f64,
    /// How many times faster than it plays an answer is sent; 1: in real time.
    pub speed: f64,
    /// Of answers (not greetings): they stop in the middle, once, for `stall_ms`.
    pub stall_share: f64,
    pub stall_ms: f64,
    /// Of conversations that get to `early_close_phase`, each time: closed with `early_close_code`.
    pub early_close_share: f64,
    /// 1006: cut without a closing handshake.
    pub early_close_code: u16,
    pub early_close_phase: Phase,
    /// Of conversations: never a word, to whatever they say.
    pub silent_greeting_share: f64,
    /// Of turns: heard, but not answered.
    pub silent_answer_share: f64,
    /// Of answers: preceded by one of every kind of frame that makes no sense.
    pub malformed_share: f64,
    /// Of answers: in the middle, the service loses whoever speaks for it.
    pub upstream_loss_share: f64,
    /// Of answers: in the middle, whoever speaks for it says goodbye, of which the user hears nothing.
    pub upstream_end_share: f64,
    /// Conversations at the same time; 0: no limit.
    pub cap: u32,
    /// How long a guest beyond the cap hears nothing before it is cut off.
    pub full_silence_ms: f64,
    /// How long a member beyond the cap waits for the end of the handshake before it is cut off.
    pub full_handshake_ms: f64,
    /// The service has no key: every conversation is closed with 1008 or, setting up a scenario, 1011.
    pub no_key: bool,
}

/// Where in a conversation an early close happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    BeforeGreeting,
    Speaking,
    Waiting,
    Listening,
    AfterReport,
}

impl Default for VoiceSwitches {
    fn default() -> Self {
        Self {
            greeting_ms: 115.0,
            think_ms: 300.0,
            jitter_ms: 0.0,
            speed: 1.0,
            stall_share: 0.0,
            stall_ms: 400.0,
            early_close_share: 0.0,
            early_close_code: 1011,
            early_close_phase: Phase::Listening,
            silent_greeting_share: 0.0,
            silent_answer_share: 0.0,
            malformed_share: 0.0,
            upstream_loss_share: 0.0,
            upstream_end_share: 0.0,
            cap: 0,
            full_silence_ms: 30_000.0,
            full_handshake_ms: 10_000.0,
            no_key: false,
        }
    }
}

impl VoiceSwitches {
    pub fn parse(body: &[u8]) -> Result<Self, SwitchError> {
        let switches: Self = parse_fields(body)?;
        let shares = [
            ("stall_share", switches.stall_share),
            ("early_close_share", switches.early_close_share),
            ("silent_greeting_share", switches.silent_greeting_share),
            ("silent_answer_share", switches.silent_answer_share),
            ("malformed_share", switches.malformed_share),
            ("upstream_loss_share", switches.upstream_loss_share),
            ("upstream_end_share", switches.upstream_end_share),
        ];
        if let Some((field, share)) = shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            return Err(refuse(field, format!("{share} is not between 0 and 1")));
        }
        let times = [
            ("greeting_ms", switches.greeting_ms),
            ("think_ms", switches.think_ms),
            ("jitter_ms", switches.jitter_ms),
            ("stall_ms", switches.stall_ms),
            ("full_silence_ms", switches.full_silence_ms),
            ("full_handshake_ms", switches.full_handshake_ms),
        ];
        if let Some((field, time)) = times.into_iter().find(|(_, time)| !(0.0..=LONGEST_MS).contains(time)) {
            return Err(refuse(field, format!("{time} is not between 0 and {LONGEST_MS}")));
        }
        if !SPEEDS.contains(&switches.speed) {
            return Err(refuse("speed", format!("{} is not between 0.1 and 100", switches.speed)));
        }
        if !matches!(switches.early_close_code, 1000 | 1001 | 1006 | 1008 | 1009 | 1011 | 1012 | 1013 | 3000..=4999) {
            return Err(refuse("early_close_code", format!("a server cannot send {}", switches.early_close_code)));
        }
        Ok(switches)
    }

    /// As recorded by default: what the service needs to reach whoever speaks for it.
    pub fn greeting(&self) -> Duration {
        millis(self.greeting_ms)
    }

    pub fn think(&self) -> Duration {
        millis(self.think_ms)
    }
}

/// Of a time that was checked above.
pub fn millis(time: f64) -> Duration {
    Duration::from_secs_f64(time / 1e3)
}

const LONGEST_MS: f64 = 600_000.0;
const SPEEDS: std::ops::RangeInclusive<f64> = 0.1..=100.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(body: &str, field: &str) {
        assert_eq!(VoiceSwitches::parse(body.as_bytes()).expect_err(body).field, field);
    }

    #[test]
    fn a_wrong_field_is_named() {
        check_refused(r#"{"think":1}"#, "think");
        check_refused(r#"{"think_ms":-1}"#, "think_ms");
        check_refused(r#"{"stall_ms":600001}"#, "stall_ms");
        check_refused(r#"{"speed":0}"#, "speed");
        check_refused(r#"{"silent_answer_share":1.1}"#, "silent_answer_share");
        check_refused(r#"{"early_close_code":1005}"#, "early_close_code");
        check_refused(r#"{"early_close_phase":"later"}"#, "early_close_phase");
        check_refused(r#"{"cap":-1}"#, "cap");
    }

    /// Without `..`, so that a field added there does not compile here.
    #[test]
    fn the_plan_knows_the_same_switches() {
        let planned = plan::VoiceFaults {
            greeting_ms: 1.0,
            think_ms: 2.0,
            jitter_ms: 3.0,
            speed: 4.0,
            stall_share: 0.1,
            stall_ms: 5.0,
            early_close_share: 0.2,
            early_close_code: 4003,
            early_close_phase: plan::ClosePhase::AfterReport,
            silent_greeting_share: 0.3,
            silent_answer_share: 0.4,
            malformed_share: 0.5,
            upstream_loss_share: 0.6,
            upstream_end_share: 0.7,
            cap: 6,
            full_silence_ms: 7.0,
            full_handshake_ms: 8.0,
            no_key: true,
        };
        let document = serde_json::to_value(&planned).expect("plain data");
        let switches = VoiceSwitches::parse(document.to_string().as_bytes()).expect("the plan's document is ours");
        assert_eq!(serde_json::to_value(&switches).expect("plain data"), document);
        let defaults = serde_json::to_value(plan::VoiceFaults::default()).expect("plain data");
        assert_eq!(serde_json::to_value(VoiceSwitches::default()).expect("plain data"), defaults);
    }

    #[test]
    fn absent_fields_have_their_defaults() {
        let parsed = VoiceSwitches::parse(br#"{"cap":30}"#);
        assert_eq!(parsed, Ok(VoiceSwitches { cap: 30, ..VoiceSwitches::default() }));
    }
}
