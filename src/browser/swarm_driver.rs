//! The page's swarm: the link's worker, the workers of a generator's part and this tab's notes, in the hands of `swarm::Membership`,
//! which decides everything.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;

use super::clock::Clock;
use super::identity::{self, RandomError};
use super::machine::{cores, known_sockets, user_agent};
use super::notes::TabNotes;
use super::wake::WakeLock;
use super::worker_host::{HostEvent, WorkerError, WorkerHost};
use engine::wire::{FromWorker, ToWorker};
use run::{Capacity, Run, RunInput, browser_name};
use swarm::{
    Bounds, Card, Conductor, Consent, Credentials, Entrance, FromLink, Invite, Loading, MemberInput, MemberOutput,
    Membership, NoteKind, SessionId, ToLink,
};

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
struct Swarm {
    membership: Membership,
    link: Option<LinkHost>,
    workers: Vec<Option<EngineHost>>,
    notes: TabNotes,
    /// While a part of a run is played here.
    wake: Option<WakeLock>,
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
        let (card, bounds) = (this.card(), this.bounds);
        let notes = TabNotes::open(&signer).await?;
        let remembered = notes.remembered().await;
        let (mut membership, run) =
            Membership::enter(Entrance { invite, credentials, card, bounds, signer, loading, remembered });
        membership.handle(0.0, MemberInput::Noted { taken: Vec::new(), unkept: notes.problem() });
        let link = Some(Inner::link(&self.0, loading)?);
        let swarm = Swarm { membership, link, workers: Vec::new(), notes, wake: None };
        *self.0.swarm.borrow_mut() = Some(swarm);
        self.0.tell();
        Ok(run)
    }

    /// Leaves the swarm: what plays here ends.
    pub fn leave(&self) {
        let left = self.0.swarm.borrow_mut().take();
        if let Some(mut left) = left {
            left.membership.leave();
            while let Some(output) = left.membership.poll() {
                if let (MemberOutput::Link(message), Some(link)) = (output, &left.link) {
                    // A link that is gone has nobody to take leave of.
                    let _ = link.send(&message);
                }
            }
            // What it has to say last takes a moment; its workers stop at once.
            if let Some(link) = left.link.take() {
                Timeout::new(LAST_WORDS_MS, move || drop(link)).forget();
            }
            drop(left);
            self.0.tell();
        }
    }

    /// Reads the swarm, if this page is in one. `read` must not call this driver.
    pub fn with<R>(&self, read: impl FnOnce(Option<&Membership>) -> R) -> R {
        read(self.0.swarm.borrow().as_ref().map(|swarm| &swarm.membership))
    }

    /// Changes something about it, and does what follows from that.
    pub fn change(&self, change: impl FnOnce(&mut Membership)) {
        self.0.update(change);
        self.0.tell();
    }

    /// `name` as its operator has typed it.
    pub fn rename(&self, name: &str) {
        self.change(|own| own.rename(name_or_made_up(name, &own.card().browser)));
    }

    /// Browsers that would play now, besides this one.
    pub fn ready(&self) -> Vec<(SessionId, Capacity)> {
        self.conductor(|conductor| conductor.ready()).unwrap_or_default()
    }

    pub fn own_name(&self) -> Option<String> {
        self.with(|swarm| swarm.map(|swarm| swarm.card().name.clone()))
    }

    /// How wrong the comparison of two browsers' clocks would be in a run that starts now, milliseconds; 0: nobody else is here.
    pub fn clock_bound_ms(&self) -> f64 {
        self.conductor(Conductor::expected_clock_bound).unwrap_or_default()
    }

    /// Has the conductor do something (`None`: this page conducts no swarm), then does what it wants done.
    pub fn conduct<R>(&self, work: impl FnOnce(Option<&mut Conductor>) -> R) -> R {
        let done = work(self.0.swarm.borrow_mut().as_mut().and_then(|swarm| swarm.membership.conductor_mut()));
        self.0.update(|_| {});
        done
    }

    /// Does what follows from `change`, and tells nobody: who changes it knows.
    pub fn quietly(&self, change: impl FnOnce(&mut Membership)) {
        self.0.update(change);
    }

    /// Reads it, if this page conducts a swarm. `read` must not call this driver.
    pub fn conductor<R>(&self, read: impl FnOnce(&Conductor) -> R) -> Option<R> {
        self.with(|swarm| swarm?.conductor().map(read))
    }
}

impl Inner {
    /// `loading`: of the swarm that it is for; what a link says whose swarm was left is not for the next one.
    fn link(self: &Rc<Self>, loading: Loading) -> Result<LinkHost, WorkerError> {
        let inner: Weak<Self> = Rc::downgrade(self);
        LinkHost::spawn(super::LINK_NAME, move |event| {
            let Some(inner) = inner.upgrade().filter(|inner| inner.loading() == Some(loading)) else { return };
            let is_event = matches!(event, HostEvent::Message(FromLink::Event(_)));
            inner.handle(match event {
                HostEvent::Message(message) => MemberInput::Link(message),
                HostEvent::Died(why) => MemberInput::LinkDied(why),
            });
            if !is_event {
                inner.tell();
            }
        })
    }

    fn invite(&self) -> Option<Invite> {
        self.swarm.borrow().as_ref().map(|swarm| swarm.membership.invite().clone())
    }

    fn loading(&self) -> Option<Loading> {
        self.swarm.borrow().as_ref().map(|swarm| swarm.membership.loading())
    }

    fn handle(self: &Rc<Self>, input: MemberInput) {
        self.update(|membership| membership.handle(Clock::new().now_ms(), input));
    }

