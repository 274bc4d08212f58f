//! The steps `mic` and `speak`, and the chunks that they cause.

use crate::user::step::Step;
use crate::user::task::{Task, Wait};
use crate::user::{Context, User, Wish, is_stale};
use crate::wire::Told;
use base::time::Timestamp;
use protocol::audio::{Variation, length};
use scenario::{Audio, MicFrom, MicMode, SpeakOp, Template};

use super::Voice;
use super::answer::Answer;
use super::mic::{Mic, Speech};
use super::turn::{Progress, Turn};
use super::utterance::Chunk;

impl Voice {
    fn set_mic(&mut self, ctx: &Context<'_>, audio: &Audio, mode: MicMode) {
        self.mode = mode;
        if mode == MicMode::Continuous {
            self.open_mic(ctx, audio);
        } else if self.speech.is_none() || mode == MicMode::Off {
            self.mic = None;
        }
    }

    /// Switches a continuous microphone on, if the service has to be heard first and has been.
    pub(super) fn open_mic(&mut self, ctx: &Context<'_>, audio: &Audio) {
        let allowed = audio.mic_from == MicFrom::Connect || self.has_heard;
        if self.mode == MicMode::Continuous && self.mic.is_none() && allowed {
            self.mic = Some(Mic::new(ctx.now, audio));
        }
    }

    /// The user begins to speak: a turn of its own, whatever became of the one before.
    fn begin_turn(&mut self, ctx: &mut Context<'_>, speech: Speech) {
        let operation = speech.operation;
        if let Some(meters) = &ctx.meters.voice {
            let outcome = match self.turn.progress {
                Progress::Awaited | Progress::GivenUp => meters.turns.unanswered,
                Progress::Arriving | Progress::Over => meters.turns.interrupted,
            };
            ctx.recorder.count(meters.turns.all, 1);
            self.turn.settle(ctx, outcome);
        }
        if let Some(answer) = &mut self.answer {
            answer.interrupted.get_or_insert((operation, None));
        }
        self.transcripts.on_speech(operation);
        self.turn.forget_missed(ctx);
        self.turn = Turn::new(self.turn.index + 1, speech.began, Some(operation));
        self.speech = Some(speech);
        // What was being played is not listened to any more.
        if self.playing.take().is_some() {
            self.listen_anew(ctx);
        }
    }

    /// A chunk of the utterance has been handed over; `mic` is at the next one.
    fn on_spoken(&mut self, ctx: &mut Context<'_>, mic: &Mic, chunk: Chunk) -> Option<u32> {
        let speech = self.speech.as_ref()?;
        if let Some(end) = speech.voiced_until(mic) {
            self.turn.speech_end = Some(end);
            self.transcripts.on_speech_end(end);
        }
        if let Some(Answer { interrupted: Some((_, first_voiced)), .. }) = &mut self.answer
            && chunk.voiced > 0
        {
            first_voiced.get_or_insert(ctx.now);
        }
        if speech.is_over(mic) { self.end_speech(ctx) } else { None }
    }

    /// Its last chunk has been sent. Gives the task that waited for that.
    fn end_speech(&mut self, ctx: &mut Context<'_>) -> Option<u32> {
        let speech = self.speech.take()?;
        if let Some(meters) = &ctx.meters.voice {
            let spoken = meters.speak(speech.operation).spoken;
            ctx.sample(spoken, ctx.now.since(speech.began));
        }
        let answered = self.turn.progress != Progress::Awaited;
        if self.mode == MicMode::PushToTalk || (self.mode == MicMode::WhileSpeaking && answered) {
            self.mic = None;
        }
        Some(speech.task)
    }
}

impl User {
    pub(in crate::user) fn set_mic(&mut self, ctx: &Context<'_>, mode: MicMode) {
        if let (Some(voice), Some(audio)) = (&mut *self.voice, &ctx.program.audio) {
            let speaker = voice.speech.take_if(|_| mode == MicMode::Off).map(|speech| speech.task);
            if speaker.is_some() {
                // Whatever was left to say is not said.
                voice.turn.speech_end.get_or_insert(ctx.now);
            }
            voice.set_mic(ctx, audio, mode);
            self.script.unblock(speaker, ctx.now);
        }
    }

    pub(in crate::user) fn speak(&mut self, ctx: &mut Context<'_>, task: &Task, op: &SpeakOp) -> Step {
        // What is due before it has to be out first.
        self.send_due_chunks(ctx);
        match self.begin_speech(ctx, task, op) {
            Ok(()) => Step::Wait(task.pc + 1, Wait::Blocked),
            Err((code, _)) if task.typed.is_some() => {
                ctx.show(|| Told::Failed(format!("by hand: {code}")));
                Step::Go(task.pc + 1)
            }
            Err((code, sample)) => {
                ctx.error(op.operation, code, self.phase(), || sample);
                Step::Go(task.pc + 1)
            }
        }
    }

