//! The conductor: one state machine that takes a run from its workers' first sign of life to the report.

mod actions;
mod breakpoint;
mod eviction;
mod interruption;
mod relief;
mod remote;
mod report;
mod silence;
mod verdict;

pub use self::remote::Vacancy;

use std::collections::VecDeque;

use serde_json::{Map, Value};

use self::breakpoint::Searching;
use self::relief::Relief;
use self::report::alive;
use self::verdict::BrowserSeen;
use super::input::RunInput;
use super::layout::Part;
use super::log::Log;
use super::member::{Member, MemberState};
use super::target::Target;
use super::watchdog::Watchdog;
use base::time::{Span, Timestamp};
use engine::wire::{FromWorker, LogLevel, LogLine, PartOfRun, Snapshot, ToWorker, Trial, WorkerLoad};
use metrics::{
    Aggregator, AnnotationKind, Baseline, EndedBy, LoadEnd, RunJudgement, SentLog, TotalsConfig, UserId, UsersByState,
};
use plan::{LEAVES_A_SECOND, Limits, Plan};
use protocol::audio::Clip;

/// One run of one browser.
#[derive(Debug)]
pub struct Run {
    plan: Plan,
    csv: Vec<Vec<Vec<String>>>,
    clips: Vec<Clip>,
    /// What this browser's operator allows; other browsers have limits of their own.
    limits: Option<Limits>,
    run_id: String,
    members: Vec<Member>,
    watchdog: Watchdog,
    stage: Stage,
    /// Milliseconds of `performance.timeOrigin + performance.now()` that all workers count from, once it is set.
    epoch_ms: Option<f64>,
    now_ms: f64,
    ended_ms: Option<f64>,
    target: Target,
    /// What `once` saved, per population.
    shared: Vec<Map<String, Value>>,
    outbox: VecDeque<(usize, ToWorker)>,
    aggregator: Aggregator,
    searching: Option<Searching>,
    /// Seconds after which thresholds were looked at.
    heeded: u32,
    hidden: bool,
    /// Its page is gone, and this is what was written down of it.
    is_cut_off: bool,
    /// When the browser froze the page, while it is frozen.
    frozen_at: Option<Timestamp>,
    log: Log,
    problem: Option<String>,
    clock_bound: Option<Span>,
    /// As of the last second that is over.
    judgement: Option<RunJudgement>,
    /// When that was: closed seconds, whether the run was done, and whether it had a problem.
    judged: Option<(u32, bool, Option<String>)>,
    /// What was said and asked of each browser about its sockets.
    browsers_seen: Vec<BrowserSeen>,
    relief: Relief,
    /// Where this browser's workers try whether it still opens sockets.
    trial: Option<Trial>,
    /// See [`Load::starve_ms`].
    starve_ms: u32,
    /// From the decision to start to the epoch.
    start_delay_ms: f64,
    /// How long workers may take until their users have left.
    leave_s: f64,
    /// Actions of the plan that have been annotated.
    acted: usize,
    /// Workers that come later are told, too.
    watched: Option<UserId>,
    /// What a part of another browser's is held against.
    part: PartOfRun,
    /// One worker of each browser that was put out, until the swarm's conductor has heard of it.
    put_out: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    Loading,
    Preparing {
        population: usize,
    },
    Running,
    /// Nobody sends any more; what is on its way may arrive.
    Settling {
        since_ms: f64,
    },
    /// Users finish and leave.
    Leaving {
        since_ms: f64,
    },
    Aborting {
        since_ms: f64,
    },
    /// All users are gone and all sent logs are passed on; ledgers are settled.
    Accounting {
        since_ms: f64,
    },
    Done,
}

