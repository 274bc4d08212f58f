//! What a script measures, under the names that tabswarm uses.

use std::collections::BTreeSet;

use catalogue::{Counter, Metric};
use scenario::{EmitOp, Op, Program, Protocol, RoomEffect};

/// Names of times and counters, of all populations together.
#[derive(Default)]
pub struct Metrics {
    times: BTreeSet<String>,
    counters: BTreeSet<String>,
}

impl Metrics {
    pub fn add(&mut self, program: &Program) {
        let fixed = [
            Counter::FramesIn,
            Counter::FramesOut,
            Counter::BytesIn,
            Counter::BytesOut,
            Counter::Reconnects,
            Counter::HttpRequests,
        ];
        self.counters.extend(fixed.map(|counter| counter.name().to_owned()));
        let fixed = |metric: Metric| metric.name().to_owned();
        self.times.extend([Metric::Connect, Metric::ConnectWebsocket].map(fixed));
        if program.protocol == Protocol::SocketIo {
            self.times.extend([Metric::ConnectEngineio, Metric::ConnectSocketio].map(fixed));
        }
        self.counters.extend(program.events.iter().map(|event| Counter::EventsIn.of(&event.name)));
        for op in &program.ops {
            let name = |operation: scenario::OperationId| &program.operations[usize::from(operation.0)];
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
            self.times.insert(Metric::Ack.of(name));
        }
        if matches!(op.room, RoomEffect::Message(_)) {
            self.times.extend([Metric::RoundTrip.of(name), Metric::RoundTripIntended.of(name)]);
        }
        if let Some(event) = op.event.as_constant().and_then(serde_json::Value::as_str) {
            self.counters.insert(Counter::EventsOut.of(event));
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