    /// Changes the swarm, then does what it wants done.
    fn update(self: &Rc<Self>, change: impl FnOnce(&mut Membership)) {
        if let Some(swarm) = &mut *self.swarm.borrow_mut() {
            change(&mut swarm.membership);
        }
        let mut inputs = Vec::new();
        loop {
            let output = self.swarm.borrow_mut().as_mut().and_then(|swarm| swarm.membership.poll());
            match output {
                Some(MemberOutput::Run(input)) => inputs.push(input),
                Some(output) => self.obey(output),
                None => break,
            }
        }
        if let Some(swarm) = &mut *self.swarm.borrow_mut() {
            swarm.stay_awake();
        }
        // The run may have something to say to the swarm at once, so nothing for it may wait here meanwhile.
        let is_tick = inputs.last() == Some(&RunInput::Tick);
        if let Some(feed) = self.on_run.borrow().clone() {
            inputs.into_iter().for_each(|input| feed(input));
        }
        if is_tick {
            self.tell();
        }
    }

    fn obey(self: &Rc<Self>, output: MemberOutput) {
        match output {
            MemberOutput::Link(message) => self.post(&message),
            MemberOutput::Revive { after_ms } => self.revive(after_ms),
            // It is for the run, see `update`.
            MemberOutput::Run(_) => {}
            MemberOutput::Spawn { workers } => self.spawn(workers),
            MemberOutput::Tell { worker, message } => {
                let sent = self.with_workers(|workers| Some(workers.get(worker as usize)?.as_ref()?.send(&message)));
                if let Some(Some(Err(why))) = sent {
                    self.handle(MemberInput::WorkerDied { worker, why: why.to_string() });
                }
            }
            MemberOutput::Discard { worker } => {
                let discarded = self.with_workers(|workers| workers.get_mut(worker as usize).and_then(Option::take));
                drop(discarded);
            }
            MemberOutput::Dismiss => drop(self.with_workers(std::mem::take)),
            MemberOutput::Note { kind, number, note, taken } => self.note(kind, number, note, taken),
            MemberOutput::Forget { kind, below } => {
                if let Some(notes) = self.notes() {
                    spawn_local(async move { notes.forget(kind, below).await });
                }
            }
        }
    }

    fn post(self: &Rc<Self>, message: &ToLink) {
        let post = |swarm: &Swarm| swarm.link.as_ref().map(|link| link.send(message));
        let posted = self.swarm.borrow().as_ref().and_then(post);
        if let Some(Err(problem)) = posted {
            self.handle(MemberInput::Unsent(problem.to_string()));
        }
    }

    fn notes(&self) -> Option<TabNotes> {
        self.swarm.borrow().as_ref().map(|swarm| swarm.notes.clone())
    }

    fn note(self: &Rc<Self>, kind: NoteKind, number: u64, note: Vec<u8>, taken: Vec<(SessionId, u64)>) {
        let (Some(notes), invite) = (self.notes(), self.invite()) else { return };
        let inner = Rc::downgrade(self);
        spawn_local(async move {
            notes.write(kind, number, &note).await;
            if let Some(inner) = inner.upgrade().filter(|inner| inner.invite() == invite) {
                inner.handle(MemberInput::Noted { taken, unkept: notes.problem() });
            }
        });
    }

    /// Starts another link in place of the one that died, unless the swarm is left by then.
    fn revive(self: &Rc<Self>, after_ms: u32) {
        let (inner, loading) = (Rc::downgrade(self), self.loading());
        let start = move || {
            let Some(inner) = inner.upgrade().filter(|inner| inner.loading() == loading) else { return };
            let Some(invite) = inner.invite() else { return };
            let tab = identity::this_tab(&invite.keys).map_err(EnterError::from);
            let link = tab.and_then(|(_, loading)| Ok((loading, inner.link(loading)?)));
            inner.handle(match link {
                Ok((loading, link)) => {
                    if let Some(swarm) = &mut *inner.swarm.borrow_mut() {
                        swarm.link = Some(link);
                    }
                    MemberInput::Revived(loading)
                }
                Err(error) => MemberInput::NotRevived(error.to_string()),
            });
            inner.tell();
        };
        Timeout::new(after_ms, start).forget();
    }

    fn with_workers<R>(&self, work: impl FnOnce(&mut Vec<Option<EngineHost>>) -> R) -> Option<R> {
        self.swarm.borrow_mut().as_mut().map(|swarm| work(&mut swarm.workers))
    }

    /// There are to be so many workers for a generator's part.
    fn spawn(self: &Rc<Self>, workers: u32) {
        let here = self.with_workers(|workers| workers.len()).unwrap_or_default() as u32;
        for worker in here..workers {
            let host = self.engine(worker);
            let refused = host.as_ref().err().map(WorkerError::to_string);
            self.with_workers(|workers| workers.push(host.ok()));
            if let Some(why) = refused {
                self.handle(MemberInput::WorkerDied { worker, why });
            }
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
            inner.handle(match event {
                HostEvent::Message(message) => MemberInput::Worker { worker, message },
                HostEvent::Died(why) => MemberInput::WorkerDied { worker, why },
            });
        })
    }
}

impl Swarm {
    fn stay_awake(&mut self) {
        if self.membership.plays_a_part() {
            self.wake.get_or_insert_with(WakeLock::hold);
        } else {
            self.wake = None;
        }
    }
}

/// Enough for a message to a broker on another continent.
const LAST_WORDS_MS: u32 = 500;