impl Run {
    /// A run of a checked plan. `parts` says what each worker plays; the page starts one worker for each, in order.
    /// `csv` holds the account rows of each population that takes its accounts from a file.
    pub fn new(now_ms: f64, plan: Plan, csv: Vec<Vec<Vec<String>>>, run_id: String, parts: Vec<Part>) -> Self {
        let populations = plan.populations.len();
        let probes = (0..parts.len()).filter(|&worker| parts[worker].is_probe()).collect();
        let browsers = parts.iter().map(|part| part.browser.clone()).collect();
        let sockets = parts.iter().map(|part| part.budget.sockets).collect();
        let aggregator = Aggregator::new(TotalsConfig { sockets, ..TotalsConfig::new(&plan, browsers, probes) });
        Self {
            members: parts.into_iter().map(|part| Member::new(part, populations)).collect(),
            watchdog: Watchdog::default(),
            stage: Stage::Loading,
            epoch_ms: None,
            now_ms,
            ended_ms: None,
            target: Target::new(&plan),
            shared: Vec::new(),
            outbox: VecDeque::new(),
            aggregator,
            searching: Searching::new(&plan),
            heeded: 0,
            hidden: false,
            is_cut_off: false,
            frozen_at: None,
            log: Log::default(),
            problem: None,
            clock_bound: None,
            judgement: None,
            judged: None,
            browsers_seen: Vec::new(),
            relief: Relief::default(),
            trial: None,
            starve_ms: 0,
            start_delay_ms: START_DELAY_MS,
            leave_s: 0.0,
            acted: 0,
            watched: None,
            part: PartOfRun::new(&plan),
            put_out: Vec::new(),
            plan,
            csv,
            clips: Vec::new(),
            limits: None,
            run_id,
        }
    }

    /// Gives voice users these clips to say, before the shipped ones of the same name. Before any worker is ready.
    #[must_use]
    pub fn with_clips(mut self, clips: Vec<Clip>) -> Self {
        self.clips = clips;
        self
    }

    /// Compares the plan's thresholds with an earlier run.
    #[must_use]
    pub fn with_baseline(mut self, baseline: &Baseline) -> Self {
        self.aggregator.set_baseline(baseline);
        self
    }

    /// For tests of the verdict: load workers stand still for so long, run for as long, and so on.
    #[must_use]
    pub fn starving(mut self, starve_ms: u32) -> Self {
        self.starve_ms = starve_ms;
        self
    }

