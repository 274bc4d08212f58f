//! One worker as a machine: what the page tells it and what the edge meets goes in, what the edge is to do and what the page hears
//! comes out.
//!
//! `handle` what happened, do what `poll` gives until it gives nothing more, say with `rest` that this is done, and wake it at
//! `next_timeout_ms`. All times here are milliseconds of the clock that a browser's pages and workers share; the engine's own time
//! begins at the run's epoch.

mod cadence;
mod part;

use std::rc::Rc;

use crate::ports::{Counted, Frames, FromEdge, SocketId, SocketLoad, ToEdge};
use crate::rings::Rings;
use crate::wire::{FromWorker, ToWorker, Trial};
use base::time::{Span, Timestamp};
use scenario::Program;

use part::PlayedPart;

/// Plays its part of one run after the other: whichever it has loaded last.
#[derive(Default)]
pub struct Worker {
    /// `None` before the first load.
    part: Option<PlayedPart>,
    /// A load that was refused, which leaves nobody else to say so.
    refusal: Option<String>,
}

#[derive(Debug)]
pub enum WorkerInput<'a> {
    /// The page says this.
    Told(ToWorker),
    /// The timer fired, so much later than it was asked to (`None`: nobody measures that). It may have been armed for an earlier time
    /// than is wanted by now.
    Woken {
        lag: Option<Span>,
    },
    Edge(FromEdge<'a>),
}

#[derive(Debug)]
pub enum WorkerOutput {
    /// There is a load: no more than `most_bytes` of a frame is read, and of users of these programs, one per population, events
    /// that are only counted stay outside, but for every `contract_every`-th of those that have a contract (0: for none). All that
    /// was there for the load before it goes. Answered with [`Worker::keep_rings`].
    SetUp {
        programs: Vec<Rc<Program>>,
        contract_every: u32,
        most_bytes: u64,
    },
    /// `ToEdge::SendShared` is answered with [`Worker::on_shared_sent`]; `ToEdge::Connect`, if the browser refuses the address, with
    /// [`Worker::on_refused`].
    Edge(ToEdge),
    /// Answered with [`Worker::on_measured`].
    Measure,
    /// `FromEdge::Tried` follows, or at once [`Worker::on_no_trial`].
    BeginTrial(Trial),
    EndTrial,
    /// For tests of the verdict: the thread stands still for so long, runs for as long, and so on.
    BeginStarving {
        millis: u32,
    },
    EndStarving,
    Say(FromWorker),
}

impl Worker {
    /// Something happened. What comes before the first load is about nothing yet.
    pub fn handle(&mut self, now_ms: f64, input: WorkerInput<'_>) {
        match (input, &mut self.part) {
            (WorkerInput::Told(ToWorker::Load(load)), _) => match PlayedPart::new(now_ms, &load) {
                Ok(part) => self.part = Some(part),
                Err(error) => self.refusal = Some(error.to_string()),
            },
            (input, Some(part)) => part.handle(now_ms, input),
            (_, None) => {}
        }
    }

    /// What the edge is to do next.
    pub fn poll(&mut self) -> Option<WorkerOutput> {
        if let Some(message) = self.refusal.take() {
            return Some(WorkerOutput::Say(FromWorker::Failed { message }));
        }
        self.part.as_mut()?.poll()
    }

    /// Everything that follows from what happened has been done by now.
    pub fn rest(&mut self, now_ms: f64) {
        if let Some(part) = &mut self.part {
            part.rest(now_ms);
        }
    }

    /// When `WorkerInput::Woken` is wanted, at the latest.
    pub fn next_timeout_ms(&self) -> Option<f64> {
        self.part.as_ref()?.next_timeout_ms()
    }

    /// The frames that `ToEdge::SendShared` names. A frame stays as it is once it has been named.
    pub fn frames(&self) -> Option<&Frames> {
        Some(self.part.as_ref()?.frames())
    }

    /// Whoever holds the sockets keeps their newest frames there.
    pub fn keep_rings(&mut self, rings: Rc<dyn Rings>) {
        if let Some(part) = &mut self.part {
            part.keep_rings(rings);
        }
    }

    /// A shared frame that was due has been handed to its socket.
    pub fn on_shared_sent(&mut self, now_ms: f64, socket: SocketId, due: Timestamp) {
        if let Some(part) = &mut self.part {
            part.on_shared_sent(now_ms, socket, due);
        }
    }

    /// The browser refuses the socket's address, in these words.
    pub fn on_refused(&mut self, now_ms: f64, socket: SocketId, reason: &str) {
        if let Some(part) = &mut self.part {
            part.on_refused(now_ms, socket, reason);
        }
    }

    /// What the sockets hold now, and what was only counted since the last time.
    pub fn on_measured(&mut self, now_ms: f64, counted: impl IntoIterator<Item = Counted>, load: SocketLoad) {
        if let Some(part) = &mut self.part {
            part.on_measured(now_ms, counted, load);
        }
    }

    /// The browser refuses the trial's address.
    pub fn on_no_trial(&mut self) {
        if let Some(part) = &mut self.part {
            part.on_no_trial();
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
