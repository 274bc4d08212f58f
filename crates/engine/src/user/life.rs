//! The stages of a user's life.
//!
//! ```text
//!            start                 before ends         slot            connected          flow ends
//!   (new) ─────────▶ Preparing ─────────────▶ Queued ───────▶ Connecting ────────▶ Flow ────────────▶ Active
//!                                               ▲                 │                 │                  │
//!                                               └──── Backoff ◀───┴──── lost ───────┴──────────────────┤
//!                                                                                                      │ retire
//!   Done ◀──── Closing ◀──── Finishing ◀──── Quiescing ◀───────────────────────────────────────────────┘
//!
//!   Failed: from any stage, when a required step fails or the connection is gone for good.
//! ```

use crate::wire::LogLevel;
use base::time::{Span, Timestamp};
use metrics::{Phase, UserId};
use scenario::{AfterFlow, Pc, Program, Timer, UserFacts};

use super::actions::Overrides;
use super::link::{Contact, HandshakeState};
use super::memory::Memory;
use super::pending::Outstanding;
use super::task::{ScriptRun, TaskRole, Ticker, Wait};
use super::timers::{Timed, TimerTable};
use super::voice::Ending;
use super::way::WayToWork;
use super::{Context, User};

/// How far a user has come, and how it went.
#[derive(Default)]
pub struct Lifecycle {
    pub stage: LifeStage,
    /// The load (or the run's end) told it to leave; otherwise it left by itself.
    pub dismissed: bool,
    /// Its leaving has been counted.
    pub counted_out: bool,
    pub failure: Option<String>,
    /// How often it gave up since it was last at its work; whoever takes its place waits the longer.
    pub failures: u32,
    /// `None`: it has been at its work.
    pub way: Option<WayToWork>,
}

/// Where a user is, with what belongs to that place only.
#[derive(Debug, Clone, Copy, Default)]
pub enum LifeStage {
    /// `before` (or, for the run's own user, `once`) runs.
    #[default]
    Preparing,
    Queued {
        since: Timestamp,
    },
    Connecting(HandshakeState),
    Flow,
    Active,
    /// The run is over: stays connected and hears, but sends nothing of its own any more.
    Silent,
    Backoff {
        until: Timestamp,
        then: AfterPause,
    },
    /// Told to leave: sends nothing new, waits for what is on its way.
    Quiescing {
        until: Timestamp,
        cut: Timestamp,
    },
    /// `finish` runs.
    Finishing {
        cut: Timestamp,
    },
    /// Waits for the browser's `Closed`.
    Closing {
        until: Timestamp,
    },
    Done,
    Failed,
}

/// What follows a pause.
#[derive(Debug, Clone, Copy)]
pub enum AfterPause {
    Connect,
    /// The server knows its session no more.
    LogIn,
    /// It has given up, and begins anew.
    StartAnew,
}

/// How long a user that was told to leave waits for the echoes and acks of what it sent.
const QUIESCE: Span = Span::from_secs(2);
/// How long a close may take before the user is counted as gone.
const CLOSE_TIMEOUT: Span = Span::from_secs(3);

impl LifeStage {
    pub fn phase(self) -> Phase {
        match self {
            Self::Preparing => Phase::Preparing,
            Self::Queued { .. } | Self::Connecting(_) => Phase::Connecting,
            Self::Flow => Phase::Flow,
            Self::Active | Self::Silent => Phase::Active,
            Self::Backoff { .. } => Phase::Reconnecting,
            Self::Quiescing { .. } | Self::Finishing { .. } | Self::Closing { .. } => Phase::Finishing,
            Self::Done | Self::Failed => Phase::Finishing,
        }
    }

    pub fn deadline(self) -> Timestamp {
        match self {
            Self::Connecting(handshake) => handshake.deadline,
            Self::Backoff { until, .. } | Self::Closing { until } | Self::Quiescing { until, .. } => until,
            Self::Finishing { cut } => cut,
            _ => Timestamp::NEVER,
        }
    }

