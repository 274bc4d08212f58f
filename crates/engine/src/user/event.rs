//! What arrives: frames, answers, acknowledgements, echoes, errors, HTTP answers, and the passing of time.

use crate::wire::{CanaryReply, Told};
use base::json;
use base::time::{Span, Timestamp};
use metrics::Receipt;
use protocol::{Args, BINARY_FRAME, Incoming, Session};
use scenario::{Arguments, ErrorRule, EventId, Op, OperationId, Reaction};

use super::ack::code_of;
use super::arguments::HeardArguments;
use super::context::shorten;
use super::due::Failed;
use super::life::LifeStage;
use super::memory::Found;
use super::overdue::WaitingPlace;
use super::pending::{Looked, all_match};
use super::step::is_pong;
use super::task::{TaskRole, Wait};
use super::{Context, User, ack, overdue};

impl User {
    pub fn on_text(&mut self, ctx: &mut Context<'_>, frame: &str) {
        ctx.recorder.count(ctx.meters.frames_in, 1);
        ctx.recorder.count(ctx.meters.bytes_in, frame.len() as u64);
        self.note_frame();
        self.feed(ctx, |session, now| session.on_text(now, frame));
    }

    pub fn on_binary(&mut self, ctx: &mut Context<'_>, frame: &[u8]) {
        ctx.recorder.count(ctx.meters.frames_in, 1);
        ctx.recorder.count(ctx.meters.bytes_in, frame.len() as u64);
        self.note_frame();
        self.feed(ctx, |session, now| session.on_binary(now, frame));
    }

    /// A frame that is longer than what is read of one.
    pub fn on_too_large(&mut self, ctx: &mut Context<'_>, bytes: u64) {
        ctx.recorder.count(ctx.meters.frames_in, 1);
        ctx.recorder.count(ctx.meters.bytes_in, bytes);
        self.note_frame();
        let (bytes, most) = (megabytes(bytes), megabytes(ctx.terms.most_bytes));
        let text = || format!("a frame of {bytes} MB, of which nothing was read: the plan's limit is {most} MB");
        ctx.named_error(catalogue::FRAME, "too large", self.phase(), text);
        // A packet that waited for its attachments waits in vain.
        self.feed(ctx, |session, _| session.on_lost_frame());
    }

    fn note_frame(&mut self) {
        if let Some(link) = &mut self.contact.link {
            link.has_heard = true;
        }
    }

