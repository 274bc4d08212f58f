//! Running the tasks: one operation after the other until each task waits for something or has ended.

use crate::ports::{FetchBody, FetchRequest, SocketId};
use crate::wire::Told;
use base::time::{Span, Timestamp};
use metrics::Tag;
use plan::{Redirects, Terms};
use protocol::{Transmit, is_reserved};
use scenario::{Body, EmitOp, HttpOp, Op, Owed, Pc, Program, Protocol, RoomEffect, Template, VarId, WaitOp};

use super::canary::{after_by_hand, with_text};
use super::life::LifeStage;
use super::memory::push;
use super::pending::{Expected, Fetching, Pending, Sent, evaluated};
use super::task::{Task, TaskRole, Wait};
use super::{Context, User, Wish};

/// What a step means for its task.
pub(super) enum Step {
    /// Goes on at this operation.
    Go(Pc),
    /// Waits; goes on at this operation.
    Wait(Pc, Wait),
    Ended,
    /// The user ended (or failed) by it: its tasks are gone.
    Over,
}

/// A task that loops without ever waiting gives way after so many steps.
const STEPS_IN_A_ROW: u32 = 1_000;

/// An Engine.IO pong without data, as every server's ping wants it.
pub(super) const PONG: &str = "3";

/// What an emit does in a chat room.
#[derive(Default)]
struct InRoom {
    /// The room, once the server has said yes.
    enters: Option<String>,
    message: Option<Sent>,
    /// Goes with the message, so that its copies are recognised.
    tag: String,
}

impl User {
    /// Runs every task that is ready.
    pub(super) fn run(&mut self, ctx: &mut Context<'_>) {
        while let Some(index) = self.script.tasks.iter().position(|task| task.wait == Wait::Ready) {
            let task = std::mem::take(&mut self.script.tasks[index]);
            let (serial, role) = (task.serial, task.role);
            self.script.tasks[index] = Task { serial, role, wait: Wait::Blocked, ..Task::default() };
            let rest = self.run_task(ctx, task);
            // The steps may have cleared or replaced the tasks; its own place is found by its serial number.
            let place = self.script.tasks.iter().position(|other| other.serial == serial);
            match (rest, place) {
                (Some(task), Some(place)) => self.script.tasks[place] = task,
                (None, Some(place)) => {
                    self.script.tasks.remove(place);
                    if role == TaskRole::Main {
                        self.on_block_ended(ctx);
                    }
                }
                (_, None) => {}
            }
        }
        self.flush(ctx);
    }

    /// Runs one task until it waits (`Some`) or has ended.
    fn run_task(&mut self, ctx: &mut Context<'_>, mut task: Task) -> Option<Task> {
        task.wait = Wait::Ready;
        for _ in 0..STEPS_IN_A_ROW {
            match self.step(ctx, &mut task) {
                Step::Go(_) if task.typed.is_some() => return None,
                Step::Go(pc) => task.pc = pc,
                Step::Wait(pc, wait) => {
                    let is_done_by_hand = task.typed.is_some() && pc != task.pc;
                    task.pc = if is_done_by_hand { after_by_hand(ctx.program, task.pc) } else { pc };
                    task.wait = wait;
                    return Some(task);
                }
                Step::Ended => return None,
                Step::Over => {
                    self.script.tasks.retain(|other| other.serial != task.serial);
                    return None;
                }
            }
        }
        task.wait = Wait::Until(ctx.now + Span::from_millis(1));
        Some(task)
    }