    /// Timers run.
    pub fn ticks(self) -> bool {
        matches!(self, Self::Active)
    }

    /// It does not react to anything any more.
    pub fn is_leaving(self) -> bool {
        matches!(self, Self::Silent | Self::Quiescing { .. } | Self::Finishing { .. } | Self::Closing { .. })
    }
}

impl Lifecycle {
    /// It goes no further than it has come. `unsent`: so long a request of it has waited for its slot.
    fn end_way(&mut self, now: Timestamp, unsent: Option<Span>) {
        let stage = self.stage;
        let Some(way) = &mut self.way else { return };
        if let LifeStage::Queued { since } = stage {
            way.waited(now.since(since));
        }
        if let Some(longest) = unsent {
            way.waited(longest);
        }
        way.leave(now, stage.phase());
    }
}

impl User {
    pub fn new(id: UserId, facts: UserFacts, program: &Program, seed: u64) -> Self {
        Self {
            id,
            memory: Memory::new(facts, program, seed),
            life: Timed::new(Lifecycle::default()),
            contact: Timed::new(Contact::default()),
            voice: Timed::new(None),
            script: Timed::new(ScriptRun::default()),
            in_flight: Timed::new(Outstanding::default()),
            probe: None,
            overrides: Timed::new(Overrides::default()),
            timers: TimerTable::default(),
        }
    }

    /// It will compare the server's history with what it receives.
    pub fn will_probe(&mut self) {
        self.probe = Some(Box::default());
    }

    /// Starts a block of the main task that is due now.
    pub(super) fn begin_block(&mut self, ctx: &mut Context<'_>, block: Pc) {
        self.begin(ctx, block, ctx.now);
    }

    /// Gives it the variables that the run saved once.
    pub fn share(&mut self, ctx: &Context<'_>, shared: &serde_json::Map<String, serde_json::Value>) {
        for (index, variable) in ctx.program.variables.iter().enumerate() {
            if let Some(value) = shared.get(&variable.name) {
                self.memory.set(index, value.clone());
            }
        }
    }

    /// Starts its life; due at `intended`.
    pub fn start(&mut self, ctx: &mut Context<'_>, intended: Timestamp) {
        self.memory.set_defaults(ctx.program, ctx.wall_ms);
        self.set_values(ctx);
        self.memory.teach_again();
        self.memory.secrets.teach(ctx.redactor);
        self.life.stage = LifeStage::Preparing;
        if self.memory.facts.iteration == 0 {
            self.life.way = Some(WayToWork::new(ctx.now));
        }
        self.begin(ctx, ctx.program.before, intended);
    }

    /// Plays the run's `once` steps instead of a life.
    pub fn start_once(&mut self, ctx: &mut Context<'_>) {
        self.memory.set_defaults(ctx.program, ctx.wall_ms);
        self.memory.teach_again();
        self.memory.secrets.teach(ctx.redactor);
        match ctx.program.once {
            Some(once) => self.begin(ctx, once, ctx.now),
            None => self.life.stage = LifeStage::Done,
        }
    }

    /// The values of shared variables, for all other users.
    pub fn shared(&self, program: &Program) -> serde_json::Map<String, serde_json::Value> {
        let variables = program.variables.iter().zip(&self.memory.vars);
        variables
            .filter(|(variable, _)| variable.shared)
            .map(|(variable, value)| (variable.name.clone(), value.clone()))
            .collect()
    }

    /// Starts a block of the main task, replacing the one before.
    pub(super) fn begin(&mut self, ctx: &mut Context<'_>, block: Pc, intended: Timestamp) {
        self.script.tasks.retain(|task| task.role != TaskRole::Main);
        self.script.spawn(TaskRole::Main, block, None, intended, Wait::Ready);
        self.run(ctx);
    }

