//! The step `listen`: waits for an answer, hears it to its end, or breaks in.

use crate::metrics::Phase;
use crate::scenario::{ListenOp, Op, OperationId, Pc};
use crate::time::Timestamp;
use crate::user::step::Step;
use crate::user::task::{Task, Wait};
use crate::user::{Context, User};

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
pub enum Outcome {
    Heard,
    Empty,
}

impl Listening {
    pub fn next_timeout(&self) -> Timestamp {
        self.deadline.min(self.barge_in)
    }
}

impl User {
    pub(in crate::user) fn listen(&mut self, ctx: &mut Context<'_>, task: &Task, op: &ListenOp) -> Step {
        let connected = self.link.as_ref().is_some_and(|link| link.closing.is_none());
        let phase = self.phase();
        let voice = self.voice.as_mut().filter(|voice| connected && voice.listening.is_none());
        let Some(voice) = voice else {
            let code = if connected { "already listening" } else { "not connected" };
            ctx.error(op.operation, code, phase, String::new);
            return self.after_failure(ctx, op.required, "it cannot listen", op.after);
        };
        if voice.turn.is_heard {
            voice.turn.go_on(ctx.now, voice.answer.is_some());
        }
        voice.turn.listen(op.operation);
        voice.turn.record(ctx);
        let progress = voice.turn.progress;
        if progress == Progress::Over {
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
        if progress == Progress::Arriving {
            self.on_answer_begins(ctx);
        }
        Step::Wait(op.after, Wait::Blocked)
    }

    /// First audio: from here on the listener waits for the end, or draws whether to break in.
    pub(super) fn on_answer_begins(&mut self, ctx: &mut Context<'_>) {
        let Some(voice) = self.voice.as_mut().filter(|voice| voice.turn.progress == Progress::Arriving) else { return };
        let Some(listening) = &mut voice.listening else { return };
        let Op::Listen(op) = &ctx.program.ops[listening.at as usize] else { return };
        listening.deadline = ctx.now + op.end;
        let Some(barge_in) = &op.barge_in else { return };
        let probability = barge_in.probability.number(&mut self.memory.scope(ctx.wall_ms, None, "")).unwrap_or(0.0);
        if self.memory.random.f64() < probability {
            listening.barge_in = ctx.now + self.memory.draw(&barge_in.delay, ctx.wall_ms, None);
        }
    }

    /// The answer that was listened for has ended.
    pub(super) fn on_answer_ended(&mut self, ctx: &mut Context<'_>, outcome: Outcome) {
        let Some(voice) = &mut self.voice else { return };
        let Some(listening) = voice.listening.take() else { return };
        voice.turn.is_heard = true;
        match outcome {
            Outcome::Heard => self.unblock(Some(listening.task), ctx.now),
            Outcome::Empty => {
                let phase = self.phase();
                self.fail_listening(ctx, &listening, "empty answer", phase);
            }
        }
    }

    /// Breaks in, or gives up.
    pub(super) fn expire_listening(&mut self, ctx: &mut Context<'_>) {
        let phase = self.phase();
        let Some(voice) = &mut self.voice else { return };
        let Some(listening) = voice.listening.take_if(|listening| listening.next_timeout() <= ctx.now) else { return };
        if listening.barge_in < listening.deadline {
            if let Some(task) = self.tasks.iter_mut().find(|task| task.serial == listening.task) {
                task.pc = listening.at + 1;
            }
            return self.unblock(Some(listening.task), listening.barge_in);
        }
        let code = match (voice.turn.progress, voice.turn.index) {
            (Progress::Awaited, 0) => "no greeting",
            (Progress::Awaited, _) => "no answer",
            (Progress::Arriving | Progress::Over, _) => "unfinished answer",
        };
        if let Some(meters) = &ctx.meters.voice {
            let unanswered = meters.turns.unanswered;
            voice.turn.settle(ctx, unanswered);
        }
        voice.mic = voice.mic.filter(|_| voice.mode == crate::scenario::MicMode::Continuous);
        self.fail_listening(ctx, &listening, code, phase);
    }

    fn fail_listening(&mut self, ctx: &mut Context<'_>, listening: &Listening, code: &str, phase: Phase) {
        ctx.error(listening.operation, code, phase, || "the service stayed silent".to_owned());
        let Op::Listen(op) = &ctx.program.ops[listening.at as usize] else { return };
        if op.required && !self.stage.is_leaving() {
            let name = &ctx.program.operations[usize::from(listening.operation.0)];
            self.fail(ctx, &format!("the required step {name} failed: {code}"));
        } else {
            self.unblock(Some(listening.task), ctx.now);
        }
    }
}
