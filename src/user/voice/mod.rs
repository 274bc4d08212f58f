//! A user's voice: its microphone, what it says, what it hears, and the turns these make.
//!
//! ```text
//!            speak                utterance sent        first audio              end of the answer
//!   (idle) ─────────▶ Speaking ──────────────────▶ Awaiting ───────────▶ Listening ─────────────────▶ (idle)
//!                        ▲                                                    │
//!                        └──────────────────── barge-in ──────────────────────┘
//! ```
//! `mic` paces what is sent, `say` the steps that send, `hear` takes what arrives, `listen` the step that waits for it.

mod hear;
mod listen;
mod meters;
mod mic;
mod say;
mod told;
mod turn;
mod utterance;

pub use meters::VoiceMeters;
pub use utterance::Utterances;

use crate::metrics::{Phase, UsersByState};
use crate::scenario::MicMode;
use crate::time::{Span, Timestamp};
use crate::wire::Told;

use super::{Context, User};
use listen::Listening;
use mic::{Mic, Speech};
use turn::{Answer, Progress, Turn};

/// Lives as long as the connection.
pub struct Voice {
    mode: MicMode,
    /// `None`: it is off, or not on yet.
    mic: Option<Mic>,
    /// The service has spoken on this connection.
    has_heard: bool,
    turn: Turn,
    /// The answer that is arriving; it may belong to the turn before.
    answer: Option<Answer>,
    speech: Option<Speech>,
    listening: Option<Listening>,
    /// The report that ends the conversation has come.
    is_reported: bool,
}

/// Why a voice falls silent for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The connection was lost.
    Lost,
    /// The user left, or the run is over.
    Left,
}

impl Voice {
    pub fn new(now: Timestamp) -> Self {
        Self {
            mode: MicMode::Off,
            mic: None,
            has_heard: false,
            turn: Turn::new(0, now, None),
            answer: None,
            speech: None,
            listening: None,
            is_reported: false,
        }
    }

    /// What it is in the middle of, if that says more than the stage of its user's life.
    pub fn phase(&self) -> Option<Phase> {
        let awaited = self.turn.progress == Progress::Awaited;
        if self.is_reported {
            Some(Phase::AfterReport)
        } else if self.speech.is_some() {
            Some(Phase::Speaking)
        } else if self.answer.is_some() {
            Some(Phase::Listening)
        } else if awaited && self.turn.index == 0 {
            Some(Phase::BeforeGreeting)
        } else {
            (awaited && !self.turn.is_settled).then_some(Phase::AwaitingAnswer)
        }
    }

    pub fn next_timeout(&self) -> Timestamp {
        let mic = self.mic.map_or(Timestamp::NEVER, |mic| mic.due);
        self.listening.as_ref().map_or(mic, |listening| mic.min(listening.next_timeout()))
    }

    pub fn count_state(&self, now: Timestamp, users: &mut UsersByState) {
        match self.phase() {
            Some(Phase::Speaking) => users.speaking += 1,
            Some(Phase::AwaitingAnswer | Phase::BeforeGreeting) => users.awaiting += 1,
            Some(Phase::Listening) => users.listening += 1,
            _ => {}
        }
        users.starving += u32::from(self.answer.as_ref().is_some_and(|answer| answer.player.is_starving(now)));
    }

    /// It speaks no more and expects no answer. What is arriving is still heard.
    fn hush(&mut self, ctx: &mut Context<'_>, why: Ending) {
        self.mode = MicMode::Off;
        self.mic = None;
        self.speech = None;
        self.listening = None;
        if let Some(meters) = &ctx.meters.voice {
            let outcome = if why == Ending::Lost { meters.turns.lost } else { meters.turns.cut };
            self.turn.settle(ctx, outcome);
        }
    }
}

impl User {
    /// The connection is usable.
    pub(super) fn begin_voice(&mut self, ctx: &mut Context<'_>) {
        ctx.tell(|| Told::Saw("connected".to_owned()));
        self.voice = ctx.program.audio.as_ref().map(|_| Box::new(Voice::new(ctx.now)));
    }

    /// Its part of the conversation is over.
    pub(super) fn hush(&mut self, ctx: &mut Context<'_>) {
        if let Some(voice) = &mut self.voice {
            voice.hush(ctx, Ending::Left);
        }
    }

    /// The connection is gone, or on its way out.
    pub(super) fn end_voice(&mut self, ctx: &mut Context<'_>, why: Ending) {
        let phase = self.phase();
        let Some(mut voice) = self.voice.take() else { return };
        if let (Ending::Lost, Some(listening)) = (why, &voice.listening) {
            ctx.error(listening.operation, "disconnected", phase, || "the connection was lost first".to_owned());
        }
        voice.hush(ctx, why);
        if let Some(answer) = voice.answer.take() {
            answer.close(ctx, false);
        }
    }

    /// Chunks and time-outs that are due.
    pub(super) fn on_voice_timeout(&mut self, ctx: &mut Context<'_>) {
        if self.voice.as_ref().is_some_and(|voice| voice.next_timeout() <= ctx.now) {
            self.send_due_chunks(ctx);
            self.expire_listening(ctx);
        }
    }
}

/// A chunk that is sent later than this after it was due counts as late.
const LATE: Span = Span::from_millis(20);
