//! The passing of time: ticks, thinks and delays that are due, answers that never came, stages that took too long.

use crate::metrics::{ACK_TIMEOUT, ClosedBy, ECHO_TIMEOUT};
use crate::time::Span;

use super::event::MAX_TASKS;
use super::life::Stage;
use super::pending::Pending;
use super::task::{Role, Wait};
use super::{Context, User};

impl User {
    /// Time has passed: whatever is due by now happens.
    pub fn on_timeout(&mut self, ctx: &mut Context<'_>) {
        if self.is_over() {
            return;
        }
        self.feed(ctx, |session, now, sink| {
            session.on_timeout(now, sink);
            Ok(())
        });
        self.end_stall(ctx);
        self.expire_pendings(ctx);
        self.on_voice_timeout(ctx);
        self.tick(ctx);
        for task in &mut self.tasks {
            if matches!(task.wait, Wait::Until(at) if at <= ctx.now) {
                ctx.recorder.sample(ctx.now, ctx.meters.pacing, ctx.now.since(task.due()));
                task.wait = Wait::Ready;
            }
        }
        self.run(ctx);
        self.on_stage_deadline(ctx);
    }

    fn on_stage_deadline(&mut self, ctx: &mut Context<'_>) {
        if self.stage.deadline() > ctx.now {
            return;
        }
        match self.stage {
            Stage::Connecting(handshake) => {
                let reached = match (handshake.websocket, handshake.engineio) {
                    (None, _) => "no websocket",
                    (Some(_), None) => "no engine.io open",
                    (Some(_), Some(_)) => "no connect answer",
                };
                ctx.named_error("connect", "timeout", self.phase(), || reached.to_owned());
                self.close(ctx, ClosedBy::Timeout, Some("connect timeout"));
                self.on_link_lost(ctx);
            }
            Stage::Backoff { .. } => self.connect(ctx),
            Stage::Quiescing { .. } => self.leave_if_quiet(ctx),
            Stage::Finishing { .. } => {
                ctx.named_error("finish", "timeout", self.phase(), || "cut off by the graceful stop".to_owned());
                self.end(ctx);
            }
            Stage::Closing { .. } => self.end(ctx),
            _ => {}
        }
    }

    /// Starts a task for every tick that is due; each is measured from the time it was due.
    fn tick(&mut self, ctx: &mut Context<'_>) {
        if !self.ticks() {
            return;
        }
        let program = ctx.program;
        for (index, timer) in program.timers.iter().enumerate() {
            while let Some(due) = self.tickers.get_mut(index).and_then(|ticker| ticker.take_tick(ctx.now)) {
                ctx.recorder.sample(ctx.now, ctx.meters.pacing, ctx.now.since(due));
                // From the due time, not from now: lag does not add up. An interval of nothing must not hang us.
                let drawn = self.memory.draw(&timer.interval, ctx.wall_ms, None).max(Span::from_millis(1));
                self.tickers[index].drawn = drawn;
                self.tickers[index].due = due + ctx.control.interval(index, drawn).max(Span::from_millis(1));
                if self.tasks.len() >= MAX_TASKS {
                    ctx.count(ctx.meters.skipped, 1);
                } else {
                    self.spawn(Role::Side, timer.block, None, due, Wait::Ready);
                }
            }
        }
    }

    fn expire_pendings(&mut self, ctx: &mut Context<'_>) {
        while let Some(place) = self.pendings.iter().position(|pending| pending.deadline <= ctx.now) {
            let Some(pending) = self.pendings.remove(place) else { break };
            let phase = self.phase();
            let code = match &pending.message {
                _ if pending.is_open() => "timeout",
                Some(message) if !message.echoed => ECHO_TIMEOUT,
                _ => ACK_TIMEOUT,
            };
            ctx.error(pending.operation, code, phase, || "nothing came in time".to_owned());
            if let Some(message) = pending.message.as_ref().filter(|message| !message.accepted) {
                ctx.ledger.unconfirmed(ctx.now, self.id, message.sequence);
            }
            self.after_failed(ctx, &pending);
        }
    }

    /// The connection is gone (or the user leaves): what was on its way will not be known any more.
    pub(super) fn drop_pendings(&mut self, ctx: &mut Context<'_>, why: &str) {
        for pending in std::mem::take(&mut self.pendings) {
            if pending.is_open() && why == "disconnected" {
                ctx.error(pending.operation, why, self.phase(), || "the connection was lost first".to_owned());
            }
            if let Some(message) = pending.message.as_ref().filter(|message| !message.accepted) {
                ctx.ledger.abandoned(self.id, message.sequence);
            }
        }
    }

    /// Something that was waited for failed: its task goes on, or the user ends.
    pub(super) fn after_failed(&mut self, ctx: &mut Context<'_>, pending: &Pending) {
        let leaving = self.stage.is_leaving();
        if pending.required && !leaving && pending.message.is_none() && pending.is_open() {
            let name = &ctx.program.operations[pending.operation.0 as usize];
            self.fail(ctx, &format!("the required step {name} failed"));
        } else {
            self.unblock(pending.task, ctx.now);
        }
    }
}
