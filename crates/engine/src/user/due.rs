//! The passing of time: ticks, thinks and delays that are due, answers that never came, stages that took too long.

use base::time::{Span, Timestamp};
use metrics::{ACK_TIMEOUT, ClosedBy, ECHO_TIMEOUT};
use scenario::OperationId;

use super::event::MAX_TASKS;
use super::life::{AfterPause, LifeStage};
use super::pending::Pending;
use super::task::{Task, TaskRole, Wait};
use super::{Context, User};

/// What was due longer ago than this is not made up for: a machine that slept (or a worker that stood still) would send all of it
/// within one second.
pub const STALE: Span = Span::from_secs(2);

/// Whether it is too late for what was due then.
pub fn is_stale(due: Timestamp, now: Timestamp) -> bool {
    now.since(due) > STALE
}

impl User {
    /// Time has passed: whatever is due by now happens.
    pub fn on_timeout(&mut self, ctx: &mut Context<'_>) {
        if self.is_over() {
            return;
        }
        // First, for a connection that did not live through the sleep takes along what was to be sent over it.
        self.leave_out(ctx);
        self.feed(ctx, |session, now| session.on_timeout(now));
        self.end_stall(ctx);
        self.expire_pendings(ctx);
        self.on_voice_timeout(ctx);
        self.tick(ctx);
        self.wake_tasks(ctx);
        self.run(ctx);
        self.on_stage_deadline(ctx);
    }

    /// Ticks, and what is left of ticks and reactions, that are too old are not sent, but counted.
    fn leave_out(&mut self, ctx: &mut Context<'_>) {
        let (now, before) = (ctx.now, self.script.tasks.len());
        let is_too_late = |task: &Task| matches!(task.wait, Wait::Until(at) if is_stale(at, now));
        self.script.tasks.retain(|task| task.role == TaskRole::Main || !is_too_late(task));
        ctx.count(ctx.meters.not_sent, (before - self.script.tasks.len()) as u64);
        for index in 0..if self.ticks() { self.script.tickers.len() } else { 0 } {
            while is_stale(self.script.tickers[index].due, now)
                && let Some(due) = self.script.tickers[index].take_tick(now)
            {
                self.wind(ctx, index, due);
                ctx.count(ctx.meters.not_sent, 1);
            }
        }
    }

    /// Sets the next tick, counted from the due time of the last one, not from now: lag does not add up. An interval of nothing must
    /// not hang us.
    fn wind(&mut self, ctx: &mut Context<'_>, index: usize, due: Timestamp) {
        let drawn = self.memory.draw(&ctx.program.timers[index].interval, ctx.wall_ms, None).max(Span::from_millis(1));
        self.script.tickers[index].drawn = drawn;
        self.script.tickers[index].due = due + ctx.control.interval(index, drawn).max(Span::from_millis(1));
    }

    /// Tasks whose wait is over go on; a flow that is too late goes on later, as if the time that was slept had not passed.
    fn wake_tasks(&mut self, ctx: &mut Context<'_>) {
        for task in &mut self.script.tasks {
            let Wait::Until(at) = task.wait else { continue };
            if is_stale(at, ctx.now) {
                task.intended = ctx.now + at.since(ctx.overdue);
                task.wait = Wait::Until(task.intended);
            } else if at <= ctx.now {
                ctx.sample(ctx.meters.pacing, ctx.now.since(at));
                task.wait = Wait::Ready;
            }
        }
    }

