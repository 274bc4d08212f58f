//! The page's run: owns the workers and the conductor, and tells whoever listens that there is something new.
//!
//! Both the page's buttons and `window.tabswarm` hold a clone, so a run started by either shows in both.

mod current;
mod start;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use gloo_timers::callback::Interval;

use super::clock::Clock;
use super::freeze::Freezing;
use super::history::{History, date};
use super::identity::RandomError;
use super::lab::{self, LabError};
use super::recorder::ClipRecorder;
use super::swarm_driver::SwarmDriver;
use super::visibility::Visibility;
use super::wake::WakeLock;
use super::worker_host::{WorkerError, WorkerHost};
use app::past::PastRun;
use engine::wire::{Canary, FromWorker, HeardMoment, Seen, ToWorker};
use metrics::{Browser, Report, UserId};
use plan::{Exceeded, Limits, Plan, TimedAction};
use protocol::audio::Clip;
use run::{ReportProblem, Run, RunInput, RunPhase, Status};
use swarm::{Journal, Offer, SessionId};

/// At most one run at a time; a finished one stays until the next starts. Clones share it.
#[derive(Clone)]
pub struct RunDriver(Rc<Inner>);

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StartError {
    #[error("a run is going on already")]
    Busy,
    #[error(transparent)]
    Limits(#[from] Exceeded),
    #[error("stopped before it started")]
    Stopped,
    #[error("this browser only watches, and no other is ready to play")]
    NobodyPlays,
    #[error(transparent)]
    Lab(#[from] LabError),
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error(transparent)]
    Worker(#[from] WorkerError),
}

struct Inner {
    clock: Clock,
    swarm: SwarmDriver,
    history: History,
    /// What the next run's thresholds compare with, if somebody gave it.
    given: RefCell<Option<Report>>,
    /// What this browser's operator allows.
    limits: RefCell<Limits>,
    /// A start is under way: nothing runs yet, and nothing else may start.
    starting: Cell<bool>,
    /// See [`engine::wire::Load::starve_ms`]; of the next run.
    starve_ms: Cell<u32>,
    /// It was stopped before it came to anything.
    gives_up: Cell<bool>,
    current: RefCell<Option<Current>>,
    listeners: RefCell<Vec<Rc<dyn Fn()>>>,
    on_heard: RefCell<Option<Listener>>,
    on_seen: RefCell<Option<Watcher>>,
}

/// Gets what the user hears that is listened to.
type Listener = Rc<dyn Fn(HeardMoment)>;
/// Gets what there is to see of the user that is watched.
type Watcher = Rc<dyn Fn(Seen)>;

struct Current {
    run: Run,
    hosts: Vec<Host>,
    swarm: SwarmDriver,
    /// What is written down of it, while this page conducts a swarm.
    journal: Option<Journal>,
    /// Keeps it for when it is over, or this page is gone.
    recorder: Option<ClipRecorder>,
    /// Number of the journal's last page.
    page: u64,
    /// The plan's faults, until the run ends.
    lab: Option<lab::FaultyLabs>,
    last_told_ms: f64,
    last_shown_ms: f64,
    /// Until the run ends.
    watches: Option<Watches>,
}

/// What looks after the page while a run goes on; dropped, it ends.
struct Watches {
    _visibility: Option<Visibility>,
    _freezing: Option<Freezing>,
    _wake: WakeLock,
    _ticker: Interval,
}

/// Where a worker lives.
enum Host {
    Here(WorkerHost<ToWorker, FromWorker>),
    /// In another browser of the swarm.
    Elsewhere,
    Ended,
}

impl RunDriver {
    /// Runs that take in the browsers of `swarm`, if this page conducts one.
    pub fn new(swarm: SwarmDriver, history: History) -> Self {
        let inner = Rc::new(Inner {
            clock: Clock::new(),
            swarm: swarm.clone(),
            history,
            given: RefCell::default(),
            limits: RefCell::default(),
            starting: Cell::new(false),
            starve_ms: Cell::new(0),
            gives_up: Cell::new(false),
            current: RefCell::new(None),
            listeners: RefCell::default(),
            on_heard: RefCell::default(),
            on_seen: RefCell::default(),
        });
        swarm.on_run(inner.sender(|input| input));
        Self(inner)
    }

    /// Calls `listener` about four times a second during a run, and at each change of phase. It may call this driver.
    pub fn on_change(&self, listener: impl Fn() + 'static) {
        self.0.listeners.borrow_mut().push(Rc::new(listener));
    }

    /// Calls `listener` with what the user hears that is listened to, as it happens. It may call this driver.
    pub fn on_heard(&self, listener: impl Fn(HeardMoment) + 'static) {
        *self.0.on_heard.borrow_mut() = Some(Rc::new(listener));
    }

    /// Calls `watcher` with what there is to see of the user that is watched. It may call this driver.
    pub fn on_seen(&self, watcher: impl Fn(Seen) + 'static) {
        *self.0.on_seen.borrow_mut() = Some(Rc::new(watcher));
    }

    /// Watches this user of the current run, in whichever browser it lives, or nobody any more.
    pub fn watch(&self, user: Option<UserId>) {
        Inner::handle(&self.0, RunInput::Watch(user));
    }

    /// Has this user do something, in whichever browser it lives.
    pub fn canary(&self, user: UserId, order: Canary) {
        Inner::handle(&self.0, RunInput::Canary { user, order });
    }

    /// Marks the charts of the current run, now.
    pub fn note_down(&self, text: String) {
        let epoch_ms = self.with_run(|run| run.and_then(Run::epoch_ms));
        if let Some(epoch_ms) = epoch_ms {
            let at_s = ((self.0.clock.now_ms() - epoch_ms) / 1e3).max(0.0);
            Inner::handle(&self.0, RunInput::Note { at_s, text });
        }
    }

    /// Listens to this user of the current run, or to nobody any more.
    pub fn hear(&self, user: Option<UserId>) {
        if let Some(current) = &*self.0.current.borrow() {
            // What is heard elsewhere stays there: a swarm's broker is no place for live audio.
            let here =
                current.hosts.iter().filter_map(|host| if let Host::Here(host) = host { Some(host) } else { None });
            for host in here {
                // A worker that cannot be reached is noticed by the run itself.
                let _ = host.send(&ToWorker::Hear(user));
            }
        }
    }

    /// Starts a run of a checked plan; the run before is forgotten. `csv` holds, for each population, the account rows
    /// of its file (empty for populations that need none), `clips` what voice users can say besides the shipped ones. What goes wrong later is in `status().problem`.
    ///
    /// # Errors
    /// A run is going on, the plan goes beyond this browser's limits, the browser starts no workers, or the plan's faults
    /// found no lab to take them.
    pub async fn start(&self, plan: Plan, csv: Vec<Vec<Vec<String>>>, clips: Vec<Clip>) -> Result<(), StartError> {
        let limits = self.limits();
        self.start_within(limits, plan, csv, clips).await
    }

    /// As [`Self::start`], with other limits than this browser's own, for this run only.
    ///
    /// # Errors
    /// As there.
    pub async fn start_within(
        &self,
        limits: Limits,
        plan: Plan,
        csv: Vec<Vec<Vec<String>>>,
        clips: Vec<Clip>,
    ) -> Result<(), StartError> {
        if self.is_busy() {
            return Err(StartError::Busy);
        }
        limits.check(&plan)?;
        self.0.starting.set(true);
        self.0.gives_up.set(false);
        let started = Inner::start(&self.0, limits, plan, csv, clips).await;
        self.0.starting.set(false);
        self.0.tell();
        started
    }

    /// The load workers of the next run stand still half of the time, for so long at once: for tests of the verdict.
    pub fn starve(&self, starve_ms: u32) {
        self.0.starve_ms.set(starve_ms);
    }

    /// The next run's thresholds compare with this report, and not with the baseline that is pinned for its plan.
    pub fn compare_with(&self, report: Report) {
        *self.0.given.borrow_mut() = Some(report);
    }

    /// What this browser's operator allows.
    pub fn limits(&self) -> Limits {
        self.0.limits.borrow().clone()
    }

    /// From the next run on.
    pub fn set_limits(&self, limits: Limits) {
        *self.0.limits.borrow_mut() = limits;
    }

    /// Goes on with a run that this page conducted before it was loaded anew. What it played itself is lost from then on.
    pub fn take_over(&self, run: Run) {
        let is_done = run.is_done();
        let offer = Offer { starts: true, ..Offer::of(run.plan()) };
        let hosts = (0..run.worker_count()).map(|_| Host::Elsewhere).collect();
        let mut current = Current::new(run, hosts, self.0.swarm.clone(), Some(Journal::default()));
        current.recorder = (!is_done).then(|| self.0.history.record_end());
        if is_done {
            current.hosts.clear();
            *self.0.current.borrow_mut() = Some(current);
        } else {
            self.0.show(current);
            let own = self.0.swarm.own_workers();
            let died =
                |worker| RunInput::WorkerDied { worker, message: "the conductor's page was loaded anew".to_owned() };
            own.into_iter().for_each(|worker| Inner::handle(&self.0, died(worker)));
            // The form of a page that was opened anew may show another plan.
            self.0.swarm.offer(offer);
        }
        // Whoever is not back yet is away.
        self.0.swarm.change(|_| {});
        self.0.tell();
    }

    /// Steers the run that is going on.
    pub fn act(&self, action: TimedAction) {
        Inner::handle(&self.0, RunInput::Act(action));
    }

    /// Notes something down that happened then.
    pub fn note_at(&self, at_s: f64, text: String) {
        Inner::handle(&self.0, RunInput::Note { at_s, text });
    }

    /// From the call of `start` to the end of the run.
    pub fn is_busy(&self) -> bool {
        self.0.starting.get() || self.with_run(|run| run.is_some_and(|run| !run.is_done()))
    }

    /// Stops gracefully: messages in flight may arrive, users leave.
    pub fn stop(&self) {
        self.0.gives_up.set(true);
        Inner::handle(&self.0, RunInput::Stop);
    }

    /// Cuts everything off.
    pub fn abort(&self) {
        Inner::handle(&self.0, RunInput::Abort);
    }

    pub fn status(&self) -> Status {
        let status = self.with_run(|run| run.map(Run::status));
        let not_kept = status.as_ref().and_then(|status| self.0.history.notice(status.phase == RunPhase::Done));
        Status { not_kept, ..status.unwrap_or_default() }
    }

    /// The report of the current run so far, or of the last run; `None` before the first.
    pub fn report(&self) -> Option<Report> {
        self.with_run(|run| run.map(|run| run.report(self.0.browsers(run), started_at(run))))
    }

    /// The same, as something that every format of file is written from. The plan is the report's, for it has no secrets.
    pub fn past(&self) -> Option<Result<PastRun, ReportProblem>> {
        self.report().map(PastRun::of)
    }

    /// A run goes on whose plan the others are asked about, whatever the form shows.
    pub fn is_running(&self) -> bool {
        self.with_run(|run| run.is_some_and(|run| !run.is_done()))
    }

    /// Reads the current or the last run. `read` must not call this driver.
    pub fn with_run<R>(&self, read: impl FnOnce(Option<&Run>) -> R) -> R {
        read(self.0.current.borrow().as_ref().map(|current| &current.run))
    }
}

impl Inner {
    /// Who plays, or played, this run.
    fn browsers(&self, run: &Run) -> Vec<Browser> {
        let browser = |(name, workers): (Option<&str>, Vec<usize>)| {
            let counts = run.share_of(&workers).1;
            let card = name.and_then(|name| self.swarm.card_of(name));
            let own = this_browser(workers.len());
            let known = match name {
                None => Browser { name: self.swarm.own_name(), ..own },
                // Everybody in a swarm runs the same build, or is refused.
                Some(name) => Browser {
                    name: Some(name.to_owned()),
                    user_agent: card.as_ref().map(|card| card.browser.clone()).unwrap_or_default(),
                    cores: card.as_ref().map_or(0, |card| card.cores),
                    ..own
                },
            };
            Browser { sent: counts.sent, received: counts.received, errors: counts.errors, ..known }
        };
        run.browsers().into_iter().map(browser).collect()
    }

    /// A callback that feeds the run. It keeps nothing alive.
    fn sender<T: 'static, F>(self: &Rc<Self>, input: F) -> impl Fn(T) + Clone + use<T, F>
    where
        F: Fn(T) -> RunInput + Clone + 'static,
    {
        let inner: Weak<Self> = Rc::downgrade(self);
        move |value| {
            if let Some(inner) = inner.upgrade() {
                Self::handle(&inner, input(value));
            }
        }
    }

    fn handle(self: &Rc<Self>, input: RunInput) {
        // What somebody listens to or watches must not wait for the next picture of the run.
        let input = match input {
            RunInput::From { message: FromWorker::Heard(heard), .. } => {
                let listener = self.on_heard.borrow().clone();
                return listener.into_iter().for_each(|listener| listener(heard.clone()));
            }
            RunInput::From { message: FromWorker::Seen(seen), .. } => {
                let watcher = self.on_seen.borrow().clone();
                return watcher.into_iter().for_each(|watcher| watcher((*seen).clone()));
            }
            input => input,
        };
        let now_ms = self.clock.now_ms();
        let is_news = match &mut *self.current.borrow_mut() {
            Some(current) => current.handle(now_ms, input),
            None => false,
        };
        self.keep();
        if is_news {
            self.tell();
        }
    }

    /// Keeps a run that is over. One that never started has nothing to keep.
    fn keep(&self) {
        let mut current = self.current.borrow_mut();
        let Some(Current { run, recorder, .. }) = &mut *current else { return };
        if run.is_done()
            && let Some(recorder) = recorder.take()
        {
            let report = run.epoch_ms().map(|_| run.report(self.browsers(run), started_at(run)));
            recorder.finish(report);
        }
    }

    fn tell(&self) {
        // A listener may add another one.
        let listeners = self.listeners.borrow().clone();
        for listener in listeners {
            listener();
        }
    }
}

fn this_browser(workers: usize) -> Browser {
    Browser {
        user_agent: user_agent(),
        cores: cores(),
        workers: workers as u32,
        version: crate::VERSION.to_owned(),
        build: crate::BUILD_ID.to_owned(),
        ..Browser::default()
    }
}

/// The run's time zero in words; empty if it never started.
fn started_at(run: &Run) -> String {
    run.epoch_ms().map_or_else(String::new, date)
}

pub(super) fn user_agent() -> String {
    web_sys::window().and_then(|window| window.navigator().user_agent().ok()).unwrap_or_default()
}

pub(super) fn cores() -> u32 {
    web_sys::window().map_or(1.0, |window| window.navigator().hardware_concurrency()) as u32
}

/// How often the others are shown the run.
const SHOW_MS: f64 = 1_000.0;

/// How often listeners hear of a run that changes nothing but its numbers.
const TICK_MS: f64 = 250.0;
