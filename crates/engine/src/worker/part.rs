//! One worker's part of one run: its engine, and what stands between that and the page.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::cadence::Cadence;
use super::{WorkerInput, WorkerOutput};
use crate::Engine;
use crate::exchange::Exchange;
use crate::heartbeat::Heartbeat;
use crate::population::LoadError;
use crate::ports::{Counted, FetchId, Frames, FromEdge, Input, Output, SocketId, SocketLoad, ToEdge};
use crate::rings::Rings;
use crate::wire::{FromWorker, ToWorker, Trial, WorkerLoad, between_snapshots};
use base::time::Timestamp;
use metrics::{UserId, Way};

pub struct PlayedPart {
    engine: Engine,
    /// Milliseconds of the clock at which the engine's time is zero: the worker's load until the run starts.
    epoch_ms: f64,
    /// The engine's time never goes back, even if the epoch moves.
    latest: Timestamp,
    stage: Stage,
    /// Requests that are under way, by whose they are.
    exchanges: HashMap<FetchId, (UserId, Exchange)>,
    /// Where it tries whether its browser still opens sockets, and whether it does.
    trial: Option<Trial>,
    is_trying: bool,
    between_ms: f64,
    starve_ms: u32,
    out: VecDeque<WorkerOutput>,
    /// When something last happened.
    now_ms: f64,
    /// When the engine was told something whose consequences are still being done.
    fed_ms: Option<f64>,
    /// How long our own code ran since the last snapshot.
    busy_ms: f64,
    /// What is to follow once the engine's orders are done.
    is_to_look: bool,
    is_to_finish: bool,
    /// The edge has been asked what its sockets hold.
    measures: Option<Occasion>,
}

/// ```text
/// Loaded ── Start ──▶ Starts ── its epoch ──▶ Runs ── Finish ──▶ Over
/// ```
enum Stage {
    /// `once` steps may run.
    Loaded,
    /// The page sends the start ahead of the epoch; users start at it and not before.
    Starts {
        epoch_ms: f64,
        shared: Vec<Map<String, Value>>,
    },
    Runs(Running),
    Over,
}

struct Running {
    snapshots: Cadence,
    heartbeat: Heartbeat,
    told_done: bool,
}

/// Why a snapshot is taken.
#[derive(Debug, Clone, Copy)]
enum Occasion {
    Due,
    /// All users are gone.
    Done,
    /// The ledger is settled.
    Finish,
}

impl PlayedPart {
    pub fn new(now_ms: f64, load: &WorkerLoad) -> Result<Self, LoadError> {
        let engine = Engine::new(load)?;
        let set_up = WorkerOutput::SetUp {
            programs: engine.programs(),
            contract_every: load.plan.contract_every,
            most_bytes: load.plan.answer_limit_bytes(),
        };
        Ok(Self {
            engine,
            epoch_ms: now_ms,
            latest: Timestamp::ZERO,
            stage: Stage::Loaded,
            exchanges: HashMap::new(),
            trial: load.trial.clone(),
            is_trying: false,
            between_ms: between_snapshots(load.is_remote).as_millis_f64(),
            starve_ms: load.starve_ms,
            out: VecDeque::from([set_up, WorkerOutput::Say(FromWorker::Loaded)]),
            now_ms,
            fed_ms: None,
            busy_ms: 0.0,
            is_to_look: false,
            is_to_finish: false,
            measures: None,
        })
    }

    pub fn handle(&mut self, now_ms: f64, input: WorkerInput<'_>) {
        match input {
            WorkerInput::Told(message) => self.on_message(now_ms, message),
            WorkerInput::Woken { lag } => {
                self.start_if_due(now_ms);
                if let Some(lag) = lag {
                    self.feed(now_ms, Input::Health { lag });
                }
                self.feed(now_ms, Input::Timeout);
            }
            WorkerInput::Edge(FromEdge::Tried { .. }) if !self.is_trying => {}
            WorkerInput::Edge(happened) => {
                match &happened {
                    FromEdge::Tried { .. } => self.end_trial(),
                    FromEdge::Fetched { fetch, outcome } => {
                        if let Some((user, exchange)) = self.exchanges.remove(fetch) {
                            let line = exchange.response(outcome, now_ms);
                            self.engine.observer.rings().note(user, now_ms, Way::Response, &line);
                        }
                    }
                    _ => {}
                }
                self.feed(now_ms, Input::Edge(happened));
            }
        }
    }

