//! The series and counters of one population, resolved once so that recording is an index.

use std::collections::{HashMap, HashSet};

use catalogue::{Counter, Metric};
use metrics::{CounterId, Recorder, Redactor, SeriesId};
use scenario::{EventId, OperationId, Program, RoomEffect};

use super::probe::ProbeFindings;
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
    /// The generator's own: what was due so long ago that it was not sent, and users that its time to leave was too short for.
    pub not_sent: CounterId,
    pub not_left: CounterId,
    pub http_requests: CounterId,
    pub arrivals: CounterId,
    pub dropped: CounterId,
    events_in: Vec<CounterId>,
    /// Events that the scenario does not name, by their names as they turn up.
    strangers: HashMap<String, CounterId>,
    events_out: HashMap<String, CounterId>,
    event_ids: HashMap<String, EventId>,
    /// By operation: the codes of errors that have a row of their own.
    codes: HashMap<String, HashSet<String>>,
    population: String,
    /// A name turned up for the first time, and nobody has asked since.
    new_stranger: bool,
    contract: ContractMeters,
}

/// Which events are held against their shapes, and what was counted of that.
struct ContractMeters {
    /// By event.
    due: Vec<Option<Sampling>>,
    counters: Option<(CounterId, CounterId)>,
}

#[derive(Clone, Copy)]
struct Sampling {
    /// Index into [`Program::contract`].
    shape: usize,
    every: u32,
    /// How many to let pass before the next one is looked at.
    left: u32,
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
/// Codes of one operation's errors in one worker: a server that puts each user's name in its texts must not make a row of each.
const MOST_CODES: usize = 30;
const OTHER_CODES: &str = "(other codes)";
/// Bytes of such a name; longer ones are nobody's event names.
const MAX_NAME: usize = 200;

impl Meters {
    pub fn new(program: &Program, population: &str, contract_every: u32, recorder: &mut Recorder) -> Self {
        let mut series = |metric: &str| recorder.series(metric, population);
        let operations = program
            .operations
            .iter()
            .enumerate()
            .map(|(index, name)| OperationMeters {
                answer: series(name),
                ack: series(&Metric::Ack.of(name)),
                message: sends_messages(program, OperationId(index as u16)).then(|| MessageMeters {
                    round_trip: series(&Metric::RoundTrip.of(name)),
                    intended: series(&Metric::RoundTripIntended.of(name)),
                    fanout: series(&Metric::Fanout.of(name)),
                }),
            })
            .collect();
        let [slot_wait, websocket, engineio, socketio, connect, rest_wait, pacing] = [
            Metric::ConnectSlotWait,
            Metric::ConnectWebsocket,
            Metric::ConnectEngineio,
            Metric::ConnectSocketio,
            Metric::Connect,
            Metric::RestSlotWait,
            Metric::PacingError,
        ]
        .map(|metric| series(metric.name()));
        let voice = VoiceMeters::new(program, population, recorder);
        let named = |event: &scenario::NamedEvent| Counter::EventsIn.of(&event.name);
        let events_in = program.events.iter().map(|event| recorder.counter(&named(event), population)).collect();
        let mut counter = |counter: Counter| recorder.counter(counter.name(), population);
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
            frames_in: counter(Counter::FramesIn),
            frames_out: counter(Counter::FramesOut),
            bytes_in: counter(Counter::BytesIn),
            bytes_out: counter(Counter::BytesOut),
            frames_invalid: counter(Counter::FramesInvalid),
            reconnects: counter(Counter::Reconnects),
            skipped: counter(Counter::TimersSkipped),
            not_sent: counter(Counter::NotSent),
            not_left: counter(Counter::NotLeft),
            http_requests: counter(Counter::HttpRequests),
            arrivals: counter(Counter::Arrivals),
            dropped: counter(Counter::ArrivalsDropped),
            events_in,
            strangers: HashMap::new(),
            events_out: HashMap::new(),
            event_ids: event_ids(program),
            codes: HashMap::new(),
            population: population.to_owned(),
            new_stranger: false,
            contract: ContractMeters::new(program, contract_every),
        }
    }

    /// The shape that this event is to be held against, if it is one of those that are looked at. Of an event that is only counted
    /// the edge hands on no others.
    pub fn contract_due(&mut self, event: EventId) -> Option<usize> {
        let sampling = self.contract.due[event.0 as usize].as_mut()?;
        if sampling.left > 0 {
            sampling.left -= 1;
            return None;
        }
        sampling.left = sampling.every - 1;
        Some(sampling.shape)
    }

