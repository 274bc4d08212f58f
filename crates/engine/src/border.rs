//! The border: what leaves an engine as a text has gone through its worker's redactor.
//!
//! Each function here takes a message apart field by field, without `..`: whoever adds a field has to say here what it is, or nothing
//! compiles. What the engine counts under or cuts was redacted when it came; here it is once more, by all that is known by now.

use crate::wire::{HeardMoment, LogLine, Note, Seen, SeenFrame, Sight, Snapshot, Told};
use catalogue::Counter;
use metrics::{
    BreachDelta, BreachKey, Cause, CounterDelta, DisconnectDelta, DisconnectKey, ErrorDelta, ErrorKey, Evidence,
    FindingDelta, FindingKey, Frame, MetricsDelta, Redactor,
};

use super::Engine;
use super::population::LocalPopulation;
use crate::ports::{Output, ToEdge};

pub struct Border<'a> {
    redactor: &'a Redactor,
    /// Names in them are the plan's, and who reads the result needs them as they are.
    populations: &'a [LocalPopulation],
}

impl Engine {
    pub(super) fn border(&self) -> Border<'_> {
        Border { redactor: &self.redactor, populations: &self.populations }
    }
}

impl Border<'_> {
    fn text(&self, text: &mut String) {
        *text = self.redactor.shown(text, LONGEST);
    }

    /// Of an event, which a server may have made up.
    fn name(&self, name: &mut String) {
        let is_of_plan = |it: &LocalPopulation| it.program.events.iter().any(|event| event.name == *name);
        if !self.populations.iter().any(is_of_plan) {
            *name = self.redactor.shown_name(name, LONGEST);
        }
    }

    pub fn output(&self, output: Output) -> Output {
        match output {
            Output::Failed { mut message } => {
                self.text(&mut message);
                Output::Failed { message }
            }
            Output::Heard(mut heard) => {
                let HeardMoment { user: _, rate: _, notes } = &mut heard;
                notes.iter_mut().for_each(|note| self.note(note));
                Output::Heard(heard)
            }
            // To the server, which knows its secrets, and to the other workers' users, who need what `once` saved.
            Output::Edge(
                ToEdge::Connect { .. }
                | ToEdge::Send { .. }
                | ToEdge::SendShared { .. }
                | ToEdge::SendBinary { .. }
                | ToEdge::Close { .. }
                | ToEdge::Fetch { .. },
            )
            | Output::Prepared { .. } => output,
        }
    }

    pub fn snapshot(&self, snapshot: &mut Snapshot) {
        let Snapshot {
            at: _,
            metrics,
            users: _,
            ledger: _,
            // Rooms by the names that all workers know them by; nobody is shown these.
            sent: _,
            completions: _,
            health: _,
            evidence,
            log,
            log_dropped: _,
            settled: _,
            // Users by their numbers.
            moved: _,
        } = snapshot;
        self.metrics(metrics);
        evidence.iter_mut().for_each(|evidence| self.evidence(evidence));
        for LogLine { at: _, level: _, population: _, user: _, text } in log {
            self.text(text);
        }
    }

    fn metrics(&self, metrics: &mut MetricsDelta) {
        // Metrics, operations and populations have their names from the plan.
        let MetricsDelta { histograms: _, counters, errors, disconnects, listeners: _, breaches, findings } = metrics;
        for CounterDelta { counter, population: _, count: _ } in counters {
            if let Some((way, name)) = Counter::event_of(counter) {
                let mut name = name.to_owned();
                self.name(&mut name);
                *counter = way.of(&name);
            }
        }
        for ErrorDelta { key, count: _, first: _, sample } in errors {
            let ErrorKey { population: _, operation: _, code, phase: _ } = key;
            self.text(code);
            self.text(sample);
        }
        for DisconnectDelta { key, count: _, first: _ } in disconnects {
            let DisconnectKey { population: _, code: _, reason, by: _, phase: _ } = key;
            self.text(reason);
        }
        for BreachDelta { key, count: _, first: _, sample } in breaches {
            // What is wrong, and where, is said in the contract's words.
            let BreachKey { population: _, event, path: _, expected: _, found: _ } = key;
            self.name(event);
            self.text(sample);
        }
        for FindingDelta { key, count: _, about } in findings {
            // Both are names of ours.
            let FindingKey { population: _, finding: _ } = key;
            about.iter_mut().for_each(|about| self.text(about));
        }
    }

    fn evidence(&self, evidence: &mut Evidence) {
        let Evidence { at_s: _, population: _, user: _, phase: _, cause, frames, generator: _ } = evidence;
        match cause {
            Cause::Error { operation: _, code } => self.text(code),
            Cause::Close { code: _, reason, by: _ } => self.text(reason),
            // Its frames were redacted for this very hand-over (`Engine::evidence`), and there are hundreds of them.
            Cause::Slowest { metric: _, ms: _ } => return,
        }
        for Frame { at_s: _, way: _, length: _, more: _, text } in frames {
            text.iter_mut().for_each(|text| self.text(text));
        }
    }

    /// Its frames and what is said in them were made for showing just now, without their user's own facts, too.
    pub fn seen(&self, seen: &mut Seen) {
        let Seen { user: _, sight, frames, missed: _, notes } = seen;
        for SeenFrame { number: _, frame: _, event, said: _ } in frames {
            event.iter_mut().for_each(|event| self.name(event));
        }
        notes.iter_mut().for_each(|note| self.note(note));
        if let Some(sight) = sight {
            let Sight { phase: _, connected: _, rooms, waits_for: _, iteration: _, taken: _, failure, offers: _ } =
                sight;
            rooms.iter_mut().chain(failure).for_each(|text| self.text(text));
        }
    }

    fn note(&self, Note { at: _, told }: &mut Note) {
        match told {
            Told::In(event) | Told::Out(event) => self.name(event),
            Told::Saw(text) | Told::Failed(text) => self.text(text),
            // Audio, and the plan's names.
            Told::Hears { pcm: _ }
            | Told::Says { pcm: _ }
            | Told::Met(_)
            | Told::Took { operation: _, what: _, micros: _ } => {}
        }
    }
}

/// Characters of a text that leaves; all of them are cut shorter where they come from.
const LONGEST: usize = 4_000;