    fn on_message(&mut self, now_ms: f64, message: ToWorker) {
        let input = match message {
            // It makes a new part.
            ToWorker::Load(_) => return,
            ToWorker::Start { epoch_ms, shared } => return self.stage = Stage::Starts { epoch_ms, shared },
            ToWorker::Epoch { epoch_ms } => return self.move_epoch(epoch_ms),
            ToWorker::Try => return self.begin_trial(),
            ToWorker::Prepare { population } => Input::Prepare { population },
            ToWorker::Sent(sent) => Input::Sent(sent),
            ToWorker::Stop => Input::Stop,
            ToWorker::Leave => Input::Leave,
            ToWorker::Hear(user) => Input::Hear(user),
            ToWorker::Act(action) => Input::Act(*action),
            ToWorker::Watch(user) => Input::Watch(user),
            ToWorker::Canary { user, order } => Input::Canary { user, order },
            ToWorker::Abort => Input::Abort,
            ToWorker::Full => Input::Full,
            ToWorker::Free => Input::Free,
            ToWorker::GiveUp { users } => Input::GiveUp { users },
            ToWorker::TakeIn { guests, most } => Input::TakeIn { guests, most },
            ToWorker::Finish => Input::Finish,
        };
        // Whoever watches waits for it.
        self.is_to_look |= matches!(input, Input::Watch(_) | Input::Canary { .. });
        self.is_to_finish |= matches!(input, Input::Finish);
        self.feed(now_ms, input);
    }

    /// The run's epoch is better known: of a start that is to come, or of the run that is going on.
    fn move_epoch(&mut self, to_ms: f64) {
        match &mut self.stage {
            Stage::Starts { epoch_ms, .. } => *epoch_ms = to_ms,
            Stage::Runs(_) => self.epoch_ms = to_ms,
            Stage::Loaded | Stage::Over => {}
        }
    }

    fn start_if_due(&mut self, now_ms: f64) {
        let Stage::Starts { epoch_ms, shared } = &mut self.stage else { return };
        if *epoch_ms > now_ms {
            return;
        }
        let shared = std::mem::take(shared);
        self.epoch_ms = *epoch_ms;
        self.latest = Timestamp::ZERO;
        let snapshots = Cadence::new(self.epoch_ms, self.between_ms);
        self.stage = Stage::Runs(Running { snapshots, heartbeat: Heartbeat::default(), told_done: false });
        if self.starve_ms > 0 {
            self.out.push_back(WorkerOutput::BeginStarving { millis: self.starve_ms });
        }
        self.feed(now_ms, Input::Start { shared });
    }

    /// One at a time.
    fn begin_trial(&mut self) {
        if let Some(trial) = self.trial.as_ref().filter(|_| !self.is_trying) {
            self.is_trying = true;
            self.out.push_back(WorkerOutput::BeginTrial(trial.clone()));
        }
    }

    /// It is over with the first word that comes of it.
    fn end_trial(&mut self) {
        self.is_trying = false;
        self.out.push_back(WorkerOutput::EndTrial);
    }

    pub fn on_no_trial(&mut self) {
        self.is_trying = false;
    }

    fn feed(&mut self, now_ms: f64, input: Input<'_>) {
        self.fed_ms.get_or_insert(now_ms);
        let now = self.engine_time(now_ms);
        if let Stage::Runs(running) = &mut self.stage
            && let Some(since_ms) = running.heartbeat.beat(now_ms)
        {
            let since = Timestamp::from_millis_f64(since_ms - self.epoch_ms);
            self.engine.handle(now, now_ms, Input::StoodStill { since });
        }
        self.engine.handle(now, now_ms, input);
    }

    fn engine_time(&mut self, now_ms: f64) -> Timestamp {
        self.now_ms = now_ms;
        self.latest = self.latest.max(Timestamp::from_millis_f64(now_ms - self.epoch_ms));
        self.latest
    }

    pub fn poll(&mut self) -> Option<WorkerOutput> {
        if let Some(output) = self.out.pop_front() {
            return Some(output);
        }
        if let Some(output) = self.engine.poll() {
            return Some(self.pass_on(output));
        }
        self.follow_up();
        self.out.pop_front()
    }

    fn pass_on(&mut self, output: Output) -> WorkerOutput {
        WorkerOutput::Say(match output {
            Output::Edge(order) => {
                if let ToEdge::Fetch { fetch, user, request } = &order {
                    let exchange = Exchange::begin(request, self.now_ms);
                    self.engine.observer.rings().note(*user, self.now_ms, Way::Request, &exchange.request());
                    self.exchanges.insert(*fetch, (*user, exchange));
                }
                return WorkerOutput::Edge(order);
            }
            Output::Prepared { population, shared } => FromWorker::Prepared { population, shared },
            Output::Failed { message } => FromWorker::Failed { message },
            Output::Heard(heard) => FromWorker::Heard(heard),
        })
    }

