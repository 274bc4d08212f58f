//! Many virtual users under one clock: one engine per worker.
//!
//! Sans-IO: `handle` what happened, then drain `poll`, then sleep until `next_timeout`. What a real worker and a simulated one
//! drive is `worker::Worker`, which has an engine.

pub mod ports;
pub mod user;
pub mod wire;
pub mod worker;

mod actions;
mod border;
mod crowd;
mod deadlines;
mod exchange;
mod exits;
mod findings;
mod guard;
mod heartbeat;
mod late;
mod log_book;
mod observer;
mod population;
mod relief;
mod rings;
mod slots;
mod sockets;
mod stop;
mod turns;

pub use population::LoadError;
pub use rings::{Caught, NoRings, Rings, SHARED_MS};

use std::collections::VecDeque;
use std::rc::Rc;

use crate::ports::{Counted, FetchRequest, Frames, FromEdge, Input, Output, SocketId, ToEdge};
use crate::user::{Context, ONCE_USER, User, UserNames, Wish};
use crate::wire::{Snapshot, WorkerLoad};
use base::time::{Span, Timestamp};
use metrics::{HealthDelta, Ledger, Recorder, Redactor, UsersByState};
use protocol::Transmit;
use protocol::audio::PcmReader;
use scenario::Program;

use actions::Agenda;
use crowd::{Crowd, QueueTicket};
use deadlines::Deadlines;
use exits::Exits;
use guard::Guard;
pub use guard::NOT_NAMED;
use late::LateStarts;
use log_book::LogBook;
use observer::{Clerk, Observer};
use population::LocalPopulation;
use relief::Relief;
use slots::Slots;
use sockets::SocketTable;
use stop::Stopping;

/// All virtual users of one worker.
pub struct Engine {
    populations: Vec<LocalPopulation>,
    names: UserNames,
    crowd: Crowd,
    deadlines: Deadlines,
    handshakes: Slots<QueueTicket>,
    /// By who asked, and for which of its tasks.
    fetches: Slots<(QueueTicket, u32, FetchRequest)>,
    /// Outbound audio, made once for all users.
    frames: Frames,
    pcm: PcmReader,
    observer: Observer,
    recorder: Recorder,
    /// Knows what must not leave this worker.
    redactor: Redactor,
    ledger: Ledger,
    out: VecDeque<Output>,
    log: LogBook,
    health: HealthDelta,
    stopping: Stopping,
    /// Users that are to leave, one after the other.
    exits: Exits,
    /// Users that should have started while this worker stood still.
    late_starts: LateStarts,
    /// The first deadline that has come and was not met yet.
    overdue: Timestamp,
    agenda: Agenda,
    settle: Span,
    sockets: SocketTable,
    relief: Relief,
    guard: Guard,
    /// Reused by every call.
    wishes: Vec<Wish>,
}

/// Shorter than any browser's timer can be.
const MIN_SLEEP: Span = Span::from_micros(100);