    fn step(&mut self, ctx: &mut Context<'_>, task: &mut Task) -> Step {
        let program = ctx.program;
        let wall = ctx.wall_ms;
        let next = task.pc + 1;
        let op = &program.ops[task.pc as usize];
        if self.is_held(ctx, task, op) {
            return Step::Wait(task.pc, Wait::Held);
        }
        match op {
            Op::Http(op) => self.fetch(ctx, task, op),
            Op::Emit(op) => self.emit(ctx, task, op),
            Op::Wait(op) => self.wait(ctx, task, op),
            Op::Think(delay) => {
                let wait = self.memory.draw(delay, wall, task.event());
                let wait = Span::from_secs_f64(wait.as_secs_f64() * ctx.control.think);
                let due = task.intended.max(ctx.now) + wait;
                task.intended = due;
                Step::Wait(next, Wait::Until(due))
            }
            Op::Mic(mode) => {
                self.set_mic(ctx, *mode);
                Step::Go(next)
            }
            Op::Speak(op) => self.speak(ctx, task, op),
            Op::Listen(op) => self.listen(ctx, task, op),
            Op::Set { var, value } => self.set(ctx, task, *var, value),
            Op::Enter(room) => self.turn_member(ctx, task, room, true),
            Op::Exit(room) => self.turn_member(ctx, task, room, false),
            Op::Push { var, value, max } => {
                self.push(ctx, task, var.0 as usize, value, *max);
                Step::Go(next)
            }
            Op::Choose { branches, end } => Step::Go(self.choose(branches, wall, task).unwrap_or(*end)),
            Op::If { condition, otherwise } => {
                let holds = condition.is_true(&mut self.memory.scope(wall, task.event(), ""));
                Step::Go(if holds { next } else { *otherwise })
            }
            Op::LoopStart { times, end } => {
                let times = times.number(&mut self.memory.scope(wall, task.event(), "")).unwrap_or(0.0);
                Step::Go(if begin_rounds(task, times) { next } else { *end + 1 })
            }
            Op::LoopEnd { start } => Step::Go(end_round(task, *start)),
            Op::Jump(to) => Step::Go(*to),
            Op::Fail { operation, code, message } => {
                let code = code.text(&mut self.memory.scope(wall, task.event(), ""));
                let message = message.text(&mut self.memory.scope(wall, task.event(), ""));
                ctx.error(*operation, &code, self.phase(), || message);
                self.blame_end();
                Step::Go(next)
            }
            // It is doing just that.
            Op::Leave if matches!(self.life.stage, LifeStage::Finishing { .. }) => Step::Ended,
            Op::Leave => {
                self.leave(ctx, Timestamp::NEVER);
                Step::Over
            }
            Op::End => Step::Ended,
        }
    }

    fn push(&mut self, ctx: &mut Context<'_>, task: &Task, var: usize, value: &Template, max: usize) {
        let value = value.value(&mut self.memory.scope(ctx.wall_ms, task.event(), ""));
        self.memory.secrets.on_value(var, &value);
        self.memory.secrets.teach(ctx.redactor);
        push(&mut self.memory.vars[var], value, max);
    }

    fn choose(&mut self, branches: &[(Template, Pc)], wall: f64, task: &Task) -> Option<Pc> {
        let mut weigh = |weight: &Template| {
            weight.number(&mut self.memory.scope(wall, task.event(), "")).filter(|weight| *weight > 0.0).unwrap_or(0.0)
        };
        let weights: Vec<f64> = branches.iter().map(|(weight, _)| weigh(weight)).collect();
        let mut rest = self.memory.random.f64() * weights.iter().sum::<f64>();
        let mut possible = branches.iter().zip(weights).filter(|(_, weight)| *weight > 0.0).peekable();
        while let Some(((_, pc), weight)) = possible.next() {
            rest -= weight;
            // Rounding may leave a little behind the last one.
            if rest < 0.0 || possible.peek().is_none() {
                return Some(*pc);
            }
        }
        None
    }

    fn fetch(&mut self, ctx: &mut Context<'_>, task: &Task, op: &HttpOp) -> Step {
        let request = self.request(ctx.wall_ms, ctx.terms, task, op);
        self.memory.secrets.add_request(&request);
        self.memory.secrets.teach(ctx.redactor);
        self.in_flight.fetches.push(Fetching {
            task: task.serial,
            at: task.pc,
            fetch: None,
            wished: ctx.now,
            sent_at: ctx.now,
        });
        ctx.wishes.push(Wish::Fetch { task: task.serial, request });
        Step::Wait(task.pc + 1, Wait::Blocked)
    }

    fn request(&mut self, wall: f64, terms: &Terms, task: &Task, op: &HttpOp) -> FetchRequest {
        let mut text = |template: &Template| template.text(&mut self.memory.scope(wall, task.event(), ""));
        let mut pairs =
            |list: &[(String, Template)]| list.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        let headers = pairs(&op.headers);
        let body = match &op.body {
            Body::None => FetchBody::None,
            Body::Form(fields) => FetchBody::Form(pairs(fields)),
            Body::Json(template) => {
                let mut json = String::new();
                template.write_json(&mut self.memory.scope(wall, task.event(), ""), &mut json);
                FetchBody::Json(json)
            }
            Body::File { field, name, mime, bytes } => FetchBody::File {
                field: field.clone(),
                name: name.text(&mut self.memory.scope(wall, task.event(), "")),
                mime: mime.clone(),
                bytes: bytes.clone(),
            },
        };
        let url = op.url.text(&mut self.memory.scope(wall, task.event(), ""));
        let (follows, most_bytes) = (terms.redirects == Redirects::Follow, terms.most_bytes);
        FetchRequest { method: op.method.clone(), url, headers, body, timeout: op.timeout, follows, most_bytes }
    }

