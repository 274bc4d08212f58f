//! The page's run: owns the workers and the conductor, and tells whoever listens that there is something new.
//!
//! Both the page's buttons and `window.tabswarm` hold a clone, so a run started by either shows in both.

mod start;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Interval;

use super::clock::Clock;
use super::freeze::Freezing;
use super::history::{KeptRuns, date};
use super::identity::RandomError;
use super::lab::FaultsAtWork;
use super::machine::{cores, user_agent};
use super::recorder::Pages;
use super::swarm_driver::SwarmDriver;
use super::visibility::Visibility;
use super::wake::WakeLock;
use super::worker_host::{WorkerError, WorkerHost};
use app::past::PastRun;
use app::run::view::picture;
use engine::wire::{Canary, FromWorker, HeardMoment, Seen, ToWorker};
use metrics::{Browser, Report, UserId};
use plan::{Exceeded, Limits, Plan, TimedAction};
use protocol::audio::Clip;
use results::{UnderWay, UnderWayOutput};
use run::{LabError, ReportProblem, Run, RunInput, RunPhase, Status};
use swarm::{Conductor, Offer};

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
    history: KeptRuns,
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
    under_way: UnderWay,
    /// The workers that live in this page.
    hosts: BTreeMap<usize, EngineHost>,
    /// Keeps it for when it is over, or this page is gone.
    pages: Option<Pages>,
    /// The plan's faults, until the run ends.
    lab: Option<FaultsAtWork>,
    /// Until the run ends.
    watches: Option<Watches>,
}

type EngineHost = WorkerHost<ToWorker, FromWorker>;

/// What looks after the page while a run goes on; dropped, it ends.
struct Watches {
    _visibility: Option<Visibility>,
    _freezing: Option<Freezing>,
    _wake: WakeLock,
    _ticker: Interval,
}

impl RunDriver {
    /// Runs that take in the browsers of `swarm`, if this page conducts one.
    pub fn new(swarm: SwarmDriver, history: KeptRuns) -> Self {
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
            for host in current.hosts.values() {
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

    /// Goes on with a run that this page conducted before it was loaded anew.
    pub fn take_over(&self, run: Run) {
        let is_done = run.is_done();
        // The form of a page that was opened anew may show another plan.
        let offer = Offer { starts: true, ..Offer::of(run.plan()) };
        let now_ms = self.0.clock.now_ms();
        let under_way = self.0.conducting(|conductor| UnderWay::take_over(now_ms, run, conductor, picture));
        let current = Current { under_way, hosts: BTreeMap::new(), pages: None, lab: None, watches: None };
        if is_done {
            *self.0.current.borrow_mut() = Some(current);
        } else {
            self.0.history.begin();
            let pages = Some(Pages::new(self.0.history.clone(), None));
            self.0.show(Current { pages, ..current });
            self.0.obey();
            self.0.swarm.quietly(|own| own.offer(offer));
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
        self.0.current.borrow().as_ref().map(|current| self.0.report(&current.under_way))
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
        read(self.0.current.borrow().as_ref().map(|current| current.under_way.run()))
    }
}

impl Inner {
    fn report(&self, under_way: &UnderWay) -> Report {
        let this = self.this_browser();
        let report = |conductor: &Conductor| under_way.report(conductor, &this, date);
        self.swarm.conductor(report).unwrap_or_else(|| report(&Conductor::default()))
    }

    /// Without a swarm there is a conductor that knows nobody.
    fn conducting<R>(&self, work: impl FnOnce(&mut Conductor) -> R) -> R {
        self.swarm.conduct(|conductor| work(conductor.unwrap_or(&mut Conductor::default())))
    }

    fn this_browser(&self) -> Browser {
        Browser {
            name: self.swarm.own_name(),
            user_agent: user_agent(),
            cores: cores(),
            version: crate::VERSION.to_owned(),
            build: crate::BUILD_ID.to_owned(),
            ..Browser::default()
        }
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
        if let Some(current) = &mut *self.current.borrow_mut() {
            if let RunInput::WorkerDied { worker, .. } = &input {
                current.hosts.remove(worker);
            }
            self.conducting(|conductor| current.under_way.handle(now_ms, input, conductor));
            if let (Some(lab), Some(epoch_ms)) = (&mut current.lab, current.under_way.run().epoch_ms()) {
                lab.on_time(now_ms - epoch_ms);
            }
        }
        self.obey();
    }

    /// Carries out what is wanted. Each of it may bring about more.
    fn obey(self: &Rc<Self>) {
        loop {
            let output = self.current.borrow_mut().as_mut().and_then(|current| current.under_way.poll());
            let Some(output) = output else { return };
            match output {
                UnderWayOutput::Tell { worker, message } => self.tell_worker(worker, &message),
                UnderWayOutput::Page(page) => {
                    let inner = Rc::downgrade(self);
                    let told = move |name: &str, is_safe| {
                        let Some(inner) = inner.upgrade() else { return };
                        if let Some(current) = &mut *inner.current.borrow_mut() {
                            current.under_way.on_page_written(name, is_safe);
                        }
                    };
                    if let Some(pages) = self.current.borrow().as_ref().and_then(|current| current.pages.as_ref()) {
                        pages.write(page, told);
                    }
                }
                UnderWayOutput::Journal { number, page, taken } => {
                    self.swarm.quietly(|own| own.write_down(number, page, taken))
                }
                UnderWayOutput::Over => self.end(),
                UnderWayOutput::News => self.tell(),
            }
        }
    }

    fn tell_worker(self: &Rc<Self>, worker: usize, message: &ToWorker) {
        let send = |current: &Current| current.hosts.get(&worker).map(|host| host.send(message));
        let sent = self.current.borrow().as_ref().and_then(send);
        if let Some(Err(error)) = sent {
            Self::handle(self, RunInput::WorkerDied { worker, message: error.to_string() });
        }
    }

    /// The run is over. One that never started has nothing to keep.
    fn end(&self) {
        let Some(current) = &mut *self.current.borrow_mut() else { return };
        current.hosts.clear();
        (current.lab, current.watches) = (None, None);
        if let Some(pages) = current.pages.take() {
            let has_begun = current.under_way.run().epoch_ms().is_some();
            pages.finish(has_begun.then(|| self.report(&current.under_way)));
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