    fn begin_speech(&mut self, ctx: &mut Context<'_>, task: &Task, op: &SpeakOp) -> Result<(), (&'static str, String)> {
        let wall = ctx.wall_ms;
        let no = |code| Err((code, String::new()));
        let connected = self.contact.link.as_ref().is_some_and(|link| link.closing.is_none());
        let Some(voice) = self.voice.as_mut().filter(|_| connected) else { return no("not connected") };
        let (Some(audio), Some(utterances)) = (&ctx.program.audio, &mut ctx.utterances) else { return no("no audio") };
        if voice.speech.is_some() {
            return no("already speaking");
        }
        if voice.mode == MicMode::Off {
            return no("microphone is off");
        }
        let mut number = |template: &Option<Template>| {
            template
                .as_ref()?
                .number(&mut self.memory.scope(wall, task.event(), ""))
                .filter(|number| number.is_finite())
        };
        let variation = Variation::new(number(&op.gain_db).unwrap_or(0.0), number(&op.noise_db));
        let chunk = length(u64::from(audio.chunk_samples), audio.rate);
        let chunks = number(&op.length_s).map(|seconds| (seconds / chunk.as_secs_f64()).round().max(1.0) as u64);
        let clip = match &task.typed {
            Some(clip) => clip.to_string(),
            None => op.clip.text(&mut self.memory.scope(wall, task.event(), "")),
        };
        let Some(utterance) = utterances.utterance(&clip, variation, ctx.frames) else {
            return Err(("no such clip", utterances.unknown(&clip).to_string()));
        };
        let fresh = voice.mic.is_none();
        let mic = *voice.mic.get_or_insert_with(|| Mic::new(ctx.now, audio));
        let speech = Speech::new(utterance, chunks, (&mic, fresh), (op.operation, task.serial), audio);
        voice.begin_turn(ctx, speech);
        Ok(())
    }

    pub(in crate::user) fn is_speaking(&self) -> bool {
        self.voice.as_ref().is_some_and(|voice| voice.speech.is_some())
    }

    /// What such a task has left to say is not said.
    pub(in crate::user) fn stop_speaking(&mut self, now: Timestamp, is_of: impl Fn(u32) -> bool) {
        let Some(voice) = &mut *self.voice else { return };
        if voice.speech.take_if(|speech| is_of(speech.task)).is_some() {
            voice.turn.speech_end.get_or_insert(now);
        }
    }

    /// Sends every chunk that is due; what is late is sent at once and does not move the ones after it. What is too late is not sent.
    pub(super) fn send_due_chunks(&mut self, ctx: &mut Context<'_>) {
        let (Some(voice), Some(audio), Some(link)) = (&mut *self.voice, &ctx.program.audio, &self.contact.link) else {
            return;
        };
        let mut spoken = None;
        while let Some(mut mic) = voice.mic.filter(|mic| mic.due <= ctx.now) {
            let part = voice.speech.as_ref().and_then(|speech| speech.part(&mic));
            let silence = || Some(ctx.utterances.as_mut()?.silence(ctx.frames));
            let Some(frame) = part.map(|chunk| chunk.frame).or_else(silence) else { return };
            if is_stale(mic.due, ctx.now) {
                ctx.count(ctx.meters.not_sent, 1);
            } else {
                let bytes = ctx.frames.text(frame).len() as u64;
                if ctx.is_listened_to() {
                    ctx.tell_spoken(audio, frame, mic.time_of(mic.current(), 0, audio));
                }
                ctx.wishes.push(Wish::SendFrame { socket: link.socket, frame, due: mic.due });
                ctx.count_chunk(bytes, &audio.outbound.event);
            }
            mic.advance(audio);
            voice.mic = Some(mic);
            spoken = spoken.or(part.and_then(|chunk| voice.on_spoken(ctx, &mic, chunk)));
        }
        if spoken.is_some() {
            self.script.unblock(spoken, ctx.now);
        }
    }
}

impl Context<'_> {
    fn count_chunk(&mut self, bytes: u64, event: &str) {
        self.recorder.count(self.meters.frames_out, 1);
        self.recorder.count(self.meters.bytes_out, bytes);
        self.meters.count_out(event, self.recorder, self.redactor);
        if let Some(meters) = &self.meters.voice {
            self.recorder.count(meters.chunks_out, 1);
        }
    }
}
