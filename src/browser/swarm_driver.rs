//! The page's swarm: owns the link's worker, the conductor's or generator's state, and a generator's own workers.

mod membership;

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;

use self::membership::{JOURNAL, take_over, take_up};
use super::identity::{self, RandomError};
use super::machine::{cores, known_sockets, user_agent};
use super::notes::Notes;
use super::sockets_probe::at_broker;
use super::wake::WakeLock;
use super::worker_host::{HostEvent, WorkerError, WorkerHost};
use engine::wire::{FromWorker, ToWorker};
use run::{Capacity, Run, RunInput, browser_name};
use swarm::{
    Bounds, Card, Conductor, Consent, Credentials, Generator, Invite, LinkCommand, LinkEvent, Loading, Offer, Patience,
    Revival, Role, SessionId, Signer, Traffic, Watcher,
};
use swarm::{FromLink, ToLink};

/// What becomes of a run's inputs that come from other browsers.
type Feed = Rc<dyn Fn(RunInput)>;
type LinkHost = WorkerHost<ToLink, FromLink>;
type EngineHost = WorkerHost<ToWorker, FromWorker>;

/// At most one swarm at a time. Clones share it.
#[derive(Clone, Default)]
pub struct SwarmDriver(Rc<Inner>);

#[derive(Default)]
struct Inner {
    swarm: RefCell<Option<Swarm>>,
    listeners: RefCell<Vec<Rc<dyn Fn()>>>,
    /// What happens to the run whose workers live in other browsers, and a tick four times a second.
    on_run: RefCell<Option<Feed>>,
}

/// Why a swarm is not entered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnterError {
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error(transparent)]
    Worker(#[from] WorkerError),
}

/// A swarm that this page is in.
pub struct Swarm {
    pub invite: Invite,
    /// This browser's own.
    pub card: Card,
    /// It plays a probe and no load, as its operator wants it.
    pub only_watches: bool,
    pub is_connected: bool,
    /// Why it is not, or what else is wrong.
    pub problem: Option<String>,
    pub traffic: Traffic,
    pub side: Side,
    signer: Signer,
    loading: Loading,
    credentials: Option<Credentials>,
    link: Option<LinkHost>,
    revival: Revival,
    workers: Vec<Option<EngineHost>>,
    notes: Notes,
    /// While a part of a run is played here.
    wake: Option<WakeLock>,
}

pub enum Side {
    Conductor(Conductor),
    Generator(Box<Generator>),
    Watcher(Watcher),
}

/// How this browser introduces itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Introduction {
    pub name: String,
    pub browser: String,
    pub cores: u32,
    pub sockets: u32,
    pub bounds: Bounds,
}

impl Introduction {
    /// `name` as its operator has chosen it; empty: what tells browsers apart.
    pub fn of_this_browser(name: &str, limits: plan::Limits) -> Self {
        let (browser, sockets) = (browser_name(&user_agent()), known_sockets());
        let name = name_or_made_up(name, &browser);
        Self { name, browser, cores: cores(), sockets, bounds: Bounds { limits, users: sockets } }
    }

    fn card(&self) -> Card {
        let (name, browser) = (self.name.clone(), self.browser.clone());
        Card {
            name,
            browser,
            cores: self.cores,
            sockets: self.sockets,
            only_watches: false,
            consent: Consent::Asked,
            offer: 0,
            playing: None,
            build: crate::BUILD_ID.to_owned(),
        }
    }
}

/// Who chose no name gets one that tells browsers apart.
fn name_or_made_up(chosen: &str, browser: &str) -> String {
    match chosen.trim() {
        "" => format!("{browser} {:03}", identity::random().map_or(0, u16::from_le_bytes) % 1_000),
        name => name.to_owned(),
    }
}

impl SwarmDriver {
    pub fn on_change(&self, listener: impl Fn() + 'static) {
        self.0.listeners.borrow_mut().push(Rc::new(listener));
    }

    pub fn on_run(&self, feed: impl Fn(RunInput) + 'static) {
        *self.0.on_run.borrow_mut() = Some(Rc::new(feed));
    }

