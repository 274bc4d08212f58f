//! What arrives from the service: audio, the ends of answers, what it heard, the report.

use crate::user::{Context, User};
use crate::wire::Told;
use metrics::{CounterId, Player};
use protocol::Args;
use protocol::audio::{AudioError, Level, SAMPLE_BYTES, length};
use scenario::{Audio, EventId, MicMode};

use super::answer::Answer;
use super::turn::{Progress, Turn};
use super::{Voice, listen};

impl User {
    /// Takes an event that the scenario's `audio` names.
    pub(in crate::user) fn on_voice_event(&mut self, ctx: &mut Context<'_>, event: EventId, args: &Args<'_>) {
        let Some(audio) = &ctx.program.audio else { return };
        if self.voice.is_none() {
            return;
        }
        if audio.report == Some(event) && !self.in_flight.awaits(event) {
            self.note_end(ctx, event, true);
        }
        if event == audio.inbound {
            self.on_audio(ctx, audio, args);
        } else if event == audio.done {
            self.on_answer_done(ctx);
        } else if let Some(voice) = &mut *self.voice {
            let is = |known: Option<EventId>| known == Some(event);
            voice.is_reported |= is(audio.report);
            if is(audio.speech_started) {
                voice.turn.on_speech_started(ctx);
            } else if is(audio.speech_stopped) {
                voice.on_speech_stopped(ctx);
            } else if is(audio.transcript) {
                voice.on_transcript(ctx, audio);
            }
        }
    }

    fn on_audio(&mut self, ctx: &mut Context<'_>, audio: &Audio, args: &Args<'_>) {
        let Some(voice) = &mut *self.voice else { return };
        let mut reader = std::mem::take(ctx.pcm);
        let field = &audio.inbound_field;
        match reader.read(args.find(field.arg, &field.path), &mut voice.half_sample) {
            Ok(bytes) => self.on_samples(ctx, audio, bytes),
            Err(error) => self.count_bad_audio(ctx, error),
        }
        *ctx.pcm = reader;
    }

    fn count_bad_audio(&self, ctx: &mut Context<'_>, error: AudioError) {
        ctx.count(ctx.meters.frames_invalid, 1);
        ctx.named_error(catalogue::AUDIO, error.code(), self.phase(), || error.to_string());
    }

    fn on_samples(&mut self, ctx: &mut Context<'_>, audio: &Audio, bytes: &[u8]) {
        let Some(voice) = &mut *self.voice else { return };
        if let Some(meters) = &ctx.meters.voice {
            ctx.recorder.count(meters.chunks_in, 1);
        }
        // A chunk without audio is nothing that anybody hears.
        if bytes.is_empty() {
            return;
        }
        ctx.tell(|| Told::Hears { pcm: bytes.to_vec() });
        let begins = voice.answer.is_none();
        if begins {
            voice.begin_answer(ctx, audio);
        }
        let Some(answer) = &mut voice.answer else { return };
        answer.level.add_bytes(bytes);
        let heard = answer.player.arrive(ctx.now, length((bytes.len() / SAMPLE_BYTES) as u64, audio.rate));
        if let Some(meters) = &ctx.meters.voice {
            let samples = [(meters.gap, heard.gap), (meters.underrun, heard.underrun)];
            for (series, value) in samples {
                if let Some(value) = value {
                    ctx.sample(series, value);
                }
            }
        }
        if begins && voice.turn.progress == Progress::Arriving {
            self.on_answer_begins(ctx);
        }
    }

    fn on_answer_done(&mut self, ctx: &mut Context<'_>) {
        let Some(voice) = &mut *self.voice else { return };
        if voice.half_sample.take().is_some() {
            self.count_bad_audio(ctx, AudioError::OddBytes);
        }
        let Some(voice) = &mut *self.voice else { return };
        let Some(answer) = voice.answer.take() else { return self.on_empty_answer(ctx) };
        let turn = answer.turn;
        let (listened, played) = answer.close(ctx, true);
        if turn != voice.turn.index || voice.turn.progress != Progress::Arriving {
            return;
        }
        if !voice.turn.is_complete() {
            voice.turn.await_again();
            return voice.listen_anew(ctx);
        }
        voice.turn.on_end(ctx.now, &listened);
        voice.turn.record(ctx);
        self.on_answer_arrived(ctx, played);
    }