    fn on_stage_deadline(&mut self, ctx: &mut Context<'_>) {
        if self.life.stage.deadline() > ctx.now {
            return;
        }
        match self.life.stage {
            LifeStage::Connecting(handshake) => {
                let reached = match (handshake.websocket, handshake.engineio) {
                    (None, _) => "no websocket",
                    (Some(_), None) => "no engine.io open",
                    (Some(_), Some(_)) => "no connect answer",
                };
                ctx.named_error(catalogue::CONNECT, "timeout", self.phase(), || reached.to_owned());
                ctx.censored(ctx.meters.connect, ctx.program.connect.timeout, ctx.now.since(handshake.started));
                self.close(ctx, ClosedBy::Timeout, Some("connect timeout"));
                self.on_link_lost(ctx, None);
            }
            LifeStage::Backoff { then, .. } => match then {
                AfterPause::Connect => self.connect(ctx),
                AfterPause::LogIn => self.log_in(ctx),
                AfterPause::StartAnew => self.start(ctx, ctx.now),
            },
            LifeStage::Quiescing { .. } => self.leave_if_quiet(ctx),
            LifeStage::Finishing { .. } => {
                ctx.count(ctx.meters.not_left, 1);
                self.end(ctx);
            }
            LifeStage::Closing { .. } => self.end(ctx),
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
            while let Some(due) = self.script.tickers.get_mut(index).and_then(|ticker| ticker.take_tick(ctx.now)) {
                self.wind(ctx, index, due);
                ctx.sample(ctx.meters.pacing, ctx.now.since(due));
                if self.script.tasks.len() >= MAX_TASKS {
                    ctx.count(ctx.meters.skipped, 1);
                } else {
                    self.script.spawn(TaskRole::Side, timer.block, None, due, Wait::Ready);
                }
            }
        }
    }

    fn expire_pendings(&mut self, ctx: &mut Context<'_>) {
        if is_stale(ctx.overdue, ctx.now) {
            // The answer may have come while we slept: it waits behind this, and is read first.
            let earliest = ctx.now + STALE;
            self.in_flight.pendings.iter_mut().for_each(|pending| pending.deadline = pending.deadline.max(earliest));
        }
        self.expire_overdue(ctx);
        while let Some(place) = self.in_flight.pendings.iter().position(|pending| pending.deadline <= ctx.now) {
            let Some(mut pending) = self.in_flight.pendings.remove(place) else { break };
            self.marks_are_due(ctx, pending.operation, pending.task);
            let code = match &pending.message {
                _ if pending.is_open() => "timeout",
                Some(message) if !message.echoed => ECHO_TIMEOUT,
                _ => ACK_TIMEOUT,
            };
            self.count_failure(ctx, pending.operation, code, || "nothing came in time".to_owned());
            let failed = Failed::of(&mut pending);
            self.set_overdue(ctx, pending);
            self.after_failed(ctx, failed);
        }
    }

    /// The connection is gone (or the user leaves): what was on its way, and what is late, will not be known any more. Acknowledgements are
    /// numbered by connection, so nothing of it may outlive it.
    pub(super) fn drop_pendings(&mut self, ctx: &mut Context<'_>, why: &str) {
        self.drop_in_time(ctx, why);
        self.drop_overdue(ctx);
    }

    /// The connection stays: what is late is still heard.
    pub(super) fn drop_in_time(&mut self, ctx: &mut Context<'_>, why: &str) {
        for pending in std::mem::take(&mut self.in_flight.pendings) {
            if pending.is_open() && why == "disconnected" {
                ctx.error(pending.operation, why, self.phase(), || "the connection was lost first".to_owned());
            }
            if let Some(message) = pending.message.as_ref().filter(|message| !message.accepted) {
                ctx.ledger.abandoned(self.id, message.sequence);
            }
        }
    }

    /// Something that was waited for failed: its task goes on, or the user ends.
    pub(super) fn after_failed(&mut self, ctx: &mut Context<'_>, failed: Failed) {
        if failed.is_required && !self.life.stage.is_leaving() {
            let name = &ctx.program.operations[failed.operation.0 as usize];
            self.fail(ctx, &format!("the required step {name} failed"));
        } else {
            self.script.unblock(failed.task, ctx.now);
        }
    }
}

/// What a failure means to the rest of the user.
pub(super) struct Failed {
    operation: OperationId,
    is_required: bool,
    task: Option<u32>,
}

impl Failed {
    /// Its task does not wait for it any more.
    pub fn of(pending: &mut Pending) -> Self {
        let is_required = pending.required && pending.message.is_none() && pending.is_open();
        Self { operation: pending.operation, is_required, task: pending.task.take() }
    }
}