    /// Enters a swarm; the one before is left. Whatever this tab was in the middle of before it was loaded anew goes on: a
    /// generator's part here, a conductor's run with whoever takes it.
    ///
    /// # Errors
    /// The browser starts no worker, or has no random source.
    pub async fn enter(
        &self,
        invite: Invite,
        credentials: Option<Credentials>,
        this: Introduction,
    ) -> Result<Option<Run>, EnterError> {
        self.leave();
        let (signer, loading) = identity::this_tab(&invite.keys)?;
        let card = this.card();
        let notes = Notes::open(&signer).await?;
        let (side, run) = match invite.role() {
            Role::Conductor => take_over(&notes, &card.name).await,
            Role::Generator => {
                let mut generator = Generator::new(card.clone(), this.bounds).trying(vec![at_broker(&invite.broker)]);
                take_up(&mut generator, &notes).await;
                (Side::Generator(Box::new(generator)), None)
            }
            Role::Watcher => (Side::Watcher(Watcher::default()), None),
        };
        let link = Inner::link(&self.0, loading)?;
        let swarm = Swarm {
            invite,
            card,
            only_watches: false,
            is_connected: false,
            problem: None,
            traffic: Traffic::default(),
            side,
            signer,
            loading,
            credentials,
            link: Some(link),
            revival: Revival::default(),
            workers: Vec::new(),
            notes,
            wake: None,
        };
        *self.0.swarm.borrow_mut() = Some(swarm);
        self.0.tell();
        Ok(run)
    }

    /// Leaves the swarm: what plays here ends.
    pub fn leave(&self) {
        let left = self.0.swarm.borrow_mut().take();
        if let Some(mut left) = left {
            left.send(LinkCommand::Leave);
            // What it has to say last takes a moment; its workers stop at once.
            if let Some(link) = left.link.take() {
                Timeout::new(LAST_WORDS_MS, move || drop(link)).forget();
            }
            drop(left);
            self.0.tell();
        }
    }

    /// Reads the swarm, if this page is in one. `read` must not call this driver.
    pub fn with<R>(&self, read: impl FnOnce(Option<&Swarm>) -> R) -> R {
        read(self.0.swarm.borrow().as_ref())
    }

    /// Changes something about it, and does what follows from that.
    pub fn change(&self, change: impl FnOnce(&mut Swarm)) {
        Inner::update(&self.0, change);
        self.0.tell();
    }

    /// Asks everybody's operator; see [`Conductor::offer`].
    pub fn offer(&self, offer: Offer) {
        Inner::update(&self.0, |swarm| {
            if let Side::Conductor(conductor) = &mut swarm.side {
                conductor.offer(Offer { conductor: swarm.card.name.clone(), ..offer });
            }
        });
    }

    /// Somebody's operator has not answered.
    pub fn is_waiting(&self) -> bool {
        self.conductor(|conductor| conductor.is_waiting()).unwrap_or(false)
    }

    /// Browsers that would play now, besides this one.
    pub fn ready(&self) -> Vec<(SessionId, Capacity)> {
        self.conductor(|conductor| conductor.ready()).unwrap_or_default()
    }

    pub fn own_name(&self) -> Option<String> {
        self.with(|swarm| swarm.map(|swarm| swarm.card.name.clone()))
    }

    /// How wrong the comparison of two browsers' clocks would be in a run that starts now, milliseconds; 0: nobody else is here.
    pub fn clock_bound_ms(&self) -> f64 {
        self.conductor(Conductor::expected_clock_bound).unwrap_or_default()
    }

    /// Writes a page of the run's journal down, and lets the others forget what is in it.
    pub fn write_down(&self, number: u64, page: Vec<u8>, taken: Vec<(SessionId, u64)>) {
        let Some(notes) = self.with(|swarm| swarm.map(|swarm| swarm.notes.clone())) else { return };
        let this = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            // Where nothing can be written down, waiting for it helps nobody.
            notes.write(JOURNAL, number, &page).await;
            this.conduct(|conductor| {
                let Some(conductor) = conductor else { return };
                taken.into_iter().for_each(|(session, below)| conductor.keep(session, below));
            });
        });
    }

    /// A run begins: the journal of the one before is not needed any more.
    pub fn forget_below(&self, number: u64) {
        if let Some(notes) = self.with(|swarm| swarm.map(|swarm| swarm.notes.clone())) {
            wasm_bindgen_futures::spawn_local(async move { notes.forget(JOURNAL, number).await });
        }
    }

    pub fn set_patience(&self, patience: Patience) {
        self.change(|swarm| swarm.conduct(|conductor| conductor.set_patience(patience)));
    }

    /// Has the conductor do something (`None`: this page conducts no swarm), then does what it wants done.
    pub fn conduct<R>(&self, work: impl FnOnce(Option<&mut Conductor>) -> R) -> R {
        let done = work(self.0.swarm.borrow_mut().as_mut().and_then(|swarm| match &mut swarm.side {
            Side::Conductor(conductor) => Some(conductor),
            Side::Generator(_) | Side::Watcher(_) => None,
        }));
        Inner::update(&self.0, |_| {});
        done
    }

    /// Reads it, if this page conducts a swarm. `read` must not call this driver.
    pub fn conductor<R>(&self, read: impl FnOnce(&Conductor) -> R) -> Option<R> {
        self.with(|swarm| match &swarm?.side {
            Side::Conductor(conductor) => Some(read(conductor)),
            Side::Generator(_) | Side::Watcher(_) => None,
        })
    }
}

