//! A preflight that is under way: one user of each population plays, the questions that remain are asked, the browser is looked at.
//!
//! `handle` what happened, then do what [`Rehearsal::poll`] gives until it gives nothing more.

use std::collections::VecDeque;

use super::{
    Around, BrowserFacts, Checklist, Nearby, Question, QuestionSeen, State, browser_checks, connects, failures,
    may_ask, most_counted, origins, questions,
};
use crate::{Capacity, Run, RunInput, layout};
use catalogue::Metric;
use engine::user::StepKind;
use engine::wire::ToWorker;
use metrics::Report;
use plan::{Limits, Load, Plan, Ramp, Stage as LoadStage};
use protocol::audio::Clip;

/// What is rehearsed, and where.
pub struct ToRehearse {
    pub plan: Plan,
    pub csv: Vec<Vec<Vec<String>>>,
    pub clips: Vec<Clip>,
    pub limits: Limits,
    /// Sockets are counted at the target, which puts idle connections on it.
    pub counts_at_target: bool,
    /// Sockets of other browsers that would play, too.
    pub others: u32,
    /// That this browser is known to hold.
    pub sockets: u32,
    /// See [`Around::origin`].
    pub origin: String,
    /// See [`BrowserFacts::uplink`].
    pub uplink: Option<(String, bool)>,
}

/// Over with [`RehearsalOutput::Over`], at the latest a moment after [`LONGEST_S`], the questions and the look at the browser.
pub struct Rehearsal {
    wanted: ToRehearse,
    /// What is played.
    plan: Plan,
    run: Run,
    workers: usize,
    around: Around,
    stage: Stage,
    /// Nobody called it off.
    is_wanted: bool,
    report: Report,
    checklist: Checklist,
    out: VecDeque<RehearsalOutput>,
}

/// ```text
/// Plays ──▶ Leaves ──▶ Asks ──▶ LooksAround ──▶ LooksAtBrowser ──▶ Over
///    called off └──────────────────────────────────────────────────▲
/// ```
enum Stage {
    Plays(Patience),
    Leaves {
        since_ms: f64,
    },
    /// One question after the other.
    Asks(VecDeque<Question>),
    LooksAround,
    LooksAtBrowser,
    Over,
}

pub enum RehearsalInput {
    /// Of the workers.
    Run(RunInput),
    /// Wanted about five times a second.
    Tick,
    Nearby(Nearby),
    Answered {
        question: Question,
        seen: QuestionSeen,
    },
    Browser(BrowserSeen),
    /// Nobody wants to know any more: its users leave, and nothing more is told.
    CallOff,
}

/// What a look at the browser has found.
pub struct BrowserSeen {
    /// How many sockets it opened of those that it was asked for, and where; `None`: it was not tried.
    pub probed: Option<(u32, u32, String)>,
    pub cores: u32,
    /// The smallest step of its clock, milliseconds.
    pub clock_step_ms: f64,
    pub is_hidden: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum RehearsalOutput {
    Tell {
        worker: usize,
        message: ToWorker,
    },
    /// The workers are not needed any more.
    Dismiss,
    /// Answered with [`RehearsalInput::Nearby`].
    AskNearby,
    /// Answered with [`RehearsalInput::Answered`].
    Ask(Question),
    /// Answered with [`RehearsalInput::Browser`].
    LookAtBrowser(CountAt),
    /// The checklist as it grows, and whether it is complete.
    News {
        checklist: Checklist,
        is_done: bool,
    },
    Over,
}

/// Where sockets are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CountAt {
    Target(String),
    /// At the lab that served the page, if one did.
    Lab,
    Nowhere,
}

impl Rehearsal {
    /// `id`: the run's. [`Self::workers`] are to be started.
    pub fn begin(now_ms: f64, id: String, wanted: ToRehearse) -> Self {
        let plan = rehearsal(&wanted.plan);
        let parts = layout(&[Capacity::own(2, wanted.sockets)], plan.handshakes_in_flight.max(2));
        let workers = parts.len();
        let run = Run::new(now_ms, plan.clone(), wanted.csv.clone(), id, parts)
            .with_clips(wanted.clips.clone())
            .within(wanted.limits.clone());
        let around = Around { origin: wanted.origin.clone(), ..Around::default() };
        Self {
            stage: Stage::Plays(Patience::of(&plan, now_ms)),
            report: run.report(Vec::new(), String::new()),
            checklist: Checklist::default(),
            is_wanted: true,
            out: VecDeque::from([RehearsalOutput::AskNearby]),
            wanted,
            plan,
            run,
            workers,
            around,
        }
    }

