//! The worker's end: owns the engine, its sockets, its HTTP exchanges and its timer, and speaks with the page.
//!
//! Each thing that happens becomes one engine input; then the engine's outputs are drained, and the one timer is armed
//! for whatever is due next. The browser never calls back from within a call of ours, so nothing is ever re-entered.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use gloo_timers::callback::{Interval, Timeout};
use serde_json::{Map, Value};
use wasm_bindgen::prelude::*;
use web_sys::MessageEvent;

use super::clock::Clock;
use super::fetch::Fetches;
use super::socket::Sockets;
use super::starvation;
use super::timer::BrowserTimer;
use super::transport::{self, TransportError};
use super::trial::Attempt;
use super::worker_scope;
use base::time::{Span, Timestamp};
use engine::ports::{Input, Output};
use engine::wire::{FromWorker, ToWorker, Trial, WorkerLoad, between_snapshots};
use engine::{Engine, Exchange, Heartbeat, LoadError};
use metrics::{MASK, Way, text_without_secrets};

/// Runs the worker: from its load on it answers the page's messages.
pub fn worker_main() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        say(&FromWorker::Failed { message: format!("a fault in this program: {info}") });
    }));
    let mut this = Worker { clock: Clock::new(), player: None };
    let on_message =
        Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| match transport::decode(event.data()) {
            Ok(message) => this.on_message(message),
            Err(error) => say(&FromWorker::Failed { message: error.to_string() }),
        });
    worker_scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // It lives as long as the worker.
    on_message.forget();
    say(&FromWorker::Ready { build: crate::BUILD_ID.to_owned() });
}

struct Worker {
    clock: Clock,
    player: Option<Rc<RefCell<Player>>>,
}

/// Plays one worker's part of one run.
struct Player {
    clock: Clock,
    /// Milliseconds of the clock at which the engine's time is zero: the worker's load until the run starts.
    epoch_ms: f64,
    engine: Engine,
    sockets: Sockets,
    fetches: Fetches,
    timer: BrowserTimer,
    pending_start: Option<PendingStart>,
    /// `None` before the run's start and after its end.
    snapshots: Option<Snapshots>,
    heartbeat: Heartbeat,
    /// How long our own code ran since the last snapshot.
    busy_ms: f64,
    told_done: bool,
    /// The engine's time never goes back, even if the epoch moves.
    latest: Timestamp,
    snapshot_ms: f64,
    starve_ms: u32,
    /// Where it tries whether its browser still opens sockets, and the attempt that is under way.
    trial: Option<Trial>,
    attempt: Option<Attempt>,
    /// While it is starved.
    starvation: Option<Interval>,
    this: Weak<RefCell<Player>>,
}

/// The page sends the start ahead of the epoch; users start at it and not before.
struct PendingStart {
    epoch_ms: f64,
    shared: Vec<Map<String, Value>>,
}

/// In milliseconds of the clock.
struct Snapshots {
    due_ms: f64,
    last_ms: f64,
}

impl Worker {
    fn on_message(&mut self, message: ToWorker) {
        match (message, &self.player) {
            (ToWorker::Load(load), _) => self.load(&load),
            (message, Some(player)) => player.borrow_mut().on_message(message),
            // There is nothing to end yet; what else the page sends, it sends after `Loaded`.
            (_, None) => {}
        }
    }

    fn load(&mut self, load: &WorkerLoad) {
        match Player::new(self.clock.clone(), load) {
            Ok(player) => {
                self.player = Some(player);
                say(&FromWorker::Loaded);
            }
            Err(error) => say(&FromWorker::Failed { message: error.to_string() }),
        }
    }
}

impl Player {
    fn new(clock: Clock, load: &WorkerLoad) -> Result<Rc<RefCell<Self>>, LoadError> {
        let mut engine = Engine::new(load)?;
        Ok(Rc::new_cyclic(|this: &Weak<RefCell<Self>>| {
            let (on_input, on_timer) = (this.clone(), this.clone());
            let sockets = Sockets::new(engine.programs(), engine.contract_every(), move |input| {
                with(&on_input, |player| player.feed(input))
            });
            sockets.read_at_most(load.plan.answer_limit_bytes());
            engine.keep_rings(sockets.rings());
            let timer = BrowserTimer::new(move |lag| with(&on_timer, |player| player.on_timer(lag)));
            RefCell::new(Self {
                epoch_ms: clock.now_ms(),
                clock,
                engine,
                sockets,
                fetches: Fetches::default(),
                timer,
                pending_start: None,
                snapshots: None,
                heartbeat: Heartbeat::default(),
                busy_ms: 0.0,
                told_done: false,
                latest: Timestamp::ZERO,
                snapshot_ms: between_snapshots(load.is_remote).as_millis_f64(),
                starve_ms: load.starve_ms,
                trial: load.trial.clone(),
                attempt: None,
                starvation: None,
                this: this.clone(),
            })
        }))
    }