impl Inner {
    /// `loading`: of the swarm that it is for; what a link says whose swarm was left is not for the next one.
    fn link(self: &Rc<Self>, loading: Loading) -> Result<LinkHost, WorkerError> {
        let inner: Weak<Self> = Rc::downgrade(self);
        LinkHost::spawn(super::LINK_NAME, move |event| {
            let inner = inner.upgrade();
            let inner = inner.filter(|inner| inner.swarm.borrow().as_ref().is_some_and(|now| now.loading == loading));
            if let Some(inner) = inner {
                Self::on_link(&inner, event);
            }
        })
    }

    fn on_link(self: &Rc<Self>, event: HostEvent<FromLink>) {
        let (mut is_tick, mut wait_ms) = (false, None);
        Self::update(self, |swarm| match event {
            HostEvent::Message(FromLink::Ready { .. }) => swarm.open(),
            HostEvent::Message(FromLink::Event(event)) => {
                is_tick = matches!(event, LinkEvent::Tick(_));
                swarm.on_event(event);
            }
            HostEvent::Message(FromLink::Failed { message }) | HostEvent::Died(message) => {
                wait_ms = swarm.on_link_died(&message);
            }
        });
        if let Some(wait_ms) = wait_ms {
            self.revive(wait_ms);
        }
        if is_tick {
            self.feed_run(RunInput::Tick);
            self.tell();
        }
    }

    /// Starts another link in place of the one that died, unless the swarm is left by then.
    fn revive(self: &Rc<Self>, wait_ms: u32) {
        let (inner, swarm) = (Rc::downgrade(self), self.swarm.borrow().as_ref().map(|swarm| swarm.loading));
        let is_same = move |inner: &Rc<Self>| inner.swarm.borrow().as_ref().map(|now| now.loading) == swarm;
        let start = move || {
            let Some(inner) = inner.upgrade().filter(is_same) else { return };
            let Some(keys) = inner.swarm.borrow().as_ref().map(|swarm| swarm.invite.keys.clone()) else { return };
            let tab = identity::this_tab(&keys).map_err(EnterError::from);
            let link = tab.and_then(|(_, loading)| Ok((loading, inner.link(loading)?)));
            let mut wait_ms = None;
            Self::update(&inner, |swarm| {
                swarm.revival.on_start();
                match link {
                    Ok((loading, link)) => (swarm.loading, swarm.link) = (loading, Some(link)),
                    Err(error) => wait_ms = swarm.on_link_died(&error.to_string()),
                }
            });
            if let Some(wait_ms) = wait_ms {
                inner.revive(wait_ms);
            }
            inner.tell();
        };
        Timeout::new(wait_ms, start).forget();
        self.tell();
    }

    /// Changes the swarm, then does what it wants done. What it means for the run is fed to that afterwards, for the run
    /// may have something to say to the swarm at once.
    fn update(self: &Rc<Self>, change: impl FnOnce(&mut Swarm)) {
        let mut inputs = Vec::new();
        if let Some(swarm) = &mut *self.swarm.borrow_mut() {
            change(swarm);
            swarm.drain(self, &mut inputs);
            swarm.stay_awake();
        }
        inputs.into_iter().for_each(|input| self.feed_run(input));
    }

    fn feed_run(&self, input: RunInput) {
        let feed = self.on_run.borrow().clone();
        if let Some(feed) = feed {
            feed(input);
        }
    }

    fn tell(&self) {
        // A listener may add another one.
        let listeners = self.listeners.borrow().clone();
        for listener in listeners {
            listener();
        }
    }

    /// A worker that plays a generator's part.
    fn engine(self: &Rc<Self>, worker: u32) -> Result<EngineHost, WorkerError> {
        let inner: Weak<Self> = Rc::downgrade(self);
        EngineHost::spawn(&format!("tabswarm part {}", worker + 1), move |event| {
            let Some(inner) = inner.upgrade() else { return };
            Self::update(&inner, |swarm| {
                let Side::Generator(generator) = &mut swarm.side else { return };
                match event {
                    HostEvent::Message(message) => generator.on_worker(worker, message),
                    HostEvent::Died(why) => {
                        generator.on_worker_died(worker, why);
                        // What broke may still run: nobody would hear of what it does.
                        if let Some(host) = swarm.workers.get_mut(worker as usize) {
                            *host = None;
                        }
                    }
                }
            });
        })
    }
}

/// Enough for a message to a broker on another continent.
const LAST_WORDS_MS: u32 = 500;