    pub fn workers(&self) -> usize {
        self.workers
    }

    pub fn poll(&mut self) -> Option<RehearsalOutput> {
        self.out.pop_front()
    }

    pub fn handle(&mut self, now_ms: f64, input: RehearsalInput) {
        match input {
            RehearsalInput::Run(input) => self.feed(now_ms, input),
            RehearsalInput::Tick => {
                self.feed(now_ms, RunInput::Tick);
                self.look(now_ms);
            }
            RehearsalInput::Nearby(nearby) => {
                self.around.nearby = nearby;
                if matches!(self.stage, Stage::LooksAround) {
                    self.look_at_browser();
                }
            }
            RehearsalInput::Answered { question, seen } => {
                self.around.seen.insert(question, seen);
                self.ask();
            }
            RehearsalInput::Browser(seen) if matches!(self.stage, Stage::LooksAtBrowser) => self.conclude(seen),
            RehearsalInput::Browser(_) => {}
            RehearsalInput::CallOff => self.call_off(now_ms),
        }
    }

    fn feed(&mut self, now_ms: f64, input: RunInput) {
        self.run.handle(now_ms, input);
        while let Some((worker, message)) = self.run.poll() {
            self.out.push_back(RehearsalOutput::Tell { worker, message });
        }
    }

    /// What has come so far, and whether that is enough.
    fn look(&mut self, now_ms: f64) {
        match &mut self.stage {
            Stage::Plays(patience) => {
                self.report = self.run.report(Vec::new(), String::new());
                let checklist = Checklist::new(&self.plan, &self.report, false, &self.around);
                let is_over = patience.is_over(now_ms, &checklist) || self.run.is_done();
                self.out.push_back(RehearsalOutput::News { checklist, is_done: false });
                if is_over {
                    self.leave(now_ms);
                }
            }
            Stage::Leaves { since_ms } if now_ms - *since_ms >= FAREWELL_MS => {
                self.out.push_back(RehearsalOutput::Dismiss);
                if !self.is_wanted {
                    return self.end();
                }
                let failed = failures(&self.plan, &self.report, true);
                let origins = origins(&self.plan);
                self.stage = Stage::Asks(failed.iter().flat_map(|(_, kind)| questions(kind, &origins)).collect());
                self.ask();
            }
            _ => {}
        }
    }

    /// Its users leave as they would: a server that counts them must not keep them.
    fn leave(&mut self, now_ms: f64) {
        self.feed(now_ms, RunInput::Abort);
        self.stage = Stage::Leaves { since_ms: now_ms };
    }

    fn call_off(&mut self, now_ms: f64) {
        self.is_wanted = false;
        self.out.retain(|output| !matches!(output, RehearsalOutput::News { .. }));
        match self.stage {
            Stage::Plays(_) => self.leave(now_ms),
            Stage::Leaves { .. } | Stage::Over => {}
            _ => self.end(),
        }
    }

    fn end(&mut self) {
        self.stage = Stage::Over;
        self.out.push_back(RehearsalOutput::Over);
    }

    /// The next question, if one is left.
    fn ask(&mut self) {
        let Stage::Asks(left) = &mut self.stage else { return };
        while let Some(question) = left.pop_front() {
            // Whoever answers nothing answers no second question.
            let is_silent = self.around.silence(&question.url).is_some();
            let may_ask = may_ask(&question, &self.plan, &self.wanted.limits);
            if may_ask && !is_silent && !self.around.seen.contains_key(&question) {
                return self.out.push_back(RehearsalOutput::Ask(question));
            }
        }
        // By now the browser may have asked, and the person have answered.
        self.stage = Stage::LooksAround;
        self.out.push_back(RehearsalOutput::AskNearby);
    }

    fn look_at_browser(&mut self) {
        self.checklist = Checklist::new(&self.plan, &self.report, true, &self.around);
        if self.report.run.is_empty() {
            self.checklist.groups.clear();
        }
        self.out.push_back(RehearsalOutput::News { checklist: self.checklist.clone(), is_done: false });
        self.stage = Stage::LooksAtBrowser;
        self.out.push_back(RehearsalOutput::LookAtBrowser(self.place_to_count()));
    }