    /// One event was looked at.
    pub fn count_contract(&mut self, recorder: &mut Recorder, violations: usize) {
        let population = &self.population;
        let mut counter = |counter: Counter| recorder.counter(counter.name(), population);
        let fresh = || (counter(Counter::ContractChecked), counter(Counter::ContractViolations));
        let counters = self.contract.counters.get_or_insert_with(fresh);
        recorder.count(counters.0, 1);
        recorder.count(counters.1, violations as u64);
    }

    /// One user's history was compared. Registered only now: what nobody compared is not zero.
    pub fn count_findings(&self, recorder: &mut Recorder, findings: &ProbeFindings) {
        let all = [(Counter::ConsistencyUsers, 1), (Counter::ConsistencyCompared, findings.compared)];
        let found = findings.all().map(|(counter, found)| (counter, found.count));
        for (counter, count) in all.into_iter().chain(found) {
            let counter = recorder.counter(counter.name(), &self.population);
            recorder.count(counter, count);
        }
    }

    /// `true` once for each name that turned up without being in the scenario.
    pub fn is_new_stranger(&mut self) -> bool {
        std::mem::take(&mut self.new_stranger)
    }

    pub fn operation(&self, operation: OperationId) -> OperationMeters {
        self.operations[operation.0 as usize]
    }

    pub fn event_in(&self, event: EventId) -> CounterId {
        self.events_in[event.0 as usize]
    }

    /// The event of that name, if the scenario names it; counts it either way.
    pub fn count_in(&mut self, name: &str, recorder: &mut Recorder, redactor: &Redactor) -> Option<EventId> {
        let known = self.event_ids.get(name).copied();
        let counter = match known {
            Some(event) => self.events_in[event.0 as usize],
            None => self.stranger(name, recorder, redactor),
        };
        recorder.count(counter, 1);
        known
    }

    pub fn count_out(&mut self, name: &str, recorder: &mut Recorder, redactor: &Redactor) {
        let counter = match self.events_out.get(name) {
            Some(counter) => *counter,
            None => {
                let shown = if self.event_ids.contains_key(name) {
                    name.to_owned()
                } else {
                    redactor.shown_name(name, MAX_NAME)
                };
                let counter = recorder.counter(&Counter::EventsOut.of(&shown), &self.population);
                self.events_out.insert(name.to_owned(), counter);
                counter
            }
        };
        recorder.count(counter, 1);
    }

    /// An error's code, or what stands for all further ones of its operation.
    pub fn row_of(&mut self, operation: &str, code: String) -> String {
        let Some(known) = self.codes.get_mut(operation) else {
            self.codes.insert(operation.to_owned(), HashSet::from([code.clone()]));
            return code;
        };
        if known.contains(&code) {
            return code;
        }
        if known.len() >= MOST_CODES {
            return OTHER_CODES.to_owned();
        }
        known.insert(code.clone());
        code
    }

    /// No event of the scenario has this name.
    pub fn is_stranger(&self, name: &str) -> bool {
        !self.event_ids.contains_key(name)
    }

    /// Names that turned up without being in the scenario, as far as they are kept.
    #[cfg(test)]
    pub fn strangers(&self) -> usize {
        self.strangers.len()
    }

    fn stranger(&mut self, name: &str, recorder: &mut Recorder, redactor: &Redactor) -> CounterId {
        if let Some(counter) = self.strangers.get(name) {
            return *counter;
        }
        if self.strangers.len() >= MAX_STRANGERS || name.len() > MAX_NAME {
            return recorder.counter(&Counter::EventsIn.of("(others)"), &self.population);
        }
        let shown = redactor.shown_name(name, MAX_NAME);
        let counter = recorder.counter(&Counter::EventsIn.of(&shown), &self.population);
        self.strangers.insert(name.to_owned(), counter);
        self.new_stranger = true;
        counter
    }
}

impl ContractMeters {
    fn new(program: &Program, every: u32) -> Self {
        let mut due = vec![None; program.events.len()];
        for (index, shape) in program.contract.iter().enumerate().filter(|_| every > 0) {
            // Of events that are only counted, the edge hands on no more than every n-th.
            let chosen = program.events[shape.event.0 as usize].count_only;
            due[shape.event.0 as usize] =
                Some(Sampling { shape: index, every: if chosen { 1 } else { every }, left: 0 });
        }
        Self { due, counters: None }
    }
}

fn event_ids(program: &Program) -> HashMap<String, EventId> {
    program.events.iter().enumerate().map(|(index, event)| (event.name.clone(), EventId(index as u16))).collect()
}

fn sends_messages(program: &Program, operation: OperationId) -> bool {
    program.ops.iter().any(|op| match op {
        scenario::Op::Emit(emit) => emit.operation == operation && matches!(emit.room, RoomEffect::Message(_)),
        _ => false,
    })
}