    /// Has the workers keep to these limits.
    #[must_use]
    pub fn within(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Has this browser's workers try here whether it still opens sockets; other browsers have places of their own.
    #[must_use]
    pub fn trying(mut self, trial: Option<Trial>) -> Self {
        self.trial = trial;
        self
    }

    /// A start that gives messages more time to reach every worker, milliseconds.
    #[must_use]
    pub fn starting_after(mut self, delay_ms: f64) -> Self {
        self.start_delay_ms = delay_ms;
        self
    }

    /// | stage                          | input                        | then        | says to workers              |
    /// |--------------------------------|------------------------------|-------------|------------------------------|
    /// | Loading                        | Ready                        | Loading     | Load to that one             |
    /// | Loading                        | Loaded of the last           | Preparing 0 | Prepare 0 to the first probe |
    /// | Preparing n                    | Prepared n                   | Preparing n+1 | Prepare n+1 to it          |
    /// | Preparing of the last          | Prepared                     | Running     | Start to all                 |
    /// | Loading, Preparing             | Failed, death, Stop, Abort   | Done        | Abort to all                 |
    /// | Running                        | Stop, the load's end, a broken threshold | Settling | Stop to all         |
    /// | Running, Settling              | Snapshot: the last settled   | Leaving     | Leave to all                 |
    /// | Settling                       | overdue                      | Leaving     | Leave to all                 |
    /// | Leaving                        | overdue                      | Aborting    | Abort to all                 |
    /// | Running, Settling, Leaving     | Abort                        | Aborting    | Abort to all                 |
    /// | Running to Aborting            | Done of the last             | Accounting  | Finish to all                |
    /// | Aborting                       | overdue: the silent are dead | Accounting  | Finish to all                |
    /// | Accounting                     | Finished of the last, Abort, overdue | Done |                             |
    /// | Running to Accounting          | Snapshot                     | the same    | its sent log to all others   |
    /// | Running to Accounting          | Failed, death                | the same    | Abort to the one that failed |
    /// | Running to Accounting          | Away, Back, Stopped, Alone, Silent, Lost | the same |                     |
    /// | Running                        | Act                          | the same    | Act to all                   |
    /// | Running                        | Add                          | the same    | Abort to whoever played that part |
    /// | Running                        | Loaded of an added worker    | the same    | Start to that one            |
    pub fn handle(&mut self, now_ms: f64, input: RunInput) {
        self.now_ms = now_ms;
        self.listen();
        match input {
            RunInput::From { worker, message } => self.on_message(worker, message),
            RunInput::WorkerDied { worker, message } => self.on_death(worker, message),
            RunInput::Add { part } => self.add_worker(part),
            RunInput::Away { worker } => self.on_away(worker),
            RunInput::Back { worker } => self.on_back(worker),
            RunInput::Stopped { worker, why } => self.on_stopped(worker, &why),
            RunInput::Alone { worker, at_s } => self.on_alone(worker, at_s),
            RunInput::Silent { worker } => self.on_silent(worker),
            RunInput::Lost { worker } => self.on_lost(worker),
            RunInput::PutOut { worker, why } => self.put_out(worker, &why),
            RunInput::Limited { worker, text } => self.on_limited(worker, text),
            RunInput::Act(action) => self.act(action),
            RunInput::Note { at_s, text } => self.note_down(at_s, &text),
            RunInput::ClockBound { micros } => self.on_clock_bound(Span::from_micros(micros)),
            RunInput::Stop => self.stop(EndedBy::Tester),
            RunInput::Abort => self.on_abort(),
            RunInput::Watch(user) => {
                self.watched = user;
                self.tell_all(&ToWorker::Watch(user));
            }
            RunInput::Canary { user, order } => self.tell_all(&ToWorker::Canary { user, order }),
            RunInput::Tick => {}
            RunInput::Hidden(hidden) => self.on_hidden(hidden),
            RunInput::Frozen(frozen) => self.on_frozen(frozen),
        }
        self.tell_acts();
        self.search_on();
        self.heed_thresholds();
        self.advance();
        self.judge();
    }

    /// The next message for a worker.
    pub fn poll(&mut self) -> Option<(usize, ToWorker)> {
        self.outbox.pop_front()
    }

    fn on_message(&mut self, worker: usize, message: FromWorker) {
        if self.members.get(worker).is_none_or(|member| member.state == MemberState::Dead) {
            return;
        }
        let now = self.now();
        let at = if let FromWorker::Snapshot(snapshot) = &message { snapshot.at.min(now) } else { now };
        self.on_heard(worker, at);
        match message {
            FromWorker::Ready { .. } => self.on_ready(worker),
            FromWorker::Loaded => self.on_loaded(worker),
            FromWorker::Prepared { population, shared } => self.on_prepared(worker, population, shared),
            FromWorker::Failed { message } => {
                self.outbox.push_back((worker, ToWorker::Abort));
                self.on_death(worker, message);
            }
            FromWorker::Snapshot(snapshot) => self.on_snapshot(worker, *snapshot),
            // For whoever listens or watches, and no part of the run.
            FromWorker::Heard(_) | FromWorker::Seen(_) => {}
            FromWorker::Done => self.members[worker].state = MemberState::Done,
            FromWorker::Finished => self.members[worker].state = MemberState::Finished,
        }
    }

    fn on_ready(&mut self, worker: usize) {
        let part = &self.members[worker].part;
        let is_remote = part.browser.is_some();
        let csv = if is_remote { self.plan.rows_of(&part.segment, &self.csv) } else { self.csv.clone() };
        let lending = self.lending_of(part.segment.part);
        let part = &self.members[worker].part;
        let load = WorkerLoad {
            plan: self.plan.clone(),
            segment: part.segment.clone(),
            run: self.run_id.clone(),
            csv,
            clips: self.clips.clone(),
            handshakes_in_flight: part.handshakes,
            fetches_in_flight: part.fetches,
            sockets: self.sockets_of(worker),
            starve_ms: if part.is_probe() { 0 } else { self.starve_ms },
            limits: self.limits.clone(),
            trial: self.trial.clone().filter(|_| !is_remote),
            is_remote,
            life: self.members[..worker].iter().filter(|other| other.part.segment.part == part.segment.part).count()
                as u32,
            lending,
        };
        self.members[worker].has_load = true;
        self.outbox.push_back((worker, ToWorker::Load(Box::new(load))));
        // Without a load it knew of no users.
        if self.watched.is_some() {
            self.outbox.push_back((worker, ToWorker::Watch(self.watched)));
        }
    }

    fn on_loaded(&mut self, worker: usize) {
        self.members[worker].state = MemberState::Loaded;
        if let (Some(epoch_ms), Stage::Running) = (self.epoch_ms, self.stage) {
            self.outbox.push_back((worker, ToWorker::Start { epoch_ms, shared: self.shared.clone() }));
        }
    }

    fn on_prepared(&mut self, worker: usize, population: usize, shared: Map<String, Value>) {
        if self.stage == (Stage::Preparing { population }) && worker == self.preparer() {
            self.shared.push(shared);
            self.prepare(population + 1);
        }
    }

    /// `once` runs in the worker of the first probe, which has time for it.
    fn prepare(&mut self, population: usize) {
        if population < self.plan.populations.len() {
            self.stage = Stage::Preparing { population };
            self.outbox.push_back((self.preparer(), ToWorker::Prepare { population }));
        } else {
            self.start();
        }
    }

    fn preparer(&self) -> usize {
        self.members.iter().position(|member| member.part.segment.plays_once()).unwrap_or(0)
    }

    fn start(&mut self) {
        let epoch_ms = self.now_ms + self.start_delay_ms;
        self.epoch_ms = Some(epoch_ms);
        self.stage = Stage::Running;
        let shared = self.shared.clone();
        self.tell_all(&ToWorker::Start { epoch_ms, shared });
        self.aggregator.hidden(Timestamp::ZERO, self.hidden);
        self.log.note(Timestamp::ZERO, LogLevel::Info, format!("run {} starts", self.run_id));
    }

    fn on_snapshot(&mut self, worker: usize, mut snapshot: Snapshot) {
        if let Err(why) = self.believe(worker, &mut snapshot) {
            return self.put_out(worker, &format!("its part said that {why}"));
        }
        self.relay(worker, std::mem::take(&mut snapshot.sent));
        let (of_limits, of_users) = std::mem::take(&mut snapshot.log).into_iter().partition(LogLine::is_of_limits);
        self.log.extend(of_users, snapshot.log_dropped);
        self.tell_limits(worker, of_limits);
        let moved = std::mem::take(&mut snapshot.moved);
        self.on_moved(worker, &moved, &mut snapshot);
        self.aggregator.absorb(worker, snapshot.part());
        self.aggregator.witness(worker, std::mem::take(&mut snapshot.evidence), &snapshot.health);
        let member = &mut self.members[worker];
        member.counts.add(&snapshot);
        member.users = snapshot.users;
        member.queue = snapshot.health.handshake_queue.saturating_add(snapshot.health.connecting);
        if snapshot.settled {
            member.state = member.state.max(MemberState::Settled);
        }
        self.note_full_browsers();
        self.place(worker, moved.given_up);
        self.relieve_full_browsers();
    }

    /// What this worker's users sent may be owed to members that live in other workers.
    fn relay(&mut self, from: usize, sent: SentLog) {
        if sent.records.is_empty() {
            return;
        }
        for (worker, member) in self.members.iter().enumerate() {
            if worker != from && member.state != MemberState::Dead {
                self.outbox.push_back((worker, ToWorker::Sent(sent.clone())));
            }
        }
    }

    /// The load is over: when, and why.
    fn end_load(&mut self, by: EndedBy) {
        self.aggregator.stopping(LoadEnd { by, at: self.now(), planned: self.target.end() });
    }

    fn stop(&mut self, by: EndedBy) {
        match self.stage {
            Stage::Loading | Stage::Preparing { .. } => self.give_up("stopped before it started".to_owned()),
            Stage::Running => {
                self.stage = Stage::Settling { since_ms: self.now_ms };
                self.end_load(by);
                self.log.note(self.now(), LogLevel::Info, "stopping");
                self.tell_all(&ToWorker::Stop);
            }
            _ => {}
        }
    }

    fn on_abort(&mut self) {
        match self.stage {
            Stage::Loading | Stage::Preparing { .. } => self.give_up("stopped before it started".to_owned()),
            Stage::Running | Stage::Settling { .. } | Stage::Leaving { .. } => {
                self.stage = Stage::Aborting { since_ms: self.now_ms };
                self.end_load(EndedBy::Tester);
                self.log.note(self.now(), LogLevel::Warning, "cut off");
                self.tell_all(&ToWorker::Abort);
            }
            Stage::Accounting { .. } => self.end(),
            Stage::Aborting { .. } | Stage::Done => {}
        }
    }

    fn on_clock_bound(&mut self, bound: Span) {
        self.clock_bound = self.clock_bound.max(Some(bound));
        self.aggregator.set_clock_bound(bound);
    }

    fn on_hidden(&mut self, hidden: bool) {
        self.hidden = hidden;
        if self.epoch_ms.is_some() && self.stage != Stage::Done {
            let text = if hidden { "the page is hidden" } else { "the page is visible again" };
            self.log.note(self.now(), LogLevel::Info, text);
            self.aggregator.hidden(self.now(), hidden);
        }
    }

    /// Before the start a run without one of its workers would not be the plan; later it goes on, and says so.
    fn on_death(&mut self, worker: usize, message: String) {
        if self.members.get(worker).is_none_or(|member| member.state == MemberState::Dead) || self.is_done() {
            return;
        }
        let lost = self.members[worker].die();
        if self.epoch_ms.is_none() {
            return self.give_up(message);
        }
        let at = self.now();
        self.aggregator.lose(worker, at, &self.members[worker].users);
        let name = self.name_of(worker);
        // Of who did not answer nobody knows when it broke: it was heard then.
        let since = if self.members[worker].unheard.is_some() { self.members[worker].spoke_at } else { at };
        let text = format!("{name} broke after {:.1} s and took {lost} users with it: {message}", since.as_secs_f64());
        self.log.note(at, LogLevel::Error, text.clone());
        self.aggregator.annotate(at, AnnotationKind::Browser, text.as_str());
        self.problem.get_or_insert(text);
    }

    /// Moves on when what a stage waits for has come, or has not come in time.
    fn advance(&mut self) {
        let everyone = |state| self.members.iter().all(|member| member.has_reached(state));
        let is_overdue = |since_ms, patience_s: f64| self.now_ms > since_ms + patience_s * 1e3 + MARGIN_MS;
        match self.stage {
            Stage::Loading if everyone(MemberState::Loaded) => self.prepare(0),
            Stage::Loading | Stage::Preparing { .. } | Stage::Done => {}
            Stage::Accounting { .. } if everyone(MemberState::Finished) => self.end(),
            Stage::Accounting { since_ms } if is_overdue(since_ms, 0.0) => self.end_unsettled(since_ms),
            Stage::Accounting { .. } => {}
            Stage::Running if self.is_awaiting() && self.now() < self.target.end() => {}
            _ if everyone(MemberState::Done) => self.account(),
            Stage::Running | Stage::Settling { .. } if everyone(MemberState::Settled) => self.leave(),
            Stage::Running if self.now() >= self.target.end() => self.stop(EndedBy::Plan),
            Stage::Settling { since_ms } if is_overdue(since_ms, self.plan.settle_s + SETTLE_PATIENCE_S) => {
                self.leave();
            }
            Stage::Leaving { since_ms } if is_overdue(since_ms, self.leave_s) => self.on_abort(),
            Stage::Aborting { since_ms } if is_overdue(since_ms, 0.0) => self.bury_the_silent(since_ms),
            _ => {}
        }
    }

    fn leave(&mut self) {
        self.note_the_end();
        self.stage = Stage::Leaving { since_ms: self.now_ms };
        let users = alive(&sum(self.members.iter().flat_map(|member| &member.users)));
        // Four times as long as they need at their pace, as workers do, and as long again for one that has more than its share.
        self.leave_s = self.plan.graceful_stop_s + 8.0 * f64::from(users) / f64::from(LEAVES_A_SECOND);
        self.tell_all(&ToWorker::Leave);
    }

    /// Workers end by themselves when their time is over, or when nobody is left: that is the plan's doing only if nobody gave up.
    fn note_the_end(&mut self) {
        if self.stage != Stage::Running {
            return;
        }
        let has_time_left = self.now() + ABOUT_NOW < self.target.end();
        let has_failed = self.members.iter().flat_map(|member| &member.users).any(|users| users.gave_up() > 0);
        self.end_load(if has_time_left && has_failed { EndedBy::Nobody } else { EndedBy::Plan });
    }

    fn account(&mut self) {
        self.note_the_end();
        self.stage = Stage::Accounting { since_ms: self.now_ms };
        self.tell_all(&ToWorker::Finish);
        // The dead answer nothing.
        self.advance();
    }

    /// Who still hands over is late and not dead: it is waited for, within reason.
    fn bury_the_silent(&mut self, since_ms: f64) {
        let is_awaited =
            |run: &Self, worker: usize| run.speaks_still(worker) && run.now_ms < since_ms + LATE_PATIENCE_MS;
        let all = 0..self.members.len();
        let open: Vec<_> = all.filter(|&worker| !self.members[worker].has_reached(MemberState::Done)).collect();
        if open.iter().any(|&worker| is_awaited(self, worker)) {
            return;
        }
        open.into_iter().for_each(|worker| self.on_death(worker, "it does not answer".to_owned()));
        self.account();
    }

    /// It has handed over not long ago.
    fn speaks_still(&self, worker: usize) -> bool {
        let member = &self.members[worker];
        member.state != MemberState::Dead && self.now().since(member.spoke_at).as_millis_f64() < MARGIN_MS
    }

    /// Not all ledgers are settled, and there was time for that: what is missing is not known.
    fn end_unsettled(&mut self, since_ms: f64) {
        let all = 0..self.members.len();
        let open: Vec<_> = all.filter(|&worker| !self.members[worker].has_reached(MemberState::Finished)).collect();
        if open.iter().any(|&worker| self.speaks_still(worker)) && self.now_ms < since_ms + LATE_PATIENCE_MS {
            return;
        }
        for worker in open {
            let text =
                format!("{} has not settled its deliveries: which of them miss is not known", self.name_of(worker));
            self.log.note(self.now(), LogLevel::Error, text.clone());
            self.problem.get_or_insert(text);
        }
        self.end();
    }

    fn give_up(&mut self, problem: String) {
        self.log.note(self.now(), LogLevel::Error, problem.clone());
        self.problem = Some(problem);
        self.tell_all(&ToWorker::Abort);
        self.end();
    }

    fn end(&mut self) {
        self.stage = Stage::Done;
        self.ended_ms = Some(self.now_ms);
        if self.epoch_ms.is_some() {
            self.note_the_missing();
        }
        self.aggregator.finish();
        self.log.note(self.now(), LogLevel::Info, "the run is over");
    }

    fn tell_all(&mut self, message: &ToWorker) {
        for (worker, member) in self.members.iter().enumerate() {
            if member.state != MemberState::Dead {
                self.outbox.push_back((worker, message.clone()));
            }
        }
    }
}

fn sum<'a>(all: impl Iterator<Item = &'a UsersByState>) -> UsersByState {
    all.copied().sum()
}

/// From the decision to the epoch: enough for the message to reach every worker before it.
const START_DELAY_MS: f64 = 250.0;

/// Who ends so short before the planned end has ended with it.
const ABOUT_NOW: Span = Span::from_millis(500);

/// How much longer than the plan's settle time a worker waits for what is on its way.
const SETTLE_PATIENCE_S: f64 = 10.0;

/// How long a worker that still hands over is waited for after that.
const LATE_PATIENCE_MS: f64 = 60_000.0;

/// Longer than a plan allows a stage to take, workers that live have answered.
const MARGIN_MS: f64 = 5_000.0;
