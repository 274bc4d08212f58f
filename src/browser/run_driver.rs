//! The page's run: owns the workers and the conductor, and tells whoever listens that there is something new.
//!
//! Both the page's buttons and `window.tabswarm` hold a clone, so a run started by either shows in both.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use gloo_timers::callback::Interval;

use super::clock::Clock;
use super::lab;
use super::visibility::Visibility;
use super::worker_host::{HostEvent, WorkerHost};
use crate::metrics::{Browser, Report, UserId};
use crate::plan::Plan;
use crate::protocol::audio::Clip;
use crate::run::{Run, RunInput, Status, layout};
use crate::wire::{FromWorker, Heard, ToWorker};

/// At most one run at a time; a finished one stays until the next starts. Clones share it.
#[derive(Clone)]
pub struct RunDriver(Rc<Inner>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    #[error("a run is going on already")]
    Busy,
    #[error("{0}")]
    Refused(String),
}

struct Inner {
    clock: Clock,
    /// A start is under way: nothing runs yet, and nothing else may start.
    starting: Cell<bool>,
    current: RefCell<Option<Current>>,
    listeners: RefCell<Vec<Rc<dyn Fn()>>>,
    on_heard: RefCell<Option<Listener>>,
}

/// Gets what the user hears that is listened to.
type Listener = Rc<dyn Fn(Heard)>;

struct Current {
    run: Run,
    /// `None`: ended.
    hosts: Vec<Option<WorkerHost>>,
    last_told_ms: f64,
    /// Reports whether the page is hidden, and moves time on while no worker speaks; both end with the run.
    watches: Option<(Option<Visibility>, Interval)>,
}

impl RunDriver {
    pub fn new() -> Self {
        Self(Rc::new(Inner {
            clock: Clock::new(),
            starting: Cell::new(false),
            current: RefCell::new(None),
            listeners: RefCell::default(),
            on_heard: RefCell::default(),
        }))
    }

    /// Calls `listener` about four times a second during a run, and at each change of phase. It may call this driver.
    pub fn on_change(&self, listener: impl Fn() + 'static) {
        self.0.listeners.borrow_mut().push(Rc::new(listener));
    }

    /// Calls `listener` with what the user hears that is listened to, as it happens. It may call this driver.
    pub fn on_heard(&self, listener: impl Fn(Heard) + 'static) {
        *self.0.on_heard.borrow_mut() = Some(Rc::new(listener));
    }

    /// Listens to this user of the current run, or to nobody any more.
    pub fn hear(&self, user: Option<UserId>) {
        if let Some(current) = &*self.0.current.borrow() {
            for host in current.hosts.iter().flatten() {
                // A worker that cannot be reached is noticed by the run itself.
                let _ = host.send(&ToWorker::Hear(user));
            }
        }
    }

    /// Starts a run of a checked plan; the run before is forgotten. `csv` holds, for each population, the account rows
    /// of its file (empty for populations that need none), `clips` what voice users can say besides the shipped ones. What goes wrong later is in `status().problem`.
    ///
    /// # Errors
    /// A run is going on, the browser starts no workers, or the plan's faults found no lab to take them.
    pub async fn start(&self, plan: Plan, csv: Vec<Vec<Vec<String>>>, clips: Vec<Clip>) -> Result<(), StartError> {
        if self.is_busy() {
            return Err(StartError::Busy);
        }
        self.0.starting.set(true);
        let started = Inner::start(&self.0, plan, csv, clips).await;
        self.0.starting.set(false);
        self.0.tell();
        started.map_err(StartError::Refused)
    }

    /// From the call of `start` to the end of the run.
    pub fn is_busy(&self) -> bool {
        self.0.starting.get() || self.with_run(|run| run.is_some_and(|run| !run.is_done()))
    }

    /// Stops gracefully: messages in flight may arrive, users leave.
    pub fn stop(&self) {
        Inner::handle(&self.0, RunInput::Stop);
    }

    /// Cuts everything off.
    pub fn abort(&self) {
        Inner::handle(&self.0, RunInput::Abort);
    }

    pub fn status(&self) -> Status {
        self.with_run(|run| run.map(Run::status).unwrap_or_default())
    }

    /// The report of the current run so far, or of the last run; `None` before the first.
    pub fn report(&self) -> Option<Report> {
        self.with_run(|run| run.map(|run| run.report(this_browser(run.worker_count()), started_at(run))))
    }

    /// Reads the current or the last run. `read` must not call this driver.
    pub fn with_run<R>(&self, read: impl FnOnce(Option<&Run>) -> R) -> R {
        read(self.0.current.borrow().as_ref().map(|current| &current.run))
    }
}

