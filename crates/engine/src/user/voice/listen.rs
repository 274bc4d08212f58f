//! The step `listen`: waits for an answer, hears it to its end, or breaks in.

use crate::user::step::Step;
use crate::user::task::{Task, Wait};
use crate::user::{Context, User};
use base::time::{Span, Timestamp};
use metrics::Phase;
use scenario::{ListenOp, MicMode, Op, OperationId, Pc, Until};

use super::Voice;
use super::turn::Progress;

/// A task that listens.
#[derive(Debug)]
pub struct Listening {
    task: u32,
    /// Its step.
    at: Pc,
    pub operation: OperationId,
    /// When it gives up on the first audio, then on the end.
    deadline: Timestamp,
    barge_in: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenOutcome {
    Heard,
    Empty,
}

impl Listening {
    pub fn next_timeout(&self) -> Timestamp {
        self.deadline.min(self.barge_in)
    }

    fn op<'a>(&self, ctx: &Context<'a>) -> Option<&'a ListenOp> {
        match &ctx.program.ops[self.at as usize] {
            Op::Listen(op) => Some(op),
            _ => None,
        }
    }
}

impl Voice {
    /// The answer of this turn has been heard.
    fn settle_answered(&mut self, ctx: &mut Context<'_>) {
        if let Some(meters) = &ctx.meters.voice {
            let answered = meters.turns.answered;
            self.turn.settle(ctx, answered);
        }
    }

    /// Nobody waits for this turn's answer any more: what has come of it is all that is measured of it.
    fn give_up(&mut self, ctx: &mut Context<'_>, limit: Span) {
        if let Some(answer) = self.answer.take_if(|answer| answer.turn == self.turn.index) {
            answer.close(ctx, false);
        }
        self.turn.give_up(ctx, limit);
        if let Some(meters) = &ctx.meters.voice {
            let unanswered = meters.turns.unanswered;
            self.turn.settle(ctx, unanswered);
        }
        self.mic = self.mic.filter(|_| self.mode == MicMode::Continuous);
    }

    /// What was listened to is over without being the answer: whoever listens waits for the next one.
    pub(super) fn listen_anew(&mut self, ctx: &mut Context<'_>) {
        let Some(listening) = &mut self.listening else { return };
        let Some(op) = listening.op(ctx) else { return };
        listening.deadline = ctx.now + op.first_audio;
        listening.barge_in = Timestamp::NEVER;
        self.turn.listen(op.operation);
    }
}

impl User {
    pub(in crate::user) fn listen(&mut self, ctx: &mut Context<'_>, task: &Task, op: &ListenOp) -> Step {
        let connected = self.contact.link.as_ref().is_some_and(|link| link.closing.is_none());
        let phase = self.phase();
        let voice = self.voice.as_mut().filter(|voice| connected && voice.listening.is_none());
        let Some(voice) = voice else {
            let code = if connected { "already listening" } else { "not connected" };
            ctx.error(op.operation, code, phase, String::new);
            return self.after_failure(ctx, op.required, "it cannot listen", op.after);
        };
        if voice.turn.is_heard {
            voice.turn.forget_missed(ctx);
            voice.turn.go_on(ctx.now, voice.answer.is_some());
        }
        voice.turn.listen(op.operation);
        voice.turn.record(ctx);
        let progress = voice.turn.progress;
        if op.until == Until::Received && voice.playing.take().is_some() {
            voice.settle_answered(ctx);
        }
        let is_heard = progress == Progress::Over && voice.playing.is_none();
        if is_heard {
            voice.turn.is_heard = true;
            return Step::Go(op.after);
        }
        voice.listening = Some(Listening {
            task: task.serial,
            at: task.pc,
            operation: op.operation,
            deadline: ctx.now + op.first_audio,
            barge_in: Timestamp::NEVER,
        });
        if matches!(progress, Progress::Arriving | Progress::Over) {
            self.on_answer_begins(ctx);
        }
        Step::Wait(op.after, Wait::Blocked)
    }

    /// Such a task listens no longer: nobody misses an answer that does not come, and one that comes ends by itself.
    pub(in crate::user) fn stop_listening(&mut self, now: Timestamp, is_of: impl Fn(u32) -> bool) {
        let voice = self.voice.as_mut();
        if let Some(listening) = voice.and_then(|voice| voice.listening.take_if(|listening| is_of(listening.task))) {
            self.script.unblock(Some(listening.task), now);
        }
    }