    /// The engine wants nothing more: what else follows from what happened.
    fn follow_up(&mut self) {
        let Some(fed_ms) = self.fed_ms.filter(|_| self.measures.is_none()) else { return };
        if let Stage::Runs(running) = &mut self.stage {
            if self.engine.is_done() && !running.told_done {
                running.told_done = true;
                if self.starve_ms > 0 {
                    self.out.push_back(WorkerOutput::EndStarving);
                }
                return self.measure(Occasion::Done);
            }
            // Not left to the timer: in a flood of frames a browser lets timers wait for seconds.
            if running.snapshots.due_ms() <= fed_ms {
                return self.measure(Occasion::Due);
            }
        }
        if std::mem::take(&mut self.is_to_look) {
            self.look(fed_ms);
        }
        if std::mem::take(&mut self.is_to_finish) {
            match self.stage {
                Stage::Runs(_) => self.measure(Occasion::Finish),
                _ => self.finish(),
            }
        }
    }

    fn measure(&mut self, occasion: Occasion) {
        self.measures = Some(occasion);
        self.out.push_back(WorkerOutput::Measure);
    }

    /// Says everything since the last snapshot.
    pub fn on_measured(&mut self, now_ms: f64, counted: impl IntoIterator<Item = Counted>, load: SocketLoad) {
        let Some(occasion) = self.measures.take() else { return };
        let now = self.engine_time(now_ms);
        let Stage::Runs(Running { snapshots, .. }) = &mut self.stage else { return };
        let period_ms = snapshots.take(now_ms);
        for counted in counted {
            self.engine.handle(now, now_ms, Input::Counted(counted));
        }
        let mut snapshot = self.engine.snapshot(now);
        snapshot.health.buffered_max = load.buffered_max;
        snapshot.health.buffered_sum = load.buffered_sum;
        snapshot.health.busy_share = (std::mem::take(&mut self.busy_ms) / period_ms.max(1.0)).min(1.0);
        self.say(FromWorker::Snapshot(Box::new(snapshot)));
        self.look(now_ms);
        match occasion {
            Occasion::Due => {}
            Occasion::Done => self.say(FromWorker::Done),
            Occasion::Finish => self.finish(),
        }
    }

    fn finish(&mut self) {
        self.stage = Stage::Over;
        self.say(FromWorker::Finished);
    }

    /// Tells of the user that is watched.
    fn look(&mut self, now_ms: f64) {
        let now = self.engine_time(now_ms);
        if let Some(seen) = self.engine.look(now, now_ms) {
            self.say(FromWorker::Seen(Box::new(seen)));
        }
    }

    fn say(&mut self, message: FromWorker) {
        self.out.push_back(WorkerOutput::Say(message));
    }

    pub fn rest(&mut self, now_ms: f64) {
        if let Some(fed_ms) = self.fed_ms.take() {
            self.busy_ms += now_ms - fed_ms;
        }
    }

    pub fn next_timeout_ms(&self) -> Option<f64> {
        let engine = self.engine.next_timeout().map(|due| self.epoch_ms + due.as_micros() as f64 / 1e3);
        let own = match &self.stage {
            Stage::Starts { epoch_ms, .. } => [Some(*epoch_ms), None],
            Stage::Runs(running) => [Some(running.snapshots.due_ms()), running.heartbeat.due_ms()],
            Stage::Loaded | Stage::Over => [None; 2],
        };
        own.into_iter().chain([engine]).flatten().reduce(f64::min)
    }

    pub fn frames(&self) -> &Frames {
        self.engine.frames()
    }

    pub fn keep_rings(&mut self, rings: Rc<dyn Rings>) {
        self.engine.keep_rings(rings);
    }

    pub fn on_shared_sent(&mut self, now_ms: f64, socket: SocketId, due: Timestamp) {
        let now = self.engine_time(now_ms);
        self.engine.on_shared_sent(now, now_ms, socket, due);
    }

    pub fn on_refused(&mut self, now_ms: f64, socket: SocketId, reason: &str) {
        let now = self.engine_time(now_ms);
        let closed = FromEdge::Closed { socket, code: NEVER_OPENED, reason };
        self.engine.handle(now, now_ms, Input::Edge(closed));
    }
}

/// The close code of a connection that never came to be, as browsers report it.
const NEVER_OPENED: u16 = 1006;
