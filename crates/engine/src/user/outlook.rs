//! What a user is going to call, as far as that is known before it starts: addresses, and what a browser asks a server's
//! permission for.

use protocol::{Session, SessionConfig};
use scenario::{Body, HttpOp, Op, Pc, Program, Protocol, RoomEffect, Template, UserFacts};

use super::memory::Memory;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outlook {
    /// The steps of a user in the order in which they stand, each operation once.
    pub steps: Vec<OutlookStep>,
    /// How often a message is to come to its own sender; `None`: the scenario has no such messages.
    pub own_copies: Option<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlookStep {
    pub operation: String,
    pub kind: StepKind,
    /// The first thing that a user does, not one of those that come again and again.
    pub comes_at_once: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepKind {
    Request(Call),
    /// The address without what templates add to it.
    Connect {
        url: String,
        is_socket_io: bool,
    },
    /// Enters a room.
    Enter,
    /// Sends messages to a room.
    Message,
    Emit,
    /// Waits for a voice service to speak.
    Listen,
}

/// One HTTP exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub method: String,
    pub url: String,
    /// Names of headers that a browser asks the server's permission for, in lower case.
    pub headers: Vec<String>,
}

impl Outlook {
    pub fn new(program: &Program, facts: UserFacts) -> Self {
        let mut memory = Memory::new(facts, program, 0);
        memory.set_defaults(program, 0.0);
        let own_copies = program.delivery.as_ref().map(|delivery| delivery.own_copies);
        let mut outlook = Self { own_copies, ..Self::default() };
        for block in program.once.into_iter().chain([program.before]) {
            outlook.add_block(program, &mut memory, block, true);
        }
        outlook.add(catalogue::CONNECT.to_owned(), connect(program, &mut memory), true);
        outlook.add_block(program, &mut memory, program.flow, true);
        program.timers.iter().for_each(|timer| outlook.add_block(program, &mut memory, timer.block, false));
        outlook
    }

    pub fn step(&self, operation: &str) -> Option<&OutlookStep> {
        self.steps.iter().find(|step| step.operation == operation)
    }

    fn add_block(&mut self, program: &Program, memory: &mut Memory, block: Pc, comes_at_once: bool) {
        let ops = program.ops[block as usize..].iter();
        for op in ops.take_while(|op| !matches!(op, Op::End)) {
            let found = match op {
                Op::Http(op) => Some((op.operation, StepKind::Request(call(op, memory)))),
                Op::Emit(op) => Some((op.operation, emit(&op.room))),
                Op::Listen(op) => Some((op.operation, StepKind::Listen)),
                _ => None,
            };
            if let Some((operation, kind)) = found {
                self.add(program.operations[operation.0 as usize].clone(), kind, comes_at_once);
            }
        }
    }

    fn add(&mut self, operation: String, kind: StepKind, comes_at_once: bool) {
        if self.step(&operation).is_none() {
            self.steps.push(OutlookStep { operation, kind, comes_at_once });
        }
    }
}

const fn emit(room: &RoomEffect) -> StepKind {
    match room {
        RoomEffect::Enters(_) => StepKind::Enter,
        RoomEffect::Message(_) => StepKind::Message,
        RoomEffect::None | RoomEffect::Leaves(_) => StepKind::Emit,
    }
}

fn connect(program: &Program, memory: &mut Memory) -> StepKind {
    let is_socket_io = program.protocol == Protocol::SocketIo;
    let config = match &program.protocol {
        Protocol::SocketIo => SessionConfig::SocketIo { namespace: "/".to_owned(), auth: None },
        Protocol::WebSocket { event_field } => SessionConfig::WebSocket { event_field: event_field.clone() },
    };
    let mut text = |template: &Template| template.text(&mut memory.scope(0.0, None, ""));
    let url = Session::url(&config, &text(&program.connect.url), &text(&program.connect.path), &[]);
    // Secrets may stand behind the question mark.
    StepKind::Connect { url: url.split('?').next().unwrap_or_default().to_owned(), is_socket_io }
}

fn call(op: &HttpOp, memory: &mut Memory) -> Call {
    let mut headers: Vec<String> = op.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    if matches!(op.body, Body::Json(_)) {
        headers.push("content-type".to_owned());
    }
    headers.retain(|name| !["accept", "accept-language", "content-language"].contains(&name.as_str()));
    headers.sort_unstable();
    headers.dedup();
    let url = op.url.text(&mut memory.scope(0.0, None, ""));
    Call { method: op.method.clone(), url: url.split('?').next().unwrap_or_default().to_owned(), headers }
}