    /// First audio: from here on the listener waits for the end, or draws whether to break in.
    pub(super) fn on_answer_begins(&mut self, ctx: &mut Context<'_>) {
        let Some(voice) = &mut *self.voice else { return };
        let Some(listening) = &mut voice.listening else { return };
        let Op::Listen(op) = &ctx.program.ops[listening.at as usize] else { return };
        listening.deadline = match voice.turn.progress {
            Progress::Arriving => ctx.now + op.end,
            Progress::Over => Timestamp::NEVER,
            Progress::Awaited | Progress::GivenUp => return,
        };
        // A person decides for oneself.
        let Some(barge_in) = op.barge_in.as_ref().filter(|_| !self.overrides.taken) else { return };
        let probability = barge_in.probability.number(&mut self.memory.scope(ctx.wall_ms, None, "")).unwrap_or(0.0);
        if self.memory.random.f64() < probability {
            listening.barge_in = ctx.now + self.memory.draw(&barge_in.delay, ctx.wall_ms, None);
        }
    }

    /// The answer that was listened for has arrived whole. It is heard when it has been played.
    pub(super) fn on_answer_arrived(&mut self, ctx: &mut Context<'_>, played: Option<Timestamp>) {
        let Some(voice) = &mut *self.voice else { return };
        let until = voice.listening.as_ref().and_then(|listening| listening.op(ctx)).map(|op| op.until);
        voice.playing = played.filter(|played| *played > ctx.now && until != Some(Until::Received));
        match &mut voice.listening {
            _ if voice.playing.is_none() => {
                voice.settle_answered(ctx);
                self.on_answer_ended(ctx, ListenOutcome::Heard);
            }
            Some(listening) => listening.deadline = Timestamp::NEVER,
            None => {}
        }
    }

    /// The last sample of the answer has been played.
    pub(super) fn end_playing(&mut self, ctx: &mut Context<'_>) {
        let Some(voice) = &mut *self.voice else { return };
        if voice.playing.take_if(|until| *until <= ctx.now).is_some() {
            voice.settle_answered(ctx);
            self.on_answer_ended(ctx, ListenOutcome::Heard);
        }
    }

    /// The answer that was listened for has ended.
    pub(super) fn on_answer_ended(&mut self, ctx: &mut Context<'_>, outcome: ListenOutcome) {
        let Some(voice) = &mut *self.voice else { return };
        let Some(listening) = voice.listening.take() else { return };
        voice.turn.is_heard = true;
        match outcome {
            ListenOutcome::Heard => self.script.unblock(Some(listening.task), ctx.now),
            ListenOutcome::Empty => {
                let phase = self.phase();
                self.fail_listening(ctx, &listening, "empty answer", phase);
            }
        }
    }

    /// Breaks in, or gives up.
    pub(super) fn expire_listening(&mut self, ctx: &mut Context<'_>) {
        let phase = self.phase();
        let Some(voice) = &mut *self.voice else { return };
        let Some(listening) = voice.listening.take_if(|listening| listening.next_timeout() <= ctx.now) else { return };
        if listening.barge_in < listening.deadline {
            if let Some(task) = self.script.tasks.iter_mut().find(|task| task.serial == listening.task) {
                task.pc = listening.at + 1;
            }
            return self.script.unblock(Some(listening.task), listening.barge_in);
        }
        let code = match (voice.turn.progress, voice.turn.index) {
            (Progress::Awaited, 0) => "no greeting",
            (Progress::Awaited, _) => "no answer",
            (Progress::Arriving | Progress::Over | Progress::GivenUp, _) => "unfinished answer",
        };
        let limit = listening.op(ctx).map_or(Span::ZERO, |op| op.first_audio);
        voice.give_up(ctx, limit);
        self.fail_listening(ctx, &listening, code, phase);
    }

    fn fail_listening(&mut self, ctx: &mut Context<'_>, listening: &Listening, code: &str, phase: Phase) {
        ctx.error(listening.operation, code, phase, || "the service stayed silent".to_owned());
        let Op::Listen(op) = &ctx.program.ops[listening.at as usize] else { return };
        if op.required && !self.life.stage.is_leaving() {
            let name = &ctx.program.operations[usize::from(listening.operation.0)];
            self.fail(ctx, &format!("the required step {name} failed: {code}"));
        } else {
            self.script.unblock(Some(listening.task), ctx.now);
        }
    }
}