    /// The main task's block has ended.
    pub(super) fn on_block_ended(&mut self, ctx: &mut Context<'_>) {
        match self.life.stage {
            LifeStage::Preparing if ctx.program.once.is_some() && self.is_once_user() => {
                self.life.stage = LifeStage::Done
            }
            LifeStage::Preparing => self.connect(ctx),
            LifeStage::Flow => self.on_flow_ended(ctx),
            LifeStage::Finishing { .. } => {
                if self.end_probe(ctx) {
                    self.begin(ctx, ctx.program.finish, ctx.now);
                } else {
                    self.hang_up(ctx);
                }
            }
            _ => {}
        }
    }

    /// Connected: the flow, or what brings a user back after a lost connection.
    pub(super) fn begin_flow(&mut self, ctx: &mut Context<'_>) {
        self.life.stage = LifeStage::Flow;
        // Where users leave after their flow, that is their work.
        self.life.way = self.life.way.filter(|_| ctx.program.after_flow == AfterFlow::Stay);
        let block =
            if self.script.settled_in { ctx.program.rejoin.unwrap_or(ctx.program.flow) } else { ctx.program.flow };
        self.begin(ctx, block, ctx.now);
    }

    fn on_flow_ended(&mut self, ctx: &mut Context<'_>) {
        self.script.settled_in = true;
        self.life.failures = 0;
        self.life.way = None;
        match ctx.program.after_flow {
            AfterFlow::Stay => self.begin_timers(ctx),
            AfterFlow::Leave => self.leave(ctx, Timestamp::NEVER),
        }
    }

    pub(super) fn begin_timers(&mut self, ctx: &mut Context<'_>) {
        self.overrides.is_moving = false;
        self.life.stage = LifeStage::Active;
        let wall = ctx.wall_ms;
        let running = std::mem::take(&mut self.script.tickers);
        for (index, timer) in ctx.program.timers.iter().enumerate() {
            let (drawn, wait) = match &timer.first {
                Some(first) => {
                    let first = self.memory.draw(first, wall, None);
                    (first, first)
                }
                None => {
                    let share = self.memory.random.f64();
                    let drawn = self.memory.draw(&timer.interval, wall, None);
                    let interval = ctx.control.interval(index, drawn);
                    (drawn, Span::from_secs_f64(interval.as_secs_f64() * share))
                }
            };
            // After a reconnect a timer goes on with the ticks it had left: its sender neither doubles nor starts anew.
            let (left, silent_until) = match running.get(index) {
                Some(ticker) => (ticker.left, ticker.silent_until),
                None => (self.times(timer, wall), Timestamp::ZERO),
            };
            let due = silent_until.max(ctx.now + wait);
            self.script.tickers.push(Ticker { due, left, silent_until, drawn, held: None });
        }
        if ctx.control.paused {
            self.hold(ctx.now);
        }
    }

    /// How often a timer ticks that begins now; `None`: without end.
    fn times(&mut self, timer: &Timer, wall: f64) -> Option<u64> {
        let times = timer.times.as_ref()?.number(&mut self.memory.scope(wall, None, ""));
        times.filter(|times| *times >= 0.0).map(|times| times as u64)
    }

    /// What timers send from time to time goes out a last time: what has gathered since their last ticks.
    fn flush_timers(&mut self, ctx: &mut Context<'_>) {
        let program = ctx.program;
        for (index, timer) in program.timers.iter().enumerate().filter(|(_, timer)| timer.flushes) {
            let (left, silent_until) = match self.script.tickers.get(index) {
                Some(ticker) => (ticker.left, ticker.silent_until),
                None => (self.times(timer, ctx.wall_ms), Timestamp::ZERO),
            };
            if left != Some(0) && silent_until <= ctx.now {
                self.script.spawn(TaskRole::Flush, timer.block, None, ctx.now, Wait::Ready);
            }
        }
        self.run(ctx);
    }

