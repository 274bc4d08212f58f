//! What a tester does to one user: it sends more or nothing, loses its connection, hangs, comes with a bad token.
//!
//! What follows from it is the tester's doing: it is counted as closed by the user and owes nobody a message.

use serde_json::Value;

use base::time::{Span, Timestamp};
use metrics::{ClosedBy, Phase};
use plan::Pace;
use protocol::Transmit;
use scenario::is_token;
use scenario::{Op, Pc, Program, RoomEffect};

use super::event::MAX_TASKS;
use super::life::{AfterPause, LifeStage};
use super::step::{PONG, put_out};
use super::task::{Task, TaskRole, Ticker, Wait};
use super::voice::Ending;
use super::{Context, User};

/// What a tester, or a person, has made of a user.
#[derive(Default)]
pub struct Overrides {
    /// It hangs.
    pub stall: Option<Box<ReadStall>>,
    /// It is on its way from one room to another.
    pub is_moving: bool,
    /// The next connection is made with a token that is not valid.
    pub spoiled: bool,
    /// A person acts for it.
    pub taken: bool,
}

/// How a user hangs: nothing that arrives is looked at.
pub struct ReadStall {
    pub until: Timestamp,
    /// The rooms it was in, whose messages are owed to it again afterwards.
    rooms: Vec<String>,
    /// A ping came meanwhile: as a page that was busy, it answers late.
    pub owes_pong: bool,
}

impl User {
    /// The waits that a timer of the scenario has begun go on in proportion: nobody fires all at once.
    pub fn retime(&mut self, now: Timestamp, timer: usize, old: Pace, new: Pace) {
        let Some(ticker) =
            self.script.tickers.get_mut(timer).filter(|ticker| ticker.due != Timestamp::NEVER || ticker.held.is_some())
        else {
            return;
        };
        let (before, after) = (old.of(ticker.drawn).as_secs_f64(), new.of(ticker.drawn).as_secs_f64());
        let factor = if before > 0.0 { after / before } else { 1.0 };
        let scaled = |rest: Span| Span::from_secs_f64(rest.as_secs_f64() * factor);
        match &mut ticker.held {
            Some(rest) => *rest = scaled(*rest),
            None => ticker.due = ticker.silent_until.max(now + scaled(ticker.due.since(now))),
        }
    }

    pub fn set_values(&mut self, ctx: &Context<'_>) {
        ctx.control.give_values(&mut self.memory.vars);
        self.memory.teach_again();
    }

    /// Nobody sends any more (or this one hangs): waits stand still.
    pub fn hold(&mut self, now: Timestamp) {
        self.script.tickers.iter_mut().for_each(|ticker| ticker.hold(now));
    }

    /// Waits go on where they stood, unless something else holds them.
    pub fn release(&mut self, ctx: &mut Context<'_>) {
        if ctx.control.paused || self.overrides.stall.is_some() {
            return;
        }
        self.script.tickers.iter_mut().for_each(|ticker| ticker.release(ctx.now));
        for task in self.script.tasks.iter_mut().filter(|task| task.wait == Wait::Held) {
            task.wait = Wait::Ready;
            task.intended = ctx.now;
        }
        self.run(ctx);
    }

    /// A step that must not be taken now.
    pub(super) fn is_held(&self, ctx: &Context<'_>, task: &Task, op: &Op) -> bool {
        if !matches!(self.life.stage, LifeStage::Flow | LifeStage::Active) {
            return false;
        }
        // A person acts for it: its script waits where it is.
        if self.overrides.taken && task.role == TaskRole::Main {
            return true;
        }
        match op {
            Op::Emit(_) | Op::Http(_) | Op::Wait(_) if self.overrides.stall.is_some() => true,
            Op::Emit(emit) if ctx.control.paused => {
                task.role == TaskRole::Side || matches!(emit.room, RoomEffect::Message(_))
            }
            Op::Http(_) => ctx.control.paused && task.role == TaskRole::Side,
            Op::Speak(_) => ctx.control.paused,
            _ => false,
        }
    }

