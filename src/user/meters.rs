//! The series and counters of one population, resolved once so that recording is an index.

use std::collections::HashMap;

use crate::metrics::{CounterId, Recorder, SeriesId};
use crate::scenario::{EventId, OperationId, Program, RoomEffect};

use super::voice::VoiceMeters;

pub struct Meters {
    /// Of a population of voice users.
    pub voice: Option<VoiceMeters>,
    operations: Vec<OperationMeters>,
    pub slot_wait: SeriesId,
    pub websocket: SeriesId,
    pub engineio: SeriesId,
    pub socketio: SeriesId,
    pub connect: SeriesId,
    pub rest_wait: SeriesId,
    pub pacing: SeriesId,
    pub frames_in: CounterId,
    pub frames_out: CounterId,
    pub bytes_in: CounterId,
    pub bytes_out: CounterId,
    pub frames_invalid: CounterId,
    pub reconnects: CounterId,
    pub skipped: CounterId,
    pub http_requests: CounterId,
    pub arrivals: CounterId,
    pub dropped: CounterId,
    events_in: Vec<CounterId>,
    /// Events that the scenario does not name, by their names as they turn up.
    strangers: HashMap<String, CounterId>,
    events_out: HashMap<String, CounterId>,
    event_ids: HashMap<String, EventId>,
    population: String,
}

#[derive(Clone, Copy)]
pub struct OperationMeters {
    /// Request to answer.
    pub answer: SeriesId,
    pub ack: SeriesId,
    pub message: Option<MessageMeters>,
}

/// Of operations that send ledgered messages.
#[derive(Clone, Copy)]
pub struct MessageMeters {
    pub round_trip: SeriesId,
    pub intended: SeriesId,
    pub fanout: SeriesId,
}

/// A server that invents event names without end must not fill the memory.
const MAX_STRANGERS: usize = 200;
/// Bytes of such a name; longer ones are nobody's event names.
const MAX_NAME: usize = 200;

impl Meters {
    pub fn new(program: &Program, population: &str, recorder: &mut Recorder) -> Self {
        let mut series = |metric: &str| recorder.series(metric, population);
        let operations = program
            .operations
            .iter()
            .enumerate()
            .map(|(index, name)| OperationMeters {
                answer: series(name),
                ack: series(&format!("{name}.ack")),
                message: sends_messages(program, OperationId(index as u16)).then(|| MessageMeters {
                    round_trip: series(&format!("{name}.round_trip")),
                    intended: series(&format!("{name}.round_trip.intended")),
                    fanout: series(&format!("{name}.fanout")),
                }),
            })
            .collect();
        let [slot_wait, websocket, engineio, socketio, connect, rest_wait, pacing] = [
            "connect.slot_wait",
            "connect.websocket",
            "connect.engineio",
            "connect.socketio",
            "connect",
            "rest.slot_wait",
            "pacing.error",
        ]
        .map(series);
        let voice = VoiceMeters::new(program, population, recorder);
        let mut counter = |name: &str| recorder.counter(name, population);
        let events_in = program.events.iter().map(|event| counter(&format!("events.in.{}", event.name))).collect();
        Self {
            voice,
            operations,
            slot_wait,
            websocket,
            engineio,
            socketio,
            connect,
            rest_wait,
            pacing,
            frames_in: counter("frames.in"),
            frames_out: counter("frames.out"),
            bytes_in: counter("bytes.in"),
            bytes_out: counter("bytes.out"),
            frames_invalid: counter("frames.invalid"),
            reconnects: counter("reconnects"),
            skipped: counter("timers.skipped"),
            http_requests: counter("http.requests"),
            arrivals: counter("arrivals"),
            dropped: counter("arrivals.dropped"),
            events_in,
            strangers: HashMap::new(),
            events_out: HashMap::new(),
            event_ids: program
                .events
                .iter()
                .enumerate()
                .map(|(index, event)| (event.name.clone(), EventId(index as u16)))
                .collect(),
            population: population.to_owned(),
        }
    }

    pub fn operation(&self, operation: OperationId) -> OperationMeters {
        self.operations[operation.0 as usize]
    }

    pub fn event_in(&self, event: EventId) -> CounterId {
        self.events_in[event.0 as usize]
    }

    /// The event of that name, if the scenario names it; counts it either way.
    pub fn count_in(&mut self, name: &str, recorder: &mut Recorder) -> Option<EventId> {
        let known = self.event_ids.get(name).copied();
        let counter = match known {
            Some(event) => self.events_in[event.0 as usize],
            None => self.stranger(name, recorder),
        };
        recorder.count(counter, 1);
        known
    }

    pub fn count_out(&mut self, name: &str, recorder: &mut Recorder) {
        let counter = match self.events_out.get(name) {
            Some(counter) => *counter,
            None => {
                let counter = recorder.counter(&format!("events.out.{name}"), &self.population);
                self.events_out.insert(name.to_owned(), counter);
                counter
            }
        };
        recorder.count(counter, 1);
    }

    /// Names that turned up without being in the scenario, as far as they are kept.
    #[cfg(test)]
    pub fn strangers(&self) -> usize {
        self.strangers.len()
    }

    fn stranger(&mut self, name: &str, recorder: &mut Recorder) -> CounterId {
        if let Some(counter) = self.strangers.get(name) {
            return *counter;
        }
        if self.strangers.len() >= MAX_STRANGERS || name.len() > MAX_NAME {
            return recorder.counter("events.in.(others)", &self.population);
        }
        let counter = recorder.counter(&format!("events.in.{name}"), &self.population);
        self.strangers.insert(name.to_owned(), counter);
        counter
    }
}

fn sends_messages(program: &Program, operation: OperationId) -> bool {
    program.ops.iter().any(|op| match op {
        crate::scenario::Op::Emit(emit) => emit.operation == operation && matches!(emit.room, RoomEffect::Message(_)),
        _ => false,
    })
}
