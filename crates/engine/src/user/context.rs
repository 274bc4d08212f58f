//! What a user may touch while it acts: the clock's value, its population's tables, and where its doings go.

use crate::log_book::LogBook;
use crate::observer::{Audience, Observer};
use crate::ports::{FetchRequest, FrameId, Frames, SocketId};
use crate::wire::{CanaryReply, LogLevel, LogLine, Told};
use base::time::{Span, Timestamp};
use metrics::{
    BreachKey, CounterId, DisconnectKey, ErrorKey, FindingKey, Ledger, PendingExemplar, Phase, Receipt, Recorder,
    Redactor, SeriesId, UserId,
};
use plan::Terms;
use protocol::Transmit;
use protocol::audio::PcmReader;
use scenario::{OperationId, Program};

use super::control::Control;
use super::meters::Meters;
use super::names::UserNames;
use super::probe::ProbeFindings;
use super::voice::Utterances;

/// The surroundings of one user for the length of one call.
pub struct Context<'a> {
    pub now: Timestamp,
    /// The first thing of all users' that is due and has not been done; `now` if nothing is late.
    pub overdue: Timestamp,
    /// Milliseconds since 1970, for payloads only.
    pub wall_ms: f64,
    pub program: &'a Program,
    /// What the tester has changed.
    pub control: &'a Control,
    pub population: &'a str,
    pub names: &'a UserNames,
    pub terms: &'a Terms,
    pub meters: &'a mut Meters,
    /// Of a population of voice users.
    pub utterances: Option<&'a mut Utterances>,
    pub frames: &'a mut Frames,
    pub pcm: &'a mut PcmReader,
    /// The user that acts.
    pub user: UserId,
    pub observer: &'a mut Observer,
    pub recorder: &'a mut Recorder,
    /// Whatever is counted under a text, or cut, goes through it first; the rest does so where it leaves the worker.
    pub redactor: &'a mut Redactor,
    pub ledger: &'a mut Ledger,
    /// What the user requests done, in order.
    pub wishes: &'a mut Vec<Wish>,
    pub log: &'a mut LogBook,
}

/// What a user cannot do by itself.
#[derive(Debug)]
pub enum Wish {
    /// A handshake slot; the engine answers with `User::open`.
    Slot,
    /// It does not request (or use) the slot any more.
    SlotDone,
    Send(SocketId, Transmit),
    SendFrame {
        socket: SocketId,
        frame: FrameId,
        due: Timestamp,
    },
    /// `Closed` follows if it had opened.
    Close {
        socket: SocketId,
        opened: bool,
    },
    /// An HTTP exchange; the engine gives the id back with `User::on_fetch_sent` and `User::on_fetched`.
    Fetch {
        task: u32,
        request: FetchRequest,
    },
}