    /// The target's, if that is wanted and it is there.
    fn place_to_count(&self) -> CountAt {
        let mut checks = self.checklist.groups.iter().flat_map(|group| &group.checks);
        if !self.wanted.counts_at_target || checks.any(|check| check.state == State::Failed) {
            return CountAt::Lab;
        }
        let address = connects(&self.wanted.plan).into_iter().find_map(|kind| match kind {
            StepKind::Connect { url, is_socket_io: true } => Some(format!("{url}{ENGINE}")),
            StepKind::Connect { url, is_socket_io: false } => Some(url),
            _ => None,
        });
        address.map_or(CountAt::Nowhere, CountAt::Target)
    }

    /// How many sockets may be opened there to count them.
    pub fn most_counted_at(&self, place: &str) -> u32 {
        let mut users = 0_u32;
        self.wanted.plan.populations.iter().for_each(|known| users = users.saturating_add(known.load.max_users()));
        users.clamp(1, self.wanted.sockets.max(1)).min(most_counted(place, &self.wanted.limits))
    }

    fn conclude(&mut self, seen: BrowserSeen) {
        let lag = self.report.metrics.iter().find(|entry| entry.name == Metric::WorkerLag.name());
        let facts = BrowserFacts {
            known_sockets: self.wanted.sockets,
            probed: seen.probed,
            others: self.wanted.others,
            cores: seen.cores,
            clock_step_ms: seen.clock_step_ms,
            timer_lag_ms: lag.map(|entry| entry.stats.p99),
            is_hidden: seen.is_hidden,
            uplink: self.wanted.uplink.clone(),
        };
        let mut checklist = std::mem::take(&mut self.checklist);
        checklist.groups.push(browser_checks(&self.wanted.plan, &facts));
        self.out.push_back(RehearsalOutput::News { checklist, is_done: true });
        self.end();
    }
}

/// How long it is worth waiting for more.
struct Patience {
    begun_ms: f64,
    /// Without anything new.
    most_ms: f64,
    /// When the last step came that had not come before, and how many had by then.
    news: (f64, usize),
    /// Since when everything has come that is to come.
    settled_ms: Option<f64>,
}

impl Patience {
    fn of(plan: &Plan, now_ms: f64) -> Self {
        let speaks = |program: scenario::Program| program.audio.is_some();
        let has_voice = plan.populations.iter().any(|population| population.program().is_ok_and(speaks));
        let most_ms = if has_voice { VOICE_PATIENCE_MS } else { PATIENCE_MS };
        Self { begun_ms: now_ms, most_ms, news: (now_ms, 0), settled_ms: None }
    }

    fn is_over(&mut self, now_ms: f64, checklist: &Checklist) -> bool {
        if checklist.done() > self.news.1 {
            self.news = (now_ms, checklist.done());
        }
        // What comes again and again is watched a little longer: a rate limit lets the first one pass.
        let since_ms = checklist.is_settled().then(|| *self.settled_ms.get_or_insert(now_ms));
        let has_seen_enough = since_ms.is_some_and(|since_ms| checklist.has_failed() || now_ms - since_ms >= LINGER_MS);
        has_seen_enough || now_ms - self.news.0 > self.most_ms || now_ms - self.begun_ms > LONGEST_S * 1e3
    }
}

/// The plan with one user of each population, and without what a run of a few seconds has no use for.
pub fn rehearsal(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    for population in &mut plan.populations {
        let stage = LoadStage { duration_s: LONGEST_S, target: 1.0, ramp: Ramp::Step };
        population.load = Load::Closed { start: 1, stages: vec![stage] };
    }
    plan.thresholds.clear();
    plan.expect.clear();
    plan.actions.clear();
    (plan.search, plan.lab) = (None, None);
    (plan.warmup_s, plan.settle_s, plan.graceful_stop_s) = (0.0, 0.0, 1.0);
    plan
}

/// No preflight takes longer; most are over in two or three seconds.
const LONGEST_S: f64 = 40.0;
/// Nothing new for so long means that nothing comes any more; what a voice service hears and says takes its time.
const PATIENCE_MS: f64 = 5_000.0;
const VOICE_PATIENCE_MS: f64 = 16_000.0;
const LINGER_MS: f64 = 1_000.0;
/// For the closes to go out.
const FAREWELL_MS: f64 = 150.0;
/// What an address of Socket.IO needs to be one of a WebSocket.
pub const ENGINE: &str = "?EIO=4&transport=websocket";