    fn on_message(&mut self, message: ToWorker) {
        match message {
            ToWorker::Load(_) => {}
            ToWorker::Prepare { population } => self.feed(Input::Prepare { population }),
            ToWorker::Start { epoch_ms, shared } => {
                self.pending_start = Some(PendingStart { epoch_ms, shared });
                self.arm();
            }
            ToWorker::Epoch { epoch_ms } => self.move_epoch(epoch_ms),
            ToWorker::Sent(sent) => self.feed(Input::Sent(sent)),
            ToWorker::Stop => self.feed(Input::Stop),
            ToWorker::Leave => self.feed(Input::Leave),
            ToWorker::Hear(user) => self.feed(Input::Hear(user)),
            ToWorker::Act(action) => self.feed(Input::Act(*action)),
            ToWorker::Watch(user) => {
                self.feed(Input::Watch(user));
                self.look();
            }
            ToWorker::Canary { user, order } => {
                self.feed(Input::Canary { user, order });
                self.look();
            }
            ToWorker::Abort => self.feed(Input::Abort),
            ToWorker::Full => self.feed(Input::Full),
            ToWorker::Free => self.feed(Input::Free),
            ToWorker::GiveUp { users } => self.feed(Input::GiveUp { users }),
            ToWorker::TakeIn { guests, most } => self.feed(Input::TakeIn { guests, most }),
            ToWorker::Try => self.begin_attempt(),
            ToWorker::Finish => {
                self.feed(Input::Finish);
                self.snapshot();
                self.snapshots = None;
                say(&FromWorker::Finished);
            }
        }
    }

    /// One at a time. It is over with the first word that comes of it.
    fn begin_attempt(&mut self) {
        let Some(trial) = self.trial.as_ref().filter(|_| self.attempt.is_none()) else { return };
        let this = self.this.clone();
        self.attempt = Attempt::begin(trial, move |opened| {
            with(&this, |player| player.end_attempt(opened));
        });
    }

    fn end_attempt(&mut self, opened: bool) {
        // Its callbacks live in it, and one of them is running: it goes a moment later.
        if let Some(attempt) = self.attempt.take() {
            Timeout::new(0, move || drop(attempt)).forget();
            self.feed(Input::Tried { opened });
        }
    }

    /// A wake-up may come early, because the timer is not moved back when a deadline is.
    fn on_timer(&mut self, lag: Span) {
        let now_ms = self.clock.now_ms();
        if let Some(start) = self.pending_start.take_if(|start| start.epoch_ms <= now_ms) {
            self.epoch_ms = start.epoch_ms;
            self.latest = Timestamp::ZERO;
            self.snapshots = Some(Snapshots { due_ms: start.epoch_ms + self.snapshot_ms, last_ms: start.epoch_ms });
            self.starvation = starvation::begin(self.clock.clone(), self.starve_ms);
            self.feed(Input::Start { shared: start.shared });
        }
        self.feed(Input::Health { lag });
        self.feed(Input::Timeout);
    }

    fn engine_time(&mut self, now_ms: f64) -> Timestamp {
        self.latest = self.latest.max(Timestamp::from_millis_f64(now_ms - self.epoch_ms));
        self.latest
    }

    /// The run's epoch is better known: of a start that is to come, or of the run that is going on.
    fn move_epoch(&mut self, epoch_ms: f64) {
        match &mut self.pending_start {
            Some(start) => start.epoch_ms = epoch_ms,
            None if self.snapshots.is_some() => self.epoch_ms = epoch_ms,
            None => {}
        }
        self.arm();
    }

    /// One input, and everything that follows from it.
    fn feed(&mut self, input: Input<'_>) {
        let began_ms = self.clock.now_ms();
        let now = self.engine_time(began_ms);
        if self.snapshots.is_some()
            && let Some(since_ms) = self.heartbeat.beat(began_ms)
        {
            let since = Timestamp::from_millis_f64(since_ms - self.epoch_ms);
            self.engine.handle(now, began_ms, Input::StoodStill { since });
        }
        self.engine.handle(now, began_ms, input);
        while let Some(output) = self.engine.poll() {
            self.obey(output, now, began_ms);
        }
        if self.engine.is_done() && !self.told_done && self.snapshots.is_some() {
            self.told_done = true;
            self.starvation = None;
            self.snapshot();
            say(&FromWorker::Done);
        }
        // Not left to the timer: in a flood of frames a browser lets timers wait for seconds.
        if self.snapshots.as_ref().is_some_and(|snapshots| snapshots.due_ms <= began_ms) {
            self.snapshot();
        }
        self.arm();
        self.busy_ms += self.clock.now_ms() - began_ms;
    }

