//! What a script measures, under the names that tabswarm uses.

use std::collections::BTreeSet;

use crate::scenario::{EmitOp, Op, Program, Protocol, RoomEffect};

/// Names of times and counters, of all populations together.
#[derive(Default)]
pub struct Metrics {
    times: BTreeSet<String>,
    counters: BTreeSet<String>,
}

impl Metrics {
    pub fn add(&mut self, program: &Program) {
        let fixed = ["frames.in", "frames.out", "bytes.in", "bytes.out", "reconnects", "http.requests"];
        self.counters.extend(fixed.map(str::to_owned));
        self.times.extend(["connect", "connect.websocket"].map(str::to_owned));
        if program.protocol == Protocol::SocketIo {
            self.times.extend(["connect.engineio", "connect.socketio"].map(str::to_owned));
        }
        self.counters.extend(program.events.iter().map(|event| format!("events.in.{}", event.name)));
        for op in &program.ops {
            let name = |operation: crate::scenario::OperationId| &program.operations[usize::from(operation.0)];
            match op {
                Op::Http(op) => self.times.extend([name(op.operation).clone()]),
                Op::Wait(op) => self.times.extend([name(op.operation).clone()]),
                Op::Emit(op) => self.emit(name(op.operation), op),
                _ => {}
            }
        }
    }

    fn emit(&mut self, name: &str, op: &EmitOp) {
        if op.answer.is_some() {
            self.times.insert(name.to_owned());
        }
        if op.ack {
            self.times.insert(format!("{name}.ack"));
        }
        if matches!(op.room, RoomEffect::Message(_)) {
            self.times.extend([format!("{name}.round_trip"), format!("{name}.round_trip.intended")]);
        }
        if let Some(event) = op.event.as_constant().and_then(serde_json::Value::as_str) {
            self.counters.insert(format!("events.out.{event}"));
        }
    }

    pub fn times(&self) -> impl Iterator<Item = &str> {
        self.times.iter().map(String::as_str)
    }

    pub fn counters(&self) -> impl Iterator<Item = &str> {
        self.counters.iter().map(String::as_str)
    }

    pub fn has_time(&self, name: &str) -> bool {
        self.times.contains(name)
    }

    pub fn has_counter(&self, name: &str) -> bool {
        self.counters.contains(name)
    }
}

/// A name as k6 allows it; the script's own `metric` does the same.
pub fn metric(name: &str) -> String {
    let mut plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if plain.starts_with(|c: char| c.is_ascii_digit()) {
        plain.insert(0, '_');
    }
    if plain.len() < 2 {
        plain.push('_');
    }
    plain
}