    /// The load or the run's end tells it to leave.
    pub fn retire(&mut self, ctx: &mut Context<'_>, cut: Timestamp) {
        self.life.dismissed = true;
        self.leave(ctx, cut);
    }

    /// What is on its way may arrive, then `finish` runs, all of it before `cut`.
    pub(super) fn leave(&mut self, ctx: &mut Context<'_>, cut: Timestamp) {
        match self.life.stage {
            LifeStage::Flow | LifeStage::Active | LifeStage::Silent => {
                self.end_way(ctx.now);
                // Who has been silent for a while may still send what it had gathered.
                self.script.tasks.retain(|task| task.role == TaskRole::Flush);
                self.in_flight.drop_unsent();
                self.hush(ctx);
                let works = !matches!(self.life.stage, LifeStage::Silent);
                self.life.stage = LifeStage::Quiescing { until: (ctx.now + QUIESCE).min(cut), cut };
                if works {
                    self.flush_timers(ctx);
                }
                self.leave_if_quiet(ctx);
            }
            LifeStage::Connecting(_) => {
                self.end_way(ctx.now);
                self.hang_up(ctx);
            }
            LifeStage::Preparing | LifeStage::Queued { .. } | LifeStage::Backoff { .. } => self.end(ctx),
            // It is leaving by itself and takes its time; the load does not wait for ever.
            LifeStage::Quiescing { until, cut: old } => {
                self.life.stage = LifeStage::Quiescing { until: until.min(cut), cut: old.min(cut) };
            }
            LifeStage::Finishing { cut: old } => self.life.stage = LifeStage::Finishing { cut: old.min(cut) },
            LifeStage::Closing { .. } | LifeStage::Done | LifeStage::Failed => {}
        }
    }

    /// The run is over: it sends what it has gathered and nothing new, but stays where it is, so that others' messages still reach it.
    pub fn fall_silent(&mut self, ctx: &mut Context<'_>) {
        match self.life.stage {
            LifeStage::Flow | LifeStage::Active => {
                self.end_way(ctx.now);
                self.script.tasks.clear();
                self.in_flight.drop_unsent();
                self.hush(ctx);
                self.life.stage = LifeStage::Silent;
                self.flush_timers(ctx);
            }
            LifeStage::Preparing | LifeStage::Queued { .. } | LifeStage::Connecting(_) | LifeStage::Backoff { .. } => {
                self.retire(ctx, ctx.now);
            }
            _ => {}
        }
    }

    /// It is connected and stays until it is told to leave.
    pub fn is_settled_in(&self) -> bool {
        matches!(self.life.stage, LifeStage::Flow | LifeStage::Active | LifeStage::Silent)
    }

    /// It is to leave, as soon as others before it have: until then it hears and says nothing.
    pub fn await_its_turn(&mut self, ctx: &mut Context<'_>) {
        self.life.dismissed = true;
        self.fall_silent(ctx);
    }

    /// It has said farewell; only the browser has not confirmed it yet.
    pub fn is_closing(&self) -> bool {
        matches!(self.life.stage, LifeStage::Closing { .. })
    }

    /// Goes on from `Quiescing` once nothing is on its way.
    pub(super) fn leave_if_quiet(&mut self, ctx: &mut Context<'_>) {
        if let LifeStage::Quiescing { until, cut } = self.life.stage
            && (self.is_quiet() || ctx.now >= until)
        {
            self.drop_in_time(ctx, "left");
            self.life.stage = LifeStage::Finishing { cut };
            if !self.begin_probe(ctx) {
                self.begin(ctx, ctx.program.finish, ctx.now);
            }
        }
    }