impl Context<'_> {
    pub fn sample(&mut self, series: SeriesId, value: Span) {
        self.recorder.sample(self.now, series, value);
        self.keep(series, value);
    }

    fn keep(&mut self, series: SeriesId, value: Span) {
        self.observer.sampled(PendingExemplar { series, value, at: self.now, wall_ms: self.wall_ms, user: self.user });
    }

    /// The same of something that was to begin at `wanted`. Where its `limit` has passed, its attempt has been counted as failed, and it was
    /// waited for since.
    pub fn arrived(&mut self, series: SeriesId, value: Span, wanted: Timestamp, limit: Option<Span>) {
        match limit {
            Some(limit) => {
                self.recorder.late(self.now, series, value, wanted);
                self.recorder.wait(series, limit, -1);
            }
            None => self.recorder.sample_since(self.now, series, value, wanted),
        }
        self.keep(series, value);
    }

    /// What was waited for (for so long) did not come: all that is known is that it takes longer than its limit.
    pub fn censored(&mut self, series: SeriesId, limit: Span, waited: Span) {
        self.recorder.censored(self.now, series, limit, waited);
    }

    pub fn count(&mut self, counter: CounterId, n: u64) {
        self.recorder.count(counter, n);
    }

    pub fn is_listened_to(&self) -> bool {
        self.observer.is_listened_to(self.user)
    }

    /// Tells whoever listens to this user.
    pub fn tell(&mut self, told: impl Fn() -> Told) {
        self.observer.tell(self.user, self.now, Audience::Listener, told);
    }

    /// Tells whoever watches this user, and whoever listens to it.
    pub fn show(&mut self, told: impl Fn() -> Told) {
        self.observer.tell(self.user, self.now, Audience::Both, told);
    }

    /// Tells whoever watches this user how long it waited.
    pub fn took(&mut self, operation: OperationId, what: CanaryReply, took: Span) {
        let name = &self.program.operations[operation.0 as usize];
        let told = || Told::Took { operation: name.clone(), what, micros: took.as_micros() };
        self.observer.tell(self.user, self.now, Audience::Watcher, told);
    }

    pub fn disconnect(&mut self, mut key: DisconnectKey) {
        key.reason = self.redactor.shown(&key.reason, MAX_REASON);
        if !key.by.is_planned() {
            self.observer.met_close(self.now, &key);
        }
        self.recorder.disconnect(self.now, key);
    }

    /// Counts an error of an operation of the scenario.
    pub fn error(&mut self, operation: OperationId, code: &str, phase: Phase, sample: impl FnOnce() -> String) {
        let program = self.program;
        self.named_error(&program.operations[operation.0 as usize], code, phase, sample);
    }

    /// Counts an error of what is no operation of the scenario, like `connect`.
    pub fn named_error(&mut self, operation: &str, code: &str, phase: Phase, sample: impl FnOnce() -> String) {
        let code = self.redactor.shown(code, MAX_CODE);
        self.show(|| Told::Failed(format!("{operation}: {code}")));
        let code = self.meters.row_of(operation, code);
        let key = ErrorKey { population: self.population.to_owned(), operation: operation.to_owned(), code, phase };
        self.observer.met_error(self.now, &key);
        let redactor = &*self.redactor;
        self.recorder.error(self.now, key, || redactor.shown(&sample(), MAX_SAMPLE));
    }

    /// The user has compared a history.
    pub fn count_findings(&mut self, findings: &ProbeFindings) {
        self.meters.count_findings(self.recorder, findings);
        for (counter, found) in findings.all() {
            let key = FindingKey { population: self.population.to_owned(), finding: counter.name().to_owned() };
            let (redactor, finder) = (&*self.redactor, self.names.user(self.user));
            let about = |id: &String| redactor.shown(&format!("{id}, found by {finder}"), MAX_ABOUT);
            self.recorder.findings(key, found.count, found.about.iter().map(about));
        }
    }

    /// What the ledger has found wrong with a copy of a message is told by its name, too.
    pub fn note_found(&mut self, receipt: &Receipt) {
        let Some(figure) = receipt.found else { return };
        let key = FindingKey { population: self.population.to_owned(), finding: figure.name().to_owned() };
        let (tag, names, receiver) = (receipt.tag, self.names, self.user);
        let about = || format!("{}, at {}", names.message(tag.sender, tag.sequence), names.user(receiver));
        let about = std::iter::once_with(about);
        self.recorder.findings(key, 1, about);
    }

    /// An event broke its contract, or nobody knows it.
    pub fn breach(&mut self, mut key: BreachKey, sample: impl FnOnce() -> String) {
        if self.meters.is_stranger(&key.event) {
            key.event = self.redactor.shown_name(&key.event, MAX_NAME);
        }
        let redactor = &*self.redactor;
        self.recorder.breach(self.now, key, || redactor.shown(&sample(), MAX_SAMPLE));
    }

    pub fn log(&mut self, level: LogLevel, user: u32, text: String) {
        self.show(|| Told::Saw(text.clone()));
        self.log.push(LogLine { at: self.now, level, population: self.population.to_owned(), user: Some(user), text });
    }
}

/// A code is a table's key: a server that puts its stack trace there must not fill the page.
const MAX_CODE: usize = 80;
const MAX_SAMPLE: usize = 300;
const MAX_REASON: usize = 120;
/// What a finding is about.
const MAX_ABOUT: usize = 120;
/// An event's.
const MAX_NAME: usize = 200;

/// At most `max` characters, with an ellipsis where something was cut.
pub fn shorten(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