impl Default for RunDriver {
    fn default() -> Self {
        Self::new()
    }
}

impl Inner {
    async fn start(self: &Rc<Self>, plan: Plan, csv: Vec<Vec<Vec<String>>>, clips: Vec<Clip>) -> Result<(), String> {
        lab::set_faults(&plan).await?;
        let parts = layout(cores(), plan.handshakes_in_flight);
        let count = parts.len();
        let run_id = random_id()?;
        let run = Run::new(self.clock.now_ms(), plan, csv, run_id, parts).with_clips(clips);
        let hosts = (0..count).map(|index| self.spawn(index)).collect::<Result<_, _>>()?;
        *self.current.borrow_mut() = Some(Current { run, hosts, last_told_ms: 0.0, watches: None });
        let watches = (Visibility::watch(self.sender(RunInput::Hidden)), self.ticker());
        if let Some(current) = &mut *self.current.borrow_mut() {
            current.watches = Some(watches);
        }
        Ok(())
    }

    fn spawn(self: &Rc<Self>, worker: usize) -> Result<Option<WorkerHost>, String> {
        let on_event = self.sender(move |event| match event {
            HostEvent::Message(message) => RunInput::From { worker, message },
            HostEvent::Died(message) => RunInput::WorkerDied { worker, message },
        });
        WorkerHost::spawn(&format!("tabswarm {}", worker + 1), on_event).map(Some)
    }

    /// A page's timer alone would not do, for a hidden page's timers hardly run: every worker message moves time on too.
    fn ticker(self: &Rc<Self>) -> Interval {
        let tick = self.sender(|()| RunInput::Tick);
        Interval::new(TICK_MS as u32, move || tick(()))
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
        // What somebody listens to must not wait for the next picture of the run.
        if let RunInput::From { message: FromWorker::Heard(heard), .. } = input {
            let listener = self.on_heard.borrow().clone();
            return listener.into_iter().for_each(|listener| listener(heard.clone()));
        }
        let now_ms = self.clock.now_ms();
        let is_news = match &mut *self.current.borrow_mut() {
            Some(current) => current.handle(now_ms, input),
            None => false,
        };
        if is_news {
            self.tell();
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

impl Current {
    /// Whether listeners should hear of it.
    fn handle(&mut self, now_ms: f64, input: RunInput) -> bool {
        if self.run.is_done() {
            return false;
        }
        if let RunInput::WorkerDied { worker, .. } = &input {
            self.hosts[*worker] = None;
        }
        let before = self.run.phase();
        self.run.handle(now_ms, input);
        self.deliver(now_ms);
        if self.run.is_done() {
            self.hosts.clear();
            self.watches = None;
        }
        let is_news = self.run.phase() != before || now_ms >= self.last_told_ms + TICK_MS;
        if is_news {
            self.last_told_ms = now_ms;
        }
        is_news
    }

    fn deliver(&mut self, now_ms: f64) {
        while let Some((worker, message)) = self.run.poll() {
            let Some(Some(host)) = self.hosts.get(worker) else { continue };
            if let Err(message) = host.send(&message) {
                self.hosts[worker] = None;
                self.run.handle(now_ms, RunInput::WorkerDied { worker, message });
            }
        }
    }
}

fn this_browser(workers: usize) -> Browser {
    let agent = web_sys::window().and_then(|window| window.navigator().user_agent().ok());
    Browser {
        user_agent: agent.unwrap_or_default(),
        cores: cores(),
        workers: workers as u32,
        version: crate::VERSION.to_owned(),
        build: crate::BUILD_ID.to_owned(),
    }
}

/// The run's time zero in words; empty if it never started.
fn started_at(run: &Run) -> String {
    let date = run.epoch_ms().map(|epoch_ms| js_sys::Date::new(&epoch_ms.into()));
    date.map_or_else(String::new, |date| date.to_iso_string().into())
}

fn cores() -> u32 {
    web_sys::window().map_or(1.0, |window| window.navigator().hardware_concurrency()) as u32
}

/// Three characters that tell this run's accounts and messages from those of other runs and browsers.
fn random_id() -> Result<String, String> {
    let crypto = web_sys::window().and_then(|window| window.crypto().ok()).ok_or("this page has no random source")?;
    let mut bytes = [0; 3];
    crypto.get_random_values_with_u8_array(&mut bytes).map_err(|_| "the random source failed")?;
    Ok(bytes.map(|byte| char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[usize::from(byte) % 36])).iter().collect())
}

/// How often listeners hear of a run that changes nothing but its numbers.
const TICK_MS: f64 = 250.0;