    /// Gives the session something and acts on all that it meant.
    pub(super) fn feed<'f>(
        &mut self,
        ctx: &mut Context<'_>,
        give: impl FnOnce(&mut Session, Timestamp) -> Option<Incoming<'f>>,
    ) {
        let Some(link) = &mut self.contact.link else { return };
        let is_deaf = link.closing.is_some() || self.overrides.stall.is_some();
        let mut next = give(&mut link.session, ctx.now);
        if let Some(stall) = &mut self.overrides.stall {
            // Who hangs answers no ping either, until it goes on.
            while let Some(transmit) = link.session.poll_transmit() {
                stall.owes_pong |= is_pong(&transmit);
            }
        }
        loop {
            match next {
                Some(Incoming::Invalid(error)) => {
                    ctx.count(ctx.meters.frames_invalid, 1);
                    ctx.named_error(catalogue::FRAME, "invalid", self.phase(), || error.to_string());
                }
                Some(incoming) if !is_deaf => self.hear(ctx, incoming),
                _ => {}
            }
            // Who was cut off while it listened has no session that could say more.
            next = self.contact.link.as_mut().and_then(|link| link.session.poll_event());
            if next.is_none() {
                break;
            }
        }
        self.run(ctx);
        self.leave_if_quiet(ctx);
    }

    /// The hot path: an event is judged where it lies, without a copy.
    fn hear(&mut self, ctx: &mut Context<'_>, incoming: Incoming<'_>) {
        match incoming {
            Incoming::Event { name, args, ack } => {
                self.on_event(ctx, &name, &args);
                // The server asks whether it has come: a handler that has nothing to say answers just that.
                if let Some(id) = ack
                    && let Some(link) = self.contact.link.as_mut().filter(|link| link.closing.is_none())
                {
                    link.session.acknowledge(id, &[]);
                }
            }
            Incoming::Ack { id, args } => self.on_ack(ctx, id, &args),
            Incoming::Handshake { .. } => {
                if let LifeStage::Connecting(handshake) = &mut self.life.stage {
                    // The official client, too, starts its back-off anew here and not when the namespace is granted.
                    self.contact.attempt = 0;
                    handshake.engineio = Some(ctx.now);
                    let since = handshake.websocket.unwrap_or(handshake.started);
                    ctx.sample(ctx.meters.engineio, ctx.now.since(since));
                }
            }
            Incoming::Connected => self.on_connected(ctx),
            Incoming::Refused { message, data } => self.on_refused(ctx, &message, &data),
            Incoming::Ended { reason } => self.on_ended(ctx, reason),
            Incoming::Invalid(_) | Incoming::Housekeeping => {}
        }
    }

    /// One event of the application.
    fn on_event(&mut self, ctx: &mut Context<'_>, name: &str, args: &Args<'_>) {
        let Some(event) = ctx.meters.count_in(name, ctx.recorder, ctx.redactor) else {
            self.on_stranger(ctx, name, args);
            if ctx.meters.is_new_stranger() {
                self.note_unknown(ctx, name, args);
            }
            return;
        };
        if self.is_over() {
            return;
        }
        if let Some(shape) = ctx.meters.contract_due(event) {
            self.check_contract(ctx, shape, name, args);
        }
        // Its audio is told as such.
        if ctx.is_listened_to() && ctx.program.audio.as_ref().is_none_or(|audio| audio.inbound != event) {
            ctx.tell(|| Told::In(shorten(name, MAX_TOLD)));
        }
        // Some servers collect messages, and send a list of them.
        let is_delivery = ctx.program.delivery.as_ref().is_some_and(|delivery| delivery.event == event);
        let list = args.find(0, "").filter(|_| is_delivery).and_then(json::between_brackets);
        match list.and_then(json::values) {
            Some(list) => list.into_iter().for_each(|one| self.on_one_event(ctx, event, name, &Args::text(one))),
            None => self.on_one_event(ctx, event, name, args),
        }
    }

    fn on_one_event(&mut self, ctx: &mut Context<'_>, event: EventId, name: &str, args: &Args<'_>) {
        self.on_voice_event(ctx, event, args);
        // The end of an answer may have ended the user, too.
        if self.is_over() {
            return;
        }
        let program = ctx.program;
        if let Some(delivery) = program.delivery.as_ref().filter(|delivery| delivery.event == event)
            && let Some(receipt) = ctx.ledger.receive(ctx.now, self.id, &args.raw)
        {
            ctx.note_found(&receipt);
            if !receipt.first {
                if !self.life.stage.is_leaving() {
                    self.react(ctx, event, &HeardArguments::new(args), |reaction| reaction.duplicates);
                }
                return;
            }
            self.probe_delivery(ctx, &receipt.tag, args);
            self.on_delivery(ctx, delivery.operation, &receipt);
        }
        self.probe_event(ctx, event, args);
        let heard = HeardArguments::new(args);
        self.on_answer(ctx, event, &heard);
        let mut ends = self.apply_error_rules(ctx, event, &heard);
        if self.life.stage.is_leaving() {
            // It still hears answers and errors, which decide the fate of what it sent, but does nothing new.
            ends = false;
        } else if !self.is_over() {
            self.react(ctx, event, &heard, |_| true);
        }
        if heard.is_bad() {
            ctx.count(ctx.meters.frames_invalid, 1);
            let sample = || format!("{name} {}", args.raw);
            ctx.named_error(catalogue::FRAME, "arguments are not JSON", self.phase(), sample);
        }
        if ends {
            self.leave(ctx, Timestamp::NEVER);
        }
    }

    /// An event that the scenario does not name. A voice service has no use for binary frames.
    fn on_stranger(&self, ctx: &mut Context<'_>, name: &str, args: &Args<'_>) {
        if name == BINARY_FRAME && self.voice.is_some() {
            let bytes: usize = args.attachments.iter().map(Vec::len).sum();
            ctx.count(ctx.meters.frames_invalid, 1);
            ctx.named_error(catalogue::FRAME, "binary frame", self.phase(), || format!("{bytes} bytes"));
        }
    }

    fn on_delivery(&mut self, ctx: &mut Context<'_>, operation: OperationId, receipt: &Receipt) {
        let Some(meters) = ctx.meters.operation(operation).message else { return };
        if !receipt.is_history {
            ctx.sample(meters.fanout, receipt.latency);
        }
        if !receipt.own {
            return;
        }
        let place = self.in_flight.find(|pending| {
            pending.message.as_ref().is_some_and(|message| message.sequence == receipt.tag.sequence && !message.echoed)
        });
        let Some(place) = place else { return };
        let pending = self.in_flight.get(place);
        let (sent_at, intended, limit) = (pending.sent_at, pending.intended, pending.limit);
        if let Some(message) = &mut pending.message {
            message.echoed = true;
            message.accepted = true;
        }
        let (took, late) = (ctx.now.since(sent_at), place.is_overdue.then_some(limit));
        ctx.arrived(meters.round_trip, took, intended, late);
        ctx.arrived(meters.intended, ctx.now.since(intended), intended, late);
        ctx.took(operation, CanaryReply::Echo, took);
        self.in_flight.note_taken(ctx.now, sent_at);
        self.settle(ctx, place);
    }

    fn on_answer(&mut self, ctx: &mut Context<'_>, event: EventId, heard: &HeardArguments<'_>) {
        let mut looked = Looked::new(heard);
        let found = self.in_flight.all().find(|(_, pending)| {
            pending.answer.as_ref().is_some_and(|answer| answer.event == event && answer.holds(&mut looked))
        });
        let Some((place, _)) = found else { return };
        let pending = self.in_flight.get(place);
        let (operation, at, intended) = (pending.operation, pending.at, pending.intended);
        let answer = pending.answer.take();
        let (sent_at, late) = (pending.sent_at, place.is_overdue.then_some(pending.limit));
        let took = ctx.now.since(sent_at);
        // Of what nobody waits for any more, nothing is kept.
        let saves = match &ctx.program.ops[at as usize] {
            _ if place.is_overdue => &[][..],
            Op::Emit(op) => op.answer.as_ref().map_or(&[][..], |answer| &answer.save),
            Op::Wait(op) => &op.answer.save,
            _ => &[],
        };
        if let Err(missing) = self.memory.save(saves, &Found::Event(heard)) {
            ctx.error(operation, "unexpected answer", self.phase(), || missing.to_string());
            if let Some(mut failed) = self.in_flight.take(place) {
                failed.answer = answer;
                self.after_failed(ctx, Failed::of(&mut failed));
            }
            return;
        }
        self.memory.secrets.teach(ctx.redactor);
        ctx.arrived(ctx.meters.operation(operation).answer, took, intended, late);
        ctx.took(operation, CanaryReply::Answer, took);
        self.settle(ctx, place);
    }

    fn on_ack(&mut self, ctx: &mut Context<'_>, id: u64, args: &Args<'_>) {
        let Some(place) = self.in_flight.find(|pending| pending.ack == Some(id)) else { return };
        let pending = self.in_flight.get(place);
        let (operation, sent_at, intended) = (pending.operation, pending.sent_at, pending.intended);
        let late = place.is_overdue.then_some(pending.limit);
        let Op::Emit(op) = &ctx.program.ops[pending.at as usize] else { return };
        let Some(rule) = &op.ack else { return };
        let heard = HeardArguments::new(args);
        if let Some(code) = ack::refusal(rule, &pending.ack_tests, &heard) {
            self.fail_of(ctx, operation, Some(place), &code, || format!("acknowledged with {}", args.raw));
            return self.refuse(ctx, place);
        }
        let pending = self.in_flight.get(place);
        pending.ack = None;
        let sequence = pending.message.as_mut().map(|message| {
            message.accepted = true;
            message.sequence
        });
        if let Some(sequence) = sequence {
            ctx.ledger.accepted(ctx.now, self.id, sequence);
            self.in_flight.note_taken(ctx.now, sent_at);
        }
        // Of what nobody waits for any more, nothing is kept.
        let saves = if place.is_overdue { &[][..] } else { &rule.save };
        if let Err(missing) = self.memory.save(saves, &Found::Event(&heard)) {
            ctx.error(operation, "unexpected ack", self.phase(), || missing.to_string());
            if let Some(mut failed) = self.in_flight.take(place) {
                failed.ack = Some(id);
                self.after_failed(ctx, Failed::of(&mut failed));
            }
            return;
        }
        self.memory.secrets.teach(ctx.redactor);
        let took = ctx.now.since(sent_at);
        ctx.arrived(ctx.meters.operation(operation).ack, took, intended, late);
        ctx.took(operation, CanaryReply::Ack, took);
        self.settle(ctx, place);
    }

    /// After something a pending waited for has come: lets its task go on, forgets it when nothing is left.
    fn settle(&mut self, ctx: &mut Context<'_>, place: WaitingPlace) {
        let pending = self.in_flight.get(place);
        if pending.is_answered() {
            let (room, task, operation) = (pending.enters.take(), pending.task.take(), pending.operation);
            self.marks_are_due(ctx, operation, task);
            if let Some(room) = room {
                self.enter(ctx, &room);
            }
            self.script.unblock(task, ctx.now);
        }
        if self.in_flight.get(place).is_over() {
            self.in_flight.take(place);
        }
    }

    /// Of the rules that fit, the first one counts whose operation can have failed; else the first. Returns whether it says that the user's
    /// session is over.
    fn apply_error_rules(&mut self, ctx: &mut Context<'_>, event: EventId, heard: &HeardArguments<'_>) -> bool {
        let program = ctx.program;
        let wall = ctx.wall_ms;
        let mut found = None;
        for rule in program.errors.iter().filter(|rule| rule.event == event) {
            if all_match(&rule.matches, &mut self.memory, wall, heard) {
                found.get_or_insert(rule);
                if rule.operation.is_none_or(|operation| self.in_flight.find_refused(operation).is_some()) {
                    found = Some(rule);
                    break;
                }
            }
        }
        let Some(rule) = found else { return false };
        self.on_error_event(ctx, rule, heard);
        if rule.ends_user {
            self.note_end(ctx, event, false);
        }
        rule.ends_user
    }

    fn on_error_event(&mut self, ctx: &mut Context<'_>, rule: &ErrorRule, heard: &HeardArguments<'_>) {
        let text = |pointer: &Option<scenario::Pointer>| code_of(heard.part(pointer.as_ref()?).as_deref()?);
        let event = &ctx.program.events[rule.event.0 as usize].name;
        let message = text(&rule.message);
        let code = text(&rule.code).or(message).unwrap_or_else(|| event.clone());
        let sample = || format!("{event} {}", heard.args.raw);
        let refused = rule.operation.and_then(|operation| self.in_flight.find_refused(operation));
        match rule.operation {
            Some(operation) => self.fail_of(ctx, operation, refused, &code, sample),
            None => ctx.named_error(event, &code, self.phase(), sample),
        }
        if let Some(pause) = &rule.pause {
            let amount = heard.part(&pause.field).and_then(|value| value.as_f64()).unwrap_or(0.0).clamp(0.0, 86_400.0);
            let until = ctx.now + Span::from_secs_f64(amount * pause.unit.as_secs_f64());
            if let Some(ticker) = self.script.tickers.get_mut(pause.timer) {
                ticker.silent_until = ticker.silent_until.max(until);
                ticker.due = ticker.due.max(until);
            }
        }
        if let Some(place) = refused {
            self.refuse(ctx, place);
        }
    }

    /// The server said no to an operation; where that came `place` waited, if that is known.
    fn fail_of(
        &self,
        ctx: &mut Context<'_>,
        operation: OperationId,
        place: Option<WaitingPlace>,
        code: &str,
        sample: impl FnOnce() -> String,
    ) {
        if place.is_some_and(|place| place.is_overdue) {
            // Its attempt has been counted as failed.
            ctx.show(|| Told::Saw(format!("refused after its time-out: {code}")));
        } else {
            self.count_failure(ctx, operation, code, sample);
        }
    }

    fn refuse(&mut self, ctx: &mut Context<'_>, place: WaitingPlace) {
        let Some(mut pending) = self.in_flight.take(place) else { return };
        if let Some(message) = &pending.message {
            ctx.ledger.rejected(self.id, message.sequence);
        }
        if place.is_overdue {
            overdue::is_refused(ctx, &pending);
        } else {
            self.after_failed(ctx, Failed::of(&mut pending));
        }
    }

    fn react(
        &mut self,
        ctx: &mut Context<'_>,
        event: EventId,
        heard: &HeardArguments<'_>,
        which: fn(&Reaction) -> bool,
    ) {
        if ctx.control.paused || self.overrides.taken || self.overrides.is_moving {
            return;
        }
        let program = ctx.program;
        for reaction in program.reactions.iter().filter(|reaction| reaction.event == event && which(reaction)) {
            if self.wants_to_react(ctx.wall_ms, reaction, heard) {
                let wait = reaction
                    .delay
                    .as_ref()
                    .map_or(Span::ZERO, |delay| self.memory.draw(delay, ctx.wall_ms, Some(heard)));
                if self.script.tasks.len() >= MAX_TASKS {
                    ctx.count(ctx.meters.skipped, 1);
                    continue;
                }
                let due = ctx.now + wait;
                let wait = if wait == Span::ZERO { Wait::Ready } else { Wait::Until(due) };
                self.script.spawn(TaskRole::Side, reaction.block, Some(heard.kept()), due, wait);
            }
        }
    }

    fn wants_to_react(&mut self, wall: f64, reaction: &Reaction, heard: &HeardArguments<'_>) -> bool {
        let probability = reaction.probability.number(&mut self.memory.scope(wall, None, "")).unwrap_or(0.0);
        self.memory.random.f64() < probability && all_match(&reaction.matches, &mut self.memory, wall, heard)
    }
}

/// A user that reacts faster than it is answered must not pile up tasks without end.
pub(super) const MAX_TASKS: usize = 256;

/// A name that is shown to a person.
const MAX_TOLD: usize = 80;

fn megabytes(bytes: u64) -> f64 {
    (bytes as f64 / 1e5).round() / 10.0
}
