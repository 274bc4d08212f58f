//! A user's voice: its microphone, what it says, what it hears, and the turns these make.
//!
//! ```text
//!            speak                utterance sent        first audio              end of the answer
//!   (idle) ─────────▶ Speaking ──────────────────▶ Awaiting ───────────▶ Listening ─────────────────▶ (idle)
//!                        ▲                                                    │
//!                        └──────────────────── barge-in ──────────────────────┘
//! ```
//! An answer ends for its listener when all of it has been played, which is later than its last frame.
//! `mic` paces what is sent, `say` the steps that send, `hear` takes what arrives, `listen` the step that waits for it.

mod answer;
mod hear;
mod listen;
mod meters;
mod mic;
mod say;
mod told;
mod transcripts;
mod turn;
mod utterance;

pub use meters::VoiceMeters;
pub use utterance::{UnknownClip, Utterances};

use crate::wire::Told;
use base::time::Timestamp;
use metrics::{Phase, UserId, UsersByState};
use scenario::MicMode;

use super::{Context, User};
use answer::Answer;
use listen::Listening;
use mic::{Mic, Speech};
use transcripts::Transcripts;
use turn::{Progress, Turn};

/// Lives as long as the connection.
pub struct Voice {
    user: UserId,
    mode: MicMode,
    /// `None`: it is off, or not on yet.
    mic: Option<Mic>,
    /// The service has spoken on this connection.
    has_heard: bool,
    turn: Turn,
    transcripts: Transcripts,
    /// The answer that is arriving; it may belong to the turn before.
    answer: Option<Answer>,
    /// The byte of it that waits for the other half of its sample.
    half_sample: Option<u8>,
    speech: Option<Speech>,
    /// The answer has arrived whole, and the user hears it until then.
    playing: Option<Timestamp>,
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
    pub fn new(user: UserId, now: Timestamp) -> Self {
        Self {
            user,
            mode: MicMode::Off,
            mic: None,
            has_heard: false,
            turn: Turn::new(0, now, None),
            transcripts: Transcripts::default(),
            answer: None,
            half_sample: None,
            speech: None,
            playing: None,
            listening: None,
            is_reported: false,
        }
    }

    /// What it is in the middle of, if that says more than the stage of its user's life.
    pub fn phase(&self) -> Option<Phase> {
        let awaited = self.turn.progress == Progress::Awaited;
        if self.is_reported {
            Some(Phase::AfterReport)
        } else if self.speech.is_some() && self.turn.speech_end.is_none() {
            Some(Phase::Speaking)
        } else if self.answer.is_some() || self.playing.is_some() {
            Some(Phase::Listening)
        } else if awaited && self.turn.index == 0 {
            Some(Phase::BeforeGreeting)
        } else {
            (awaited && !self.turn.is_settled).then_some(Phase::AwaitingAnswer)
        }
    }

    pub fn next_timeout(&self) -> Timestamp {
        let mic = self.mic.map(|mic| mic.due);
        let listening = self.listening.as_ref().map(Listening::next_timeout);
        [mic, listening, self.playing].into_iter().flatten().min().unwrap_or(Timestamp::NEVER)
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
        if why == Ending::Left {
            self.tell_waiting(ctx);
        }
        self.mode = MicMode::Off;
        self.mic = None;
        self.speech = None;
        self.listening = None;
        self.turn.forget_missed(ctx);
        if let (Ending::Left, Some(answer)) = (why, &mut self.answer) {
            answer.left.get_or_insert(ctx.now);
        }
        if let Some(meters) = &ctx.meters.voice {
            let outcome = match why {
                // All of it is here, and the user has not broken in.
                _ if self.playing.take().is_some() => meters.turns.answered,
                Ending::Lost => meters.turns.lost,
                Ending::Left => meters.turns.cut,
            };
            self.turn.settle(ctx, outcome);
        }
    }

    /// Whoever leaves while it waits for a sound does not know whether it would have come.
    fn tell_waiting(&self, ctx: &mut Context<'_>) {
        let Some(meters) = &ctx.meters.voice else { return };
        let is_open = self.turn.is_open();
        let Some(since) = self.turn.awaited_since().filter(|_| is_open || self.listening.is_some()) else { return };
        ctx.recorder.count(if is_open { meters.turns.cut_waiting } else { meters.turns.greetings_cut }, 1);
        ctx.sample(meters.cut_wait, ctx.now.since(since));
    }
}

impl User {
    /// The connection is usable.
    pub(super) fn begin_voice(&mut self, ctx: &mut Context<'_>) {
        ctx.tell(|| Told::Saw("connected".to_owned()));
        *self.voice = ctx.program.audio.as_ref().map(|_| Box::new(Voice::new(self.id, ctx.now)));
    }

    /// Its part of the conversation is over.
    pub(super) fn hush(&mut self, ctx: &mut Context<'_>) {
        if let Some(voice) = &mut *self.voice {
            voice.hush(ctx, Ending::Left);
        }
    }

    /// The connection is gone, or on its way out.
    pub(super) fn end_voice(&mut self, ctx: &mut Context<'_>, why: Ending) {
        let Some(mut voice) = self.voice.take() else { return };
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
            self.end_playing(ctx);
        }
    }
}
