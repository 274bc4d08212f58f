//! How the voice service of `lab` is to behave, as a plan has it.

use serde::{Deserialize, Serialize};

/// The voice switches of `lab`: `POST /lab/voice` takes exactly this JSON, where what is absent has its default. Shares are
/// 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VoiceFaults {
    /// From the opening to the greeting's first audio.
    pub greeting_ms: f64,
    /// From the end of a turn to the answer's first audio.
    pub think_ms: f64,
    /// Every chunk leaves later by 0 to this.
    pub jitter_ms: f64,
    /// How many times faster than it plays an answer is sent.
    pub speed: f64,
    /// Of answers: they stop in the middle for `stall_ms`.
    pub stall_share: f64,
    pub stall_ms: f64,
    /// Of conversations that get to the phase: closed with the code (1006: cut).
    pub early_close_share: f64,
    pub early_close_code: u16,
    pub early_close_phase: ClosePhase,
    /// Of conversations: never a word.
    pub silent_greeting_share: f64,
    /// Of turns: not answered.
    pub silent_answer_share: f64,
    /// Of answers: preceded by frames that make no sense.
    pub malformed_share: f64,
    /// Of answers: in the middle, whoever speaks for the service is lost, with an error, or ends without a word.
    pub upstream_loss_share: f64,
    pub upstream_end_share: f64,
    /// Conversations at the same time; 0: no limit.
    pub cap: u32,
    pub full_silence_ms: f64,
    pub full_handshake_ms: f64,
    /// The service has no key for its upstream.
    pub no_key: bool,
}

/// Where in a conversation an early close happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosePhase {
    BeforeGreeting,
    Speaking,
    Waiting,
    Listening,
    AfterReport,
}

impl Default for VoiceFaults {
    /// A service without faults, as quick as the real one.
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
            early_close_phase: ClosePhase::Listening,
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