    fn obey(&mut self, output: Output, now: Timestamp, wall_ms: f64) {
        match output {
            Output::Connect { socket, user, url, protocols } => {
                if let Err(error) = self.sockets.open(socket, user, &url, protocols) {
                    let reason = &error.to_string();
                    self.engine.handle(now, wall_ms, Input::Closed { socket, code: NEVER_OPENED, reason });
                }
            }
            Output::Send { socket, text } => self.sockets.send(socket, &text),
            Output::SendShared { socket, population, frame, due } => {
                self.sockets.send_shared(socket, frame, self.engine.frames());
                let at = self.clock.since(self.epoch_ms);
                self.engine.on_shared_sent(population, due, at);
            }
            Output::SendBinary { socket, bytes } => self.sockets.send_binary(socket, bytes),
            Output::Close { socket } => self.sockets.close(socket),
            Output::Fetch { fetch, user, request } => {
                let exchange = Exchange::begin(&request, self.clock.now_ms());
                self.sockets.note(user, Way::Request, &exchange.request());
                let this = self.this.clone();
                self.fetches.start(fetch, request, move |outcome| {
                    with(&this, |player| {
                        let line = exchange.response(&outcome, player.clock.now_ms());
                        player.sockets.note(user, Way::Response, &line);
                        player.feed(Input::Fetched { fetch, outcome });
                    });
                });
            }
            Output::Prepared { population, shared } => say(&FromWorker::Prepared { population, shared }),
            Output::Failed { message } => say(&FromWorker::Failed { message }),
            Output::Heard(heard) => say(&FromWorker::Heard(heard)),
        }
    }

    /// Tells of the user that is watched.
    fn look(&mut self) {
        let now_ms = self.clock.now_ms();
        let now = self.engine_time(now_ms);
        if let Some(seen) = self.engine.look(now, now_ms) {
            say(&FromWorker::Seen(Box::new(seen)));
        }
    }

    /// Sends everything since the last snapshot, and sets the next one's time. A late snapshot does not move the ones
    /// after it.
    fn snapshot(&mut self) {
        let now_ms = self.clock.now_ms();
        let now = self.engine_time(now_ms);
        let Some(Snapshots { due_ms, last_ms }) = &mut self.snapshots else { return };
        let period_ms = now_ms - std::mem::replace(last_ms, now_ms);
        let periods_behind = ((now_ms - *due_ms) / self.snapshot_ms).floor();
        *due_ms += (periods_behind + 1.0).max(0.0) * self.snapshot_ms;
        for counted in self.sockets.counted() {
            self.engine.handle(now, now_ms, counted);
        }
        let load = self.sockets.load();
        let mut snapshot = self.engine.snapshot(now);
        snapshot.health.buffered_max = load.buffered_max;
        snapshot.health.buffered_sum = load.buffered_sum;
        snapshot.health.sockets_open = load.open;
        snapshot.health.connecting = load.pending;
        snapshot.health.busy_share = (std::mem::take(&mut self.busy_ms) / period_ms.max(1.0)).min(1.0);
        say(&FromWorker::Snapshot(Box::new(snapshot)));
        self.look();
    }

    /// Arms the timer for whatever is due next.
    fn arm(&self) {
        let engine = self.engine.next_timeout().map(|due| self.epoch_ms + due.as_micros() as f64 / 1e3);
        let start = self.pending_start.as_ref().map(|start| start.epoch_ms);
        let snapshot = self.snapshots.as_ref().map(|snapshots| snapshots.due_ms);
        let heartbeat = snapshot.and(self.heartbeat.due_ms());
        if let Some(due_ms) = [engine, start, snapshot, heartbeat].into_iter().flatten().reduce(f64::min) {
            self.timer.arm(due_ms);
        }
    }
}

fn with(player: &Weak<RefCell<Player>>, call: impl FnOnce(&mut Player)) {
    if let Some(player) = player.upgrade() {
        call(&mut player.borrow_mut());
    }
}

/// Tells the page. What cannot be passed on is a fault of ours, and the page hears that instead.
fn say(message: &FromWorker) {
    // It is no engine's, and may quote what it stumbled over.
    let clean = match message {
        FromWorker::Failed { message } => text_without_secrets(message, MASK),
        _ => None,
    };
    let clean = clean.map(|message| FromWorker::Failed { message });
    let message = clean.as_ref().unwrap_or(message);
    let failed = |error: TransportError| FromWorker::Failed { message: error.to_string() };
    let value = transport::encode(message).or_else(|error| transport::encode(&failed(error)));
    if let Ok(value) = value {
        // A message port takes whatever can be cloned, and plain objects can.
        let _ = worker_scope().post_message(&value);
    }
}

/// The close code of a connection that never came to be, as browsers report it.
const NEVER_OPENED: u16 = 1006;