    /// Sends so many messages more, at once; the timers go on as they were.
    pub fn send_more(&mut self, ctx: &mut Context<'_>, messages: u32) {
        if !matches!(self.life.stage, LifeStage::Active) || ctx.control.paused || self.overrides.stall.is_some() {
            return;
        }
        let program = ctx.program;
        for timer in program.sending_timers() {
            for _ in 0..messages {
                if self.script.tasks.len() >= MAX_TASKS {
                    ctx.count(ctx.meters.skipped, 1);
                } else {
                    self.script.spawn(TaskRole::Side, program.timers[timer].block, None, ctx.now, Wait::Ready);
                }
            }
        }
        self.run(ctx);
    }

    /// Its connection is cut; `at_once`: and opened again without waiting.
    pub fn drop_connection(&mut self, ctx: &mut Context<'_>, why: &'static str, at_once: bool) {
        if !matches!(self.life.stage, LifeStage::Flow | LifeStage::Active) {
            return;
        }
        self.overrides.stall = None;
        self.overrides.is_moving = false;
        self.close(ctx, ClosedBy::User, Some(why));
        self.end_voice(ctx, Ending::Left);
        self.drop_pendings(ctx, "left");
        ctx.ledger.leave(ctx.now, None, self.id);
        self.script.tasks.clear();
        self.in_flight.drop_unsent();
        let wait = if at_once { Some(Span::ZERO) } else { self.backoff(ctx) };
        match wait {
            Some(wait) => self.life.stage = LifeStage::Backoff { until: ctx.now + wait, then: AfterPause::Connect },
            None => self.end(ctx),
        }
    }

    /// It comes back at once, with a token that is not valid.
    pub fn expire_token(&mut self, ctx: &mut Context<'_>) {
        if matches!(self.life.stage, LifeStage::Flow | LifeStage::Active) {
            self.overrides.spoiled = true;
            self.drop_connection(ctx, EXPIRED, true);
        }
    }

    /// The bad token was refused, as it should be: it logs in again.
    pub(super) fn renew(&mut self, ctx: &mut Context<'_>) {
        self.overrides.spoiled = false;
        self.release_slot(ctx);
        self.log_in(ctx);
    }

    /// Plays what comes before its connection once more.
    pub(super) fn log_in(&mut self, ctx: &mut Context<'_>) {
        self.life.stage = LifeStage::Preparing;
        self.begin(ctx, ctx.program.before, ctx.now);
    }

    /// Engine.IO pings stay unanswered until the server gives up.
    pub fn stop_answering(&mut self) {
        if let Some(link) = self.contact.link.as_mut().filter(|link| link.closing.is_none()) {
            link.is_mute = true;
            link.provoked = Some(MUTE);
        }
    }

    /// It hangs: what arrives is thrown away unread, and it sends nothing.
    pub fn stop_reading(&mut self, ctx: &mut Context<'_>, until: Timestamp) {
        let Some(link) = self.contact.link.as_mut().filter(|link| link.closing.is_none()) else { return };
        if !matches!(self.life.stage, LifeStage::Active) {
            return;
        }
        link.provoked = Some(STALLED);
        let stall = self.overrides.stall.take().map(|stall| ReadStall { until, ..*stall });
        let stall = stall.unwrap_or_else(|| ReadStall { until, rooms: ctx.ledger.rooms_of(self.id), owes_pong: false });
        self.overrides.stall = Some(Box::new(stall));
        ctx.ledger.leave(ctx.now, None, self.id);
        let waiting: Vec<u32> = self.in_flight.pendings.iter().filter_map(|pending| pending.task).collect();
        self.drop_in_time(ctx, "left");
        waiting.into_iter().for_each(|task| self.script.unblock(Some(task), ctx.now));
        self.hold(ctx.now);
        self.run(ctx);
    }

