//! The conductor: one state machine that takes a run from its workers' first sign of life to the report.

mod actions;
mod breakpoint;
mod clock;
mod ending;
mod eviction;
mod interruption;
mod loading;
mod relief;
mod remote;
mod report;
mod silence;
mod verdict;

pub use self::remote::Vacancy;

use std::collections::VecDeque;

use self::breakpoint::Searching;
use self::clock::RunClock;
use self::eviction::Eviction;
use self::interruption::PageSeen;
use self::loading::Supplies;
use self::relief::Relief;
use self::verdict::Judging;
use super::input::RunInput;
use super::layout::Part;
use super::log::Log;
use super::member::{Member, MemberState};
use super::target::Target;
use super::watchdog::Watchdog;
use base::time::Span;
use engine::wire::{FromWorker, LogLevel, LogLine, Snapshot, ToWorker, Trial};
use metrics::{Aggregator, AnnotationKind, Baseline, EndedBy, LoadEnd, SentLog, TotalsConfig, UsersByState};
use plan::{Limits, Plan};
use protocol::audio::Clip;

/// One run of one browser.
#[derive(Debug)]
pub struct Run {
    plan: Plan,
    supplies: Supplies,
    members: Vec<Member>,
    watchdog: Watchdog,
    stage: Stage,
    clock: RunClock,
    target: Target,
    outbox: VecDeque<(usize, ToWorker)>,
    aggregator: Aggregator,
    searching: Option<Searching>,
    judging: Judging,
    page: PageSeen,
    log: Log,
    problem: Option<String>,
    /// Of the browsers' clocks beside each other; `None`: there is one browser.
    clock_bound: Option<Span>,
    relief: Relief,
    /// Actions of the plan that have been annotated.
    acted: usize,
    eviction: Eviction,
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
    /// Users finish and leave, and may take so long.
    Leaving {
        since_ms: f64,
        patience_s: f64,
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
            clock: RunClock::new(now_ms),
            target: Target::new(&plan),
            outbox: VecDeque::new(),
            aggregator,
            searching: Searching::new(&plan),
            judging: Judging::default(),
            page: PageSeen::default(),
            log: Log::default(),
            problem: None,
            clock_bound: None,
            relief: Relief::default(),
            acted: 0,
            eviction: Eviction::new(&plan),
            supplies: Supplies::new(run_id, csv),
            plan,
        }
    }

    /// Gives voice users these clips to say, before the shipped ones of the same name. Before any worker is ready.
    #[must_use]
    pub fn with_clips(mut self, clips: Vec<Clip>) -> Self {
        self.supplies.clips = clips;
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
        self.supplies.starve_ms = starve_ms;
        self
    }

    /// Has the workers keep to these limits.
    #[must_use]
    pub fn within(mut self, limits: Limits) -> Self {
        self.supplies.limits = Some(limits);
        self
    }

    /// Has this browser's workers try here whether it still opens sockets; other browsers have places of their own.
    #[must_use]
    pub fn trying(mut self, trial: Option<Trial>) -> Self {
        self.supplies.trial = trial;
        self
    }

    /// A start that gives messages more time to reach every worker, milliseconds.
    #[must_use]
    pub fn starting_after(mut self, delay_ms: f64) -> Self {
        self.clock.start_delay_ms = delay_ms;
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
        self.clock.now_ms = now_ms;
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
                self.supplies.watched = user;
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
                self.stage = Stage::Settling { since_ms: self.clock.now_ms };
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
                self.stage = Stage::Aborting { since_ms: self.clock.now_ms };
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
        self.page.is_hidden = hidden;
        if self.clock.epoch_ms.is_some() && self.stage != Stage::Done {
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
        if self.clock.epoch_ms.is_none() {
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
        let is_overdue = |since_ms, patience_s: f64| self.clock.now_ms > since_ms + patience_s * 1e3 + MARGIN_MS;
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
            Stage::Leaving { since_ms, patience_s } if is_overdue(since_ms, patience_s) => self.on_abort(),
            Stage::Aborting { since_ms } if is_overdue(since_ms, 0.0) => self.bury_the_silent(since_ms),
            _ => {}
        }
    }

    fn give_up(&mut self, problem: String) {
        self.log.note(self.now(), LogLevel::Error, problem.clone());
        self.problem = Some(problem);
        self.tell_all(&ToWorker::Abort);
        self.end();
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

/// How much longer than the plan's settle time a worker waits for what is on its way.
const SETTLE_PATIENCE_S: f64 = 10.0;

/// Longer than a plan allows a stage to take, workers that live have answered.
const MARGIN_MS: f64 = 5_000.0;