    /// The end of an answer that never began.
    fn on_empty_answer(&mut self, ctx: &mut Context<'_>) {
        let Some(voice) = &mut *self.voice else { return };
        if voice.turn.progress != Progress::Awaited || !voice.turn.is_complete() {
            return;
        }
        voice.turn.progress = Progress::Over;
        if let Some(meters) = &ctx.meters.voice {
            let (empty, unanswered) = (meters.answers.empty, meters.turns.unanswered);
            ctx.recorder.count(empty, 1);
            voice.turn.settle(ctx, unanswered);
        }
        if voice.listening.is_none() {
            ctx.named_error(catalogue::AUDIO, "empty answer", self.phase(), || "it ended without any audio".to_owned());
        }
        self.on_answer_ended(ctx, listen::ListenOutcome::Empty);
    }
}

impl Voice {
    fn begin_answer(&mut self, ctx: &mut Context<'_>, audio: &Audio) {
        self.has_heard = true;
        self.open_mic(ctx, audio);
        let is_asked = self.turn.progress == Progress::Awaited;
        let is_too_late = self.turn.progress == Progress::GivenUp;
        let is_early = is_asked && !self.turn.is_complete();
        if is_asked {
            self.turn.on_first_audio(ctx.now);
            self.turn.record(ctx);
            if self.mode == MicMode::WhileSpeaking && self.speech.is_none() {
                self.mic = None;
            }
        }
        if is_too_late {
            self.turn.begins_late(ctx);
        }
        if let Some(meters) = &ctx.meters.voice {
            ctx.recorder.count(meters.answers.all, 1);
            ctx.recorder.count(meters.answers.early, u64::from(is_early));
            ctx.recorder.count(meters.answers.unasked, u64::from(!is_asked && !is_too_late));
            ctx.recorder.count(meters.answers.too_late, u64::from(is_too_late));
        }
        self.answer = Some(Answer {
            user: self.user,
            turn: self.turn.index,
            player: Player::new(audio.player_buffer),
            level: Level::default(),
            interrupted: None,
            left: None,
        });
    }

    fn on_transcript(&mut self, ctx: &mut Context<'_>, audio: &Audio) {
        let Some(meters) = &ctx.meters.voice else { return };
        match self.transcripts.on_transcript(audio.speech_stopped.is_some()) {
            Some((speak, end)) => ctx.sample(meters.speak(speak).transcript, ctx.now.since(end)),
            None => ctx.recorder.count(meters.transcripts_unclear, 1),
        }
    }

    fn on_speech_stopped(&mut self, ctx: &mut Context<'_>) {
        self.transcripts.on_stopped();
        let Some(meters) = &ctx.meters.voice else { return };
        // It took a pause for the end: the user is still speaking.
        let Some(end) = self.turn.speech_end else {
            return ctx.recorder.count(meters.stopped_early, u64::from(self.speech.is_some()));
        };
        if self.turn.progress == Progress::Awaited
            && let Some(speak) = self.turn.speak
            && self.turn.stopped.replace(ctx.now).is_none()
        {
            ctx.sample(meters.speak(speak).stopped, ctx.now.since(end));
        }
    }
}

impl Turn {
    /// Counts what became of it, the first time.
    pub(super) fn settle(&mut self, ctx: &mut Context<'_>, outcome: CounterId) {
        if self.index > 0 && !std::mem::replace(&mut self.is_settled, true) {
            ctx.recorder.count(outcome, 1);
        }
    }

    fn on_speech_started(&mut self, ctx: &mut Context<'_>) {
        if let (Some(meters), Some(speak)) = (&ctx.meters.voice, self.speak)
            && !std::mem::replace(&mut self.is_started, true)
        {
            ctx.sample(meters.speak(speak).started, ctx.now.since(self.began));
        }
    }
}