    pub(super) fn end_stall(&mut self, ctx: &mut Context<'_>) {
        let Some(stall) = self.overrides.stall.take_if(|stall| stall.until <= ctx.now) else { return };
        if let Some(link) = self.contact.link.as_mut().filter(|link| link.closing.is_none()) {
            link.provoked = link.is_mute.then_some(MUTE);
            stall.rooms.iter().for_each(|room| ctx.ledger.enter(ctx.now, room, self.id));
            if stall.owes_pong && !link.is_mute {
                put_out(ctx, link.socket, Transmit::Text(PONG.to_owned()));
            }
        }
        self.release(ctx);
    }

    /// Leaves its room and joins it again (or all join one), by steps of the scenario, over the connection that it has.
    pub fn run_block(&mut self, ctx: &mut Context<'_>, block: impl Fn(&Program) -> Option<Pc>) {
        if matches!(self.life.stage, LifeStage::Active)
            && self.overrides.stall.is_none()
            && let Some(block) = block(ctx.program)
        {
            // What it waits for in a room that it leaves would not come, and it starts nothing there any more.
            self.in_flight.pendings.retain(|pending| pending.message.is_some());
            self.script.tasks.clear();
            self.in_flight.drop_unsent();
            self.overrides.is_moving = true;
            self.life.stage = LifeStage::Flow;
            self.begin(ctx, block, ctx.now);
        }
    }

    /// What was meant to keep it out did not.
    pub(super) fn note_accepted_token(&mut self, ctx: &mut Context<'_>) {
        if std::mem::take(&mut self.overrides.spoiled) {
            ctx.named_error(catalogue::CONNECT, "accepted an invalid token", Phase::Connecting, || {
                "the tester expired the token, and the server took a made-up one".to_owned()
            });
        }
    }
}

impl Ticker {
    fn hold(&mut self, now: Timestamp) {
        if self.held.is_none() && self.due != Timestamp::NEVER {
            self.held = Some(self.due.since(now));
            self.due = Timestamp::NEVER;
        }
    }

    fn release(&mut self, now: Timestamp) {
        if let Some(rest) = self.held.take() {
            self.due = self.silent_until.max(now + rest);
        }
    }
}

/// The auth object with tokens of the same form that nobody ever issued.
pub fn spoil_auth(json: &str) -> String {
    let Ok(mut auth) = serde_json::from_str::<Value>(json) else { return spoil(json) };
    match &mut auth {
        Value::Object(fields) => {
            for (_, value) in fields.iter_mut().filter(|(name, _)| is_token(name)) {
                if let Value::String(text) = value {
                    *text = spoil(text);
                }
            }
        }
        Value::String(text) => *text = spoil(text),
        _ => {}
    }
    auth.to_string()
}

/// Every letter and digit of the last eight characters moves on by one.
pub fn spoil(token: &str) -> String {
    let last = token.chars().count().saturating_sub(8);
    let moved = |(place, c): (usize, char)| match c {
        c if place < last => c,
        'z' => 'a',
        'Z' => 'A',
        '9' => '0',
        c if c.is_ascii_alphanumeric() => char::from(c as u8 + 1),
        c => c,
    };
    token.chars().enumerate().map(moved).collect()
}

pub const DROPPED: &str = "dropped by the tester";
pub const STORM: &str = "reconnect storm by the tester";
const EXPIRED: &str = "token expired by the tester";
const MUTE: &str = "stopped answering pings for the tester";
const STALLED: &str = "stopped reading for the tester";
/// Of a connection that was opened with a bad token.
pub const REFUSED_TOKEN: &str = "came with an expired token for the tester";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spoiled_token_keeps_its_form_and_nothing_else_is_touched() {
        assert_eq!(spoil("eyJ.abc-xyz9"), "eyJ.bcd-yza0");
        assert_eq!(spoil(""), "");
        assert_eq!(spoil_auth(r#"{"token":"ab","name":"Kim","n":1}"#), r#"{"n":1,"name":"Kim","token":"bc"}"#);
        assert_eq!(spoil_auth(r#""zz""#), r#""aa""#);
        assert_eq!(spoil_auth("{"), "{");
    }
}
