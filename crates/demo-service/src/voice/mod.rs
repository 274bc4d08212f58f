//! A simulated voice service with the REST calls, sessions and conversations that the voice presets need, and exact
//! counts of what it did.
//!
//! Frames are written by hand, and speech is recognised by a rule of its own: a mistake of ours must not cancel out.

mod call;
mod ear;
mod rest;

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::net::{Net, Peer};
use base::time::{Span, Timestamp};
use call::{Conversation, Due};
use ear::Ear;
use rest::Account;

/// How the service behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct VoiceConfig {
    /// From open to the greeting's first audio.
    pub greeting: Span,
    /// Silent audio that ends a turn.
    pub vad_silence: Span,
    /// From the end of a turn to the answer's first audio.
    pub think: Span,
    /// From the end of a turn to the user's transcript.
    pub transcript: Span,
    /// Chunks of 100 ms in an answer.
    pub chunks: u32,
    /// From one chunk to the next; services that stream faster than it plays need less than 100 ms.
    pub pace: Span,
    /// From `disconnect` to the report.
    pub report: Span,
    /// Share of answers that stop in the middle for `stall`.
    pub stall_share: f64,
    pub stall: Span,
    /// Conversations at the same time; who comes later is accepted and hears nothing, and is cut off after 30 s.
    pub capacity: usize,
    /// Closes every conversation with this code when it gets to this point.
    pub close: Option<(ClosePoint, u16)>,
    /// Says nothing to users from this turn on.
    pub mute_from_turn: Option<u32>,
    /// Answers without any audio.
    pub empty_answers: bool,
    /// The event that ends an answer (not a greeting) never comes.
    pub lose_ends: bool,
    /// Each greeting is preceded by one of every kind of frame that makes no sense.
    pub malformed: bool,
    /// What chunks of answers hold.
    pub sound: AnswerSound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosePoint {
    Handshake,
    BeforeGreeting,
    Speaking,
    Waiting,
    Listening,
    AfterReport,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerSound {
    Tone,
    Silence,
    Clipped,
}

impl Default for VoiceConfig {
    fn default() -> Self {
        Self {
            greeting: Span::from_millis(115),
            vad_silence: Span::from_millis(1_500),
            think: Span::from_millis(300),
            transcript: Span::from_millis(150),
            chunks: 20,
            pace: Span::from_millis(100),
            report: Span::from_millis(40),
            stall_share: 0.0,
            stall: Span::from_millis(400),
            capacity: usize::MAX,
            close: None,
            mute_from_turn: None,
            empty_answers: false,
            lose_ends: false,
            malformed: false,
            sound: AnswerSound::Tone,
        }
    }
}

/// What the service saw and did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VoiceCounts {
    pub rest: BTreeMap<String, u64>,
    /// By kind, of all frames that came in.
    pub events: BTreeMap<String, u64>,
    pub opened: u64,
    pub greeted: u64,
    /// Turns of users that it heard the end of.
    pub turns: u64,
    /// Answers (without greetings) that it sent to their end.
    pub answered: u64,
    pub stalled: u64,
    /// Answers (and greetings) that users broke into.
    pub cut: u64,
    pub reports: u64,
    pub chunks_out: u64,
    /// Voices asked for, by name; the empty name: none.
    pub voices: BTreeMap<String, u64>,
    pub most_calls: usize,
}

pub struct VoiceServer {
    pub config: VoiceConfig,
    pub counts: VoiceCounts,
    random: fastrand::Rng,
    ear: Ear,
    calls: HashMap<Peer, Conversation>,
    agenda: Net<(Peer, u32, Due)>,
    /// By log-in.
    accounts: HashMap<String, Account>,
    /// Sessions by id: the member that owns it, if it is no guest's.
    sessions: HashMap<String, Option<usize>>,
    out: Vec<(Peer, VoiceOutput)>,
}

/// What the service sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VoiceOutput {
    Opened,
    Text(Rc<str>),
    Binary(Vec<u8>),
    Closed(u16),
}

impl VoiceServer {
    pub fn new(seed: u64, config: VoiceConfig) -> Self {
        Self {
            ear: Ear::new(config.sound),
            config,
            counts: VoiceCounts::default(),
            random: fastrand::Rng::with_seed(seed),
            calls: HashMap::new(),
            agenda: Net::new(Span::ZERO),
            accounts: HashMap::new(),
            sessions: HashMap::new(),
            out: Vec::new(),
        }
    }

    /// Whether the address is one of this service's.
    pub fn serves(url: &str) -> bool {
        ["/ws/chat/", "/ws/guest-chat/", "/ws/scenario", "/ws/guest-scenario", "/auth/", "/chat/sessions"]
            .iter()
            .any(|part| url.contains(part) && !url.contains("/api/auth/"))
    }

    pub fn has(&self, peer: Peer) -> bool {
        self.calls.contains_key(&peer)
    }

    pub fn next_at(&self) -> Timestamp {
        self.agenda.next().unwrap_or(Timestamp::NEVER)
    }

    /// What it sends, in order.
    pub fn drain(&mut self) -> impl Iterator<Item = (Peer, VoiceOutput)> {
        std::mem::take(&mut self.out).into_iter()
    }

    pub fn close(&mut self, peer: Peer) {
        self.calls.remove(&peer);
    }

    pub fn cut_all(&mut self) {
        self.out.extend(self.calls.drain().map(|(peer, _)| (peer, VoiceOutput::Closed(1006))));
    }

    /// Does what is due.
    pub fn advance(&mut self, now: Timestamp) {
        while let Some((peer, generation, due)) = self.agenda.pop(now) {
            if self.calls.get(&peer).is_some_and(|call| call.generation == generation || due.is_lasting()) {
                self.on_due(now, peer, due);
            }
        }
    }

    fn send(&mut self, peer: Peer, frame: &str) {
        self.out.push((peer, VoiceOutput::Text(frame.into())));
    }

    /// Ends the conversation, if this is where the configuration wants it.
    fn closes_at(&mut self, peer: Peer, point: ClosePoint) -> bool {
        let Some((_, code)) = self.config.close.filter(|(at, _)| *at == point) else { return false };
        self.calls.remove(&peer);
        self.out.push((peer, VoiceOutput::Closed(code)));
        true
    }
}