    fn emit(&mut self, ctx: &mut Context<'_>, task: &Task, op: &EmitOp) -> Step {
        let wall = ctx.wall_ms;
        let phase = self.phase();
        if self.contact.link.as_ref().is_none_or(|link| link.closing.is_some()) {
            self.count_failure(ctx, op.operation, "not connected", String::new);
            return self.after_failure(ctx, op.required, "it is not connected", task.pc + 1);
        }
        if op.event.as_constant().is_none() && matches!(ctx.program.protocol, Protocol::SocketIo) {
            // Before anything is noted of a message that is never sent.
            let event = op.event.text(&mut self.memory.scope(wall, task.event(), ""));
            if is_reserved(&event) {
                ctx.error(op.operation, "reserved event", phase, || event.clone());
                return self.after_failure(
                    ctx,
                    op.required,
                    "Socket.IO keeps this event's name for itself",
                    task.pc + 1,
                );
            }
        }
        let InRoom { enters, message, tag: tag_text } = self.in_room(ctx, task, &op.room);
        let event = op.event.text(&mut self.memory.scope(wall, task.event(), &tag_text));
        let args = self.json_args(wall, task, &op.args, &tag_text);
        let answer = op.answer.as_ref().map(|answer| Expected::new(answer, &mut self.memory, wall, task.event()));
        let ack_tests = op.ack.as_ref().map(|ack| evaluated(&ack.matches, &mut self.memory, wall, task.event()));
        let Some(link) = &mut self.contact.link else { return Step::Over };
        let ack = link.session.emit(&event, &args, &op.attachments, op.ack.is_some());
        ctx.meters.count_out(&event, ctx.recorder, ctx.redactor);
        ctx.tell(|| Told::Out(event.clone()));
        if let (Some(room), None, None) = (&enters, &answer, ack) {
            self.enter(ctx, room);
        }
        // Of a message that neither comes back nor is acknowledged, only who has it shows that it was taken.
        let is_unheard = |message: &Sent| message.echoed && ack.is_none() && answer.is_none();
        let message = message.filter(|message| {
            let is_unheard = is_unheard(message);
            if is_unheard {
                ctx.ledger.overdue(ctx.now, self.id, message.sequence);
            }
            !is_unheard
        });
        let blocks = message.is_none() && (answer.is_some() || ack.is_some());
        self.note_marks(ctx, op, &args, task.serial, blocks);
        let waits_for_something = answer.is_some() || ack.is_some() || message.is_some();
        if waits_for_something {
            self.in_flight.pendings.push_back(Pending {
                operation: op.operation,
                at: task.pc,
                sent_at: ctx.now,
                intended: task.intended,
                deadline: ctx.now + op.timeout,
                limit: op.timeout,
                ack,
                ack_tests: ack_tests.unwrap_or_default(),
                by_answer: answer.is_some(),
                answer,
                message,
                enters,
                task: blocks.then_some(task.serial),
                required: op.required,
            });
        }
        if blocks { Step::Wait(task.pc + 1, Wait::Blocked) } else { Step::Go(task.pc + 1) }
    }

    /// What an event goes out with, as JSON; with what a person has typed, if that is what is sent.
    fn json_args(&mut self, wall: f64, task: &Task, args: &[Template], tag: &str) -> Vec<String> {
        let mut json = |template: &Template| {
            let mut json = String::new();
            template.write_json(&mut self.memory.scope(wall, task.event(), tag), &mut json);
            match &task.typed {
                Some(text) => with_text(&json, tag, text),
                None => json,
            }
        };
        args.iter().map(&mut json).collect()
    }

    fn set(&mut self, ctx: &mut Context<'_>, task: &Task, var: VarId, value: &Template) -> Step {
        let value = value.value(&mut self.memory.scope(ctx.wall_ms, task.event(), ""));
        self.memory.set(usize::from(var.0), value);
        self.memory.secrets.teach(ctx.redactor);
        Step::Go(task.pc + 1)
    }

    /// Who is in a room is the scenario's to say.
    fn turn_member(&mut self, ctx: &mut Context<'_>, task: &Task, room: &Template, is_in: bool) -> Step {
        let room = self.room_of(task, room, ctx.wall_ms);
        match is_in {
            true => self.enter(ctx, &room),
            false => ctx.ledger.leave(ctx.now, Some(&room), self.id),
        }
        Step::Go(task.pc + 1)
    }