impl Engine {
    /// Compiles a plan for this worker.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(load: &WorkerLoad) -> Result<Self, LoadError> {
        let plan = &load.plan;
        let mut recorder = Recorder::new(Timestamp::ZERO + Span::from_secs_f64(plan.warmup_s));
        let mut populations = Vec::new();
        for index in 0..plan.populations.len() {
            populations.push(LocalPopulation::new(load, index, &mut recorder)?);
        }
        Ok(Self {
            names: UserNames::new(populations.iter().map(|population| population.name.clone()).collect()),
            ledger: ledger(load, &populations),
            populations,
            crowd: Crowd::default(),
            deadlines: Deadlines::default(),
            handshakes: Slots::new(load.handshakes_in_flight),
            fetches: Slots::new(load.fetches_in_flight),
            frames: Frames::default(),
            pcm: PcmReader::default(),
            observer: Observer::new(load),
            recorder,
            redactor: Redactor::default(),
            out: VecDeque::new(),
            log: LogBook::default(),
            health: HealthDelta::default(),
            stopping: Stopping::Idle,
            exits: Exits::new(load),
            late_starts: LateStarts::default(),
            overdue: Timestamp::ZERO,
            agenda: Agenda::new(plan),
            settle: Span::from_secs_f64(plan.settle_s),
            sockets: SocketTable::new(load.sockets),
            relief: Relief::default(),
            guard: Guard::new(load),
            wishes: Vec::new(),
        })
    }

    /// The compiled scenarios, one per population: the edge learns from them which events are only counted.
    pub fn programs(&self) -> Vec<Rc<Program>> {
        self.populations.iter().map(|population| population.program.clone()).collect()
    }

    /// The frames that `ToEdge::SendShared` names. A frame stays as it is once it has been named.
    pub fn frames(&self) -> &Frames {
        &self.frames
    }

    /// A shared frame that was due then has been handed to its socket.
    pub fn on_shared_sent(&mut self, now: Timestamp, wall_ms: f64, socket: SocketId, due: Timestamp) {
        self.with_socket(now, wall_ms, socket, |_, ctx| ctx.chunk_sent(due));
    }

    /// Whoever holds the sockets keeps their newest frames there.
    pub fn keep_rings(&mut self, rings: Rc<dyn Rings>) {
        self.observer.keep_rings(rings);
    }

    /// What the edge is to do next.
    pub fn poll(&mut self) -> Option<Output> {
        let output = self.out.pop_front()?;
        Some(self.border().output(output))
    }

    /// When `Input::Timeout` is wanted, at the earliest.
    pub fn next_timeout(&self) -> Option<Timestamp> {
        let load = match self.stopping {
            Stopping::Running => {
                let load = self.populations.iter().map(LocalPopulation::next_at);
                load.chain(self.agenda.next_at()).chain(self.late_starts.next_at()).chain(self.guard.until()).min()
            }
            _ => None,
        };
        let next = [load, self.deadlines.next(), self.stopping.deadline(), self.guard.holds_until()];
        let next = next.into_iter().chain([self.exits.next_at(), self.sockets.retries_at()]).flatten().min();
        next.filter(|next| *next != Timestamp::NEVER)
    }

    /// Every user is gone.
    pub fn is_done(&self) -> bool {
        matches!(self.stopping, Stopping::Done)
    }

    /// Something happened.
    pub fn handle(&mut self, now: Timestamp, wall_ms: f64, input: Input<'_>) {
        match input {
            Input::Prepare { population } => self.prepare(now, wall_ms, population),
            Input::Start { shared } => self.start(now, shared),
            Input::Sent(sent) => self.ledger.absorb(&sent),
            Input::Stop => self.begin_stop(now, wall_ms),
            Input::Leave => self.begin_leave(now, wall_ms),
            Input::Act(action) => self.agenda.add(action),
            Input::Hear(user) => self.hear(now, user),
            Input::Watch(user) => self.observer.watch(user),
            Input::Canary { user, order } => self.obey_canary(now, wall_ms, user, &order),
            Input::Finish => self.ledger.finish(now),
            Input::Abort => self.abort(now, wall_ms),
            Input::Full => self.on_full(now, wall_ms),
            Input::Free => self.sockets.on_free(),
            Input::GiveUp { users } => self.give_up(users),
            Input::TakeIn { guests, most } => self.take_in(now, wall_ms, guests, most),
            Input::Timeout => {}
            Input::Edge(happened) => self.on_edge(now, wall_ms, happened),
            Input::Counted(Counted { population, event, frames, bytes }) => {
                self.populations[population].count(event, frames, bytes, &mut self.recorder);
            }
            Input::Health { lag } => self.health.lag.push(lag),
            Input::StoodStill { since } => self.recorder.stood_still(since, now),
        }
        self.advance(now, wall_ms);
    }

    fn on_edge(&mut self, now: Timestamp, wall_ms: f64, happened: FromEdge<'_>) {
        match happened {
            FromEdge::Opened { socket } => {
                self.health.opened += 1;
                self.sockets.on_opened(socket);
                self.with_socket(now, wall_ms, socket, |user, ctx| user.on_opened(ctx));
            }
            FromEdge::Text { socket, frame } => {
                self.with_socket(now, wall_ms, socket, |user, ctx| user.on_text(ctx, frame));
            }
            FromEdge::Binary { socket, frame } => {
                self.with_socket(now, wall_ms, socket, |user, ctx| user.on_binary(ctx, frame));
            }
            FromEdge::TooLarge { socket, bytes } => {
                self.with_socket(now, wall_ms, socket, |user, ctx| user.on_too_large(ctx, bytes));
            }
            FromEdge::Closed { socket, code, reason } => {
                let user = self.sockets.owner(socket).and_then(|slot| self.crowd.get_mut(slot));
                let is_refused = user.is_some_and(|user| user.is_opening(socket));
                self.health.refused += u32::from(is_refused);
                let waits = is_refused && self.sockets.is_full();
                self.with_socket(now, wall_ms, socket, |user, ctx| match waits {
                    true => user.queue_again(ctx),
                    false => user.on_closed(ctx, code, reason),
                });
                self.forget_socket(socket);
            }
            FromEdge::Fetched { fetch, outcome } => self.on_fetched(now, wall_ms, fetch, &outcome),
            FromEdge::Tried { opened } => {
                self.health.trials_opened += u32::from(opened);
                self.health.trials_failed += u32::from(!opened);
            }
        }
    }

    /// Everything since the last snapshot.
    pub fn snapshot(&mut self, now: Timestamp) -> Snapshot {
        let (ledger, sent, completions) = self.ledger.drain(now);
        self.tell_missing(&completions);
        self.health.handshake_queue = self.handshakes.waiting() as u32;
        let sockets = self.sockets.counts();
        (self.health.sockets_open, self.health.connecting) = (sockets.open, sockets.opening);
        if !self.sockets.is_within_known_limit() {
            self.health.held = self.health.handshake_queue;
        }
        let health = std::mem::take(&mut self.health);
        let (log, log_dropped) = self.log.take();
        let mut snapshot = Snapshot {
            at: now,
            metrics: self.recorder.drain(),
            users: self.users(now),
            ledger,
            sent,
            completions,
            health,
            evidence: self.hand_over_evidence(now),
            log,
            log_dropped,
            settled: self.stopping.has_settled(),
            moved: self.relief.take(),
        };
        self.border().snapshot(&mut snapshot);
        snapshot
    }

    fn users(&self, now: Timestamp) -> Vec<UsersByState> {
        let mut users: Vec<UsersByState> = self.populations.iter().map(|population| population.gone).collect();
        for user in self.crowd.users().filter(|user| user.id().index() != ONCE_USER) {
            user.count_state(now, &mut users[user.id().population()]);
        }
        users
    }

    /// Lets every due thing happen.
    fn advance(&mut self, now: Timestamp, wall_ms: f64) {
        self.overdue = self.deadlines.next().unwrap_or(now).min(now);
        self.follow_plan(now, wall_ms);
        while let Some(slot) = self.deadlines.pop(now) {
            self.with_user(now, wall_ms, slot, |user, ctx| user.on_timeout(ctx));
        }
        self.overdue = now;
        if self.sockets.retries_at().is_some_and(|retry_at| now >= retry_at) {
            self.call_back(now, wall_ms);
            self.sockets.try_again(now);
        }
        self.give_slots(now, wall_ms);
        self.let_leave(now, wall_ms);
        self.advance_stop(now, wall_ms);
    }

    /// The browser is full: whoever waits for a socket that does not open goes back into the queue, for it is no error of the server's,
    /// and further users wait until somebody leaves or one opens after all.
    fn on_full(&mut self, now: Timestamp, wall_ms: f64) {
        self.call_back(now, wall_ms);
        self.sockets.on_full(now);
    }

    fn call_back(&mut self, now: Timestamp, wall_ms: f64) {
        for slot in self.crowd.occupied() {
            self.with_user(now, wall_ms, slot, |user, ctx| user.queue_again(ctx));
        }
    }

    /// Calls a user with its surroundings, then does what it wished.
    fn with_user(&mut self, now: Timestamp, wall_ms: f64, slot: u32, call: impl FnOnce(&mut User, &mut Context<'_>)) {
        let Some(user) = self.crowd.get_mut(slot) else { return };
        let id = user.id();
        let LocalPopulation { program, name, terms, meters, utterances, control, .. } =
            &mut self.populations[id.population()];
        let mut wishes = std::mem::take(&mut self.wishes);
        let mut ctx = Context {
            now,
            overdue: self.overdue.min(now),
            wall_ms,
            program,
            control,
            population: name,
            names: &self.names,
            terms,
            meters,
            utterances: utterances.as_mut(),
            frames: &mut self.frames,
            pcm: &mut self.pcm,
            user: id,
            observer: &mut self.observer,
            recorder: &mut self.recorder,
            redactor: &mut self.redactor,
            ledger: &mut self.ledger,
            wishes: &mut wishes,
            log: &mut self.log,
        };
        call(user, &mut ctx);
        user.teach(&mut self.redactor);
        let (next, is_over) = (user.next_timeout(), user.is_over());
        // Whatever is due was done in this call; the minimum keeps a mistake from turning into an endless loop.
        self.deadlines.set(slot, if is_over { Timestamp::NEVER } else { next.max(now + MIN_SLEEP) });
        for wish in wishes.drain(..) {
            self.grant(slot, wish);
        }
        self.wishes = wishes;
        let clerk = Clerk { names: &self.names, recorder: &self.recorder, redactor: &self.redactor };
        self.observer.take_evidence(now, wall_ms, self.crowd.get(slot), clerk);
        self.pass_on_heard();
        if is_over {
            self.on_user_over(now, wall_ms, slot);
        }
    }

    fn with_socket(
        &mut self,
        now: Timestamp,
        wall_ms: f64,
        socket: SocketId,
        call: impl FnOnce(&mut User, &mut Context<'_>),
    ) {
        let Some(slot) = self.sockets.owner(socket) else { return };
        // A socket that its user has given up may still speak; by now the user has another one.
        if self.crowd.get_mut(slot).is_some_and(|user| user.owns(socket)) {
            self.with_user(now, wall_ms, slot, call);
        }
    }

    fn forget_socket(&mut self, socket: SocketId) {
        if self.sockets.forget(socket) {
            self.guard.on_closed(socket);
        }
    }

    fn grant(&mut self, slot: u32, wish: Wish) {
        match wish {
            Wish::Slot => self.handshakes.ask(self.crowd.seat(slot)),
            Wish::SlotDone => self.handshakes.give_back(),
            Wish::Send(socket, Transmit::Text(text)) => self.out.push_back(Output::Edge(ToEdge::Send { socket, text })),
            Wish::Send(socket, Transmit::Binary(bytes)) => {
                self.out.push_back(Output::Edge(ToEdge::SendBinary { socket, bytes }))
            }
            Wish::SendFrame { socket, frame, due } => {
                self.out.push_back(Output::Edge(ToEdge::SendShared { socket, frame, due }));
            }
            Wish::Close { socket, opened } => {
                self.out.push_back(Output::Edge(ToEdge::Close { socket }));
                if opened {
                    self.sockets.on_closing(socket);
                } else {
                    self.forget_socket(socket);
                }
            }
            Wish::Fetch { task, request } => self.fetches.ask((self.crowd.seat(slot), task, request)),
        }
    }
}

fn ledger(load: &WorkerLoad, populations: &[LocalPopulation]) -> Ledger {
    let copies = |population: &LocalPopulation| population.program.delivery.as_ref().map_or(1, |it| it.own_copies);
    let ledger = Ledger::new(&load.run, Span::from_secs_f64(load.plan.late_after_s)).in_life(load.life);
    ledger.with_own_copies(populations.iter().map(copies).collect())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
