//! Everything the voice service heard and said, counted where it happened.

use std::collections::BTreeMap;

use serde::Serialize;

#[derive(Debug, Default, Serialize)]
pub struct VoiceCounts {
    /// By kind: `chat member`, `chat guest`, `scenario member`, `scenario guest`.
    opened: BTreeMap<&'static str, u64>,
    /// By who ended it and the code: `client 1000`, `server 4003`; 1006: without a closing handshake.
    closed: BTreeMap<String, u64>,
    /// Handshakes that were refused, by reason.
    refused: BTreeMap<&'static str, u64>,
    /// By voice asked for; the empty name: none.
    voices: BTreeMap<String, u64>,
    events_in: BTreeMap<String, Inbound>,
    events_out: BTreeMap<&'static str, Outbound>,
    /// By the number of the turn in its conversation; 0 is the greeting.
    turns: BTreeMap<u32, Turn>,
    /// Conversations beyond the cap, and those that were never to hear a word.
    pub full: u64,
    pub silent: u64,
    pub upstream_lost: u64,
    pub completed_scenarios: u64,
    /// Audio received, in samples, and how much of it had a voice.
    pub samples_in: u64,
    pub voiced_samples_in: u64,
}

#[derive(Debug, Default, Serialize)]
struct Inbound {
    count: u64,
    /// `accepted`, `ignored`, `bad audio`, `not heard`.
    outcomes: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Default, Serialize)]
struct Outbound {
    frames: u64,
    bytes: u64,
}

/// A turn is spoken by a user and answered. What was begun is `completed`, `cut` or `abandoned`, or still going on.
#[derive(Debug, Default, Serialize)]
pub struct Turn {
    /// The beginning and the end of the user's speech, as heard.
    pub started: u64,
    pub stopped: u64,
    pub transcripts: u64,
    /// Answers of which at least one chunk left.
    pub begun: u64,
    pub completed: u64,
    /// Broken into by the user.
    pub cut: u64,
    /// Ended by a fault, the end of the conversation or a new voice.
    pub abandoned: u64,
    /// Answers that were never begun, because the user spoke again.
    pub forestalled: u64,
    /// Left without an answer by `silent_answer_share`.
    pub silent: u64,
    pub stalled: u64,
    pub malformed: u64,
    pub chunks: u64,
}

impl VoiceCounts {
    pub fn opened(&mut self, kind: &'static str) {
        *self.opened.entry(kind).or_default() += 1;
    }

    pub fn closed(&mut self, by: &str, code: u16) {
        *self.closed.entry(format!("{by} {code}")).or_default() += 1;
    }

    pub fn refused(&mut self, why: &'static str) {
        *self.refused.entry(why).or_default() += 1;
    }

    pub fn voice(&mut self, name: &str) {
        count(&mut self.voices, name);
    }

    pub fn event_in(&mut self, event: &str, outcome: &'static str) {
        let known = if self.events_in.contains_key(event) || self.events_in.len() < MOST_NAMES { event } else { REST };
        let inbound = self.events_in.entry(known.to_owned()).or_default();
        inbound.count += 1;
        *inbound.outcomes.entry(outcome).or_default() += 1;
    }

    pub fn event_out(&mut self, event: &'static str, bytes: usize) {
        let outbound = self.events_out.entry(event).or_default();
        outbound.frames += 1;
        outbound.bytes += bytes as u64;
    }

    pub fn turn(&mut self, number: u32) -> &mut Turn {
        self.turns.entry(number).or_default()
    }
}

fn count(tally: &mut BTreeMap<String, u64>, name: &str) {
    let known = if tally.contains_key(name) || tally.len() < MOST_NAMES { name } else { REST };
    *tally.entry(known.to_owned()).or_default() += 1;
}

/// Names come from clients; nobody needs to see more of them than this.
const MOST_NAMES: usize = 100;
const REST: &str = "(others)";