    /// Closes the connection as a client does that leaves on purpose.
    fn hang_up(&mut self, ctx: &mut Context<'_>) {
        self.release_slot(ctx);
        self.drop_pendings(ctx, "left");
        self.script.tasks.clear();
        self.in_flight.fetches.clear();
        let Some(link) = &mut self.contact.link else { return self.end(ctx) };
        link.session.leave();
        self.flush(ctx);
        self.close_own(ctx, self.phase());
        self.end_voice(ctx, Ending::Left);
        if self.contact.link.is_none() {
            return self.end(ctx);
        }
        ctx.ledger.leave(ctx.now, None, self.id);
        self.life.stage = LifeStage::Closing { until: ctx.now + CLOSE_TIMEOUT };
    }

    /// Its part is over.
    pub(super) fn end(&mut self, ctx: &mut Context<'_>) {
        self.quit(ctx, LifeStage::Done);
    }

    /// Its part is over, and not as the scenario wants it.
    pub(super) fn fail(&mut self, ctx: &mut Context<'_>, why: &str) {
        if self.is_over() {
            return;
        }
        if !self.is_once_user() {
            ctx.log(LogLevel::Error, self.id.index(), format!("failed: {why}"));
        }
        self.life.failure = Some(ctx.redactor.shown(why, MOST_SAID));
        self.quit(ctx, LifeStage::Failed);
    }

    fn quit(&mut self, ctx: &mut Context<'_>, stage: LifeStage) {
        self.end_way(ctx.now);
        self.release_slot(ctx);
        self.drop_pendings(ctx, "left");
        self.script.tasks.clear();
        self.in_flight.fetches.clear();
        self.script.tickers.clear();
        ctx.ledger.leave(ctx.now, None, self.id);
        self.close_own(ctx, self.phase());
        self.end_voice(ctx, Ending::Left);
        self.life.stage = stage;
    }

    /// It goes no further than it has come.
    pub(super) fn end_way(&mut self, now: Timestamp) {
        let longest = self.in_flight.longest_unsent(now);
        self.life.end_way(now, longest);
    }

    /// Cut off at once.
    pub fn abort(&mut self, ctx: &mut Context<'_>) {
        if !self.is_over() {
            self.quit(ctx, LifeStage::Done);
        }
    }

    /// Starts again from the beginning, as the next iteration of a closed load.
    pub fn restart(&mut self, ctx: &mut Context<'_>, shared: &serde_json::Map<String, serde_json::Value>) {
        self.forget_all(ctx, shared);
        self.start(ctx, ctx.now);
    }

    /// It gave up, and a closed load has another one in its place: after a pause that grows, so that a service that is down is not
    /// stormed.
    pub fn start_anew(&mut self, ctx: &mut Context<'_>, shared: &serde_json::Map<String, serde_json::Value>) {
        self.forget_all(ctx, shared);
        self.life.failure = None;
        self.life.way = None;
        let pause = LEAST_PAUSE.as_secs_f64() * 2f64.powi(self.life.failures.min(10) as i32);
        let spread = 1.0 + 0.5 * self.memory.random.f64();
        self.life.failures += 1;
        let until = ctx.now + Span::from_secs_f64(pause * spread).min(MOST_PAUSE);
        self.life.stage = LifeStage::Backoff { until, then: AfterPause::StartAnew };
    }

    /// Nothing that its last life saved is left.
    fn forget_all(&mut self, ctx: &mut Context<'_>, shared: &serde_json::Map<String, serde_json::Value>) {
        self.memory.facts.iteration += 1;
        self.memory.vars.fill(serde_json::Value::Null);
        self.share(ctx, shared);
        self.script.settled_in = false;
        self.overrides.taken = false;
        self.contact.attempt = 0;
    }

    fn is_once_user(&self) -> bool {
        self.id.index() == ONCE_USER
    }
}

/// Before a user takes the place of one that gave up; twice as long after each that follows.
const LEAST_PAUSE: Span = Span::from_secs(1);
const MOST_PAUSE: Span = Span::from_secs(30);
/// Characters of why a user failed.
const MOST_SAID: usize = 400;
/// The index of the user that plays a population's `once` steps; no load has so many users.
pub const ONCE_USER: u32 = 0x00ff_ffff;