    /// By what name the ledger knows the room.
    fn room_of(&mut self, task: &Task, room: &Template, wall_ms: f64) -> String {
        let name = room.text(&mut self.memory.scope(wall_ms, task.event(), ""));
        self.contact.link.as_ref().map_or(name.clone(), |link| format!("{}{name}", link.realm))
    }

    /// The room of all who are connected.
    pub(super) fn everybody(&self) -> String {
        let realm = self.contact.link.as_ref().map_or("", |link| &link.realm);
        format!("{realm}(everybody)")
    }

    /// What the ledger is told before anything is sent.
    fn in_room(&mut self, ctx: &mut Context<'_>, task: &Task, effect: &RoomEffect) -> InRoom {
        let mut done = InRoom::default();
        match effect {
            RoomEffect::None => {}
            RoomEffect::Enters(room) => done.enters = Some(self.room_of(task, room, ctx.wall_ms)),
            RoomEffect::Leaves(room) => {
                let room = self.room_of(task, room, ctx.wall_ms);
                ctx.ledger.leave(ctx.now, Some(&room), self.id);
            }
            RoomEffect::Message(room) => {
                let room = match is_to_everybody(ctx.program) {
                    true => self.everybody(),
                    false => self.room_of(task, room, ctx.wall_ms),
                };
                let tag: Tag = ctx.ledger.send(ctx.now, &room, self.id);
                tag.write(&self.memory.facts.run, &mut done.tag);
                let echoed = own_copies(ctx.program) == 0;
                done.message = Some(Sent { sequence: tag.sequence, echoed, accepted: false });
            }
        }
        done
    }

    fn wait(&mut self, ctx: &mut Context<'_>, task: &Task, op: &WaitOp) -> Step {
        let answer = Expected::new(&op.answer, &mut self.memory, ctx.wall_ms, task.event());
        self.in_flight.pendings.push_back(Pending {
            operation: op.operation,
            at: task.pc,
            sent_at: ctx.now,
            intended: task.intended,
            deadline: ctx.now + op.timeout,
            limit: op.timeout,
            ack: None,
            ack_tests: Vec::new(),
            answer: Some(answer),
            by_answer: true,
            message: None,
            enters: None,
            task: Some(task.serial),
            required: op.required,
        });
        Step::Wait(task.pc + 1, Wait::Blocked)
    }

    pub(super) fn after_failure(&mut self, ctx: &mut Context<'_>, required: bool, why: &str, next: Pc) -> Step {
        if required {
            self.fail(ctx, why);
            return Step::Over;
        }
        Step::Go(next)
    }

    /// Hands everything the session has queued to the socket.
    pub(super) fn flush(&mut self, ctx: &mut Context<'_>) {
        let Some(link) = &mut self.contact.link else { return };
        while let Some(transmit) = link.session.poll_transmit() {
            if !(link.is_mute && is_pong(&transmit)) {
                put_out(ctx, link.socket, transmit);
            }
        }
    }
}

pub(super) fn is_to_everybody(program: &Program) -> bool {
    program.delivery.as_ref().is_some_and(|delivery| delivery.to == Owed::Everybody)
}

fn own_copies(program: &Program) -> u8 {
    program.delivery.as_ref().map_or(1, |delivery| delivery.own_copies)
}

pub(super) fn put_out(ctx: &mut Context<'_>, socket: SocketId, transmit: Transmit) {
    let bytes = match &transmit {
        Transmit::Text(text) => text.len(),
        Transmit::Binary(bytes) => bytes.len(),
    };
    ctx.recorder.count(ctx.meters.frames_out, 1);
    ctx.recorder.count(ctx.meters.bytes_out, bytes as u64);
    ctx.wishes.push(Wish::Send(socket, transmit));
}

pub(super) fn is_pong(transmit: &Transmit) -> bool {
    matches!(transmit, Transmit::Text(text) if text == PONG)
}

/// `false`: there is no round at all.
fn begin_rounds(task: &mut Task, times: f64) -> bool {
    if times >= 1.0 {
        task.loops.push(times.min(f64::from(u32::MAX)) as u32);
    }
    times >= 1.0
}

/// Behind the loop when its rounds are used up, else back behind its start.
fn end_round(task: &mut Task, start: Pc) -> Pc {
    let rounds = task.loops.last_mut().map_or(0, |rounds| {
        *rounds = rounds.saturating_sub(1);
        *rounds
    });
    if rounds == 0 {
        task.loops.pop();
        task.pc + 1
    } else {
        start + 1
    }
}
