//! A preflight in this browser: the workers of a [`Rehearsal`], its questions, and the look at the browser.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Interval;
use wasm_bindgen_futures::spawn_local;

use super::clock::Clock;
use super::identity::{self, RandomError};
use super::machine::cores;
use super::reach::{look, nearby};
use super::sockets_probe::{at_lab, count_sockets};
use super::worker_host::{HostEvent, WorkerError, WorkerHost};
use engine::wire::{FromWorker, ToWorker};
use run::RunInput;
use run::preflight::{BrowserSeen, Checklist, CountAt, Rehearsal, RehearsalInput, RehearsalOutput, ToRehearse};

/// A preflight that is under way; dropped, it ends and tells nobody.
pub struct Preflight(Rc<Stage>);

/// The stage on which it is played. It stays until its users have left.
struct Stage {
    rehearsal: RefCell<Rehearsal>,
    hosts: RefCell<Vec<Option<WorkerHost<ToWorker, FromWorker>>>>,
    clock: Clock,
    ticker: RefCell<Option<Interval>>,
    on_news: Box<dyn Fn(Checklist, bool)>,
}

impl Preflight {
    /// `on_news` gets the checklist as it grows, and whether it is complete.
    ///
    /// # Errors
    /// There is no random source.
    pub fn start(wanted: ToRehearse, on_news: impl Fn(Checklist, bool) + 'static) -> Result<Self, RandomError> {
        let (clock, id) = (Clock::new(), identity::run_id()?);
        let rehearsal = Rehearsal::begin(clock.now_ms(), id, wanted);
        let workers = rehearsal.workers();
        let stage = Rc::new(Stage {
            rehearsal: RefCell::new(rehearsal),
            hosts: RefCell::default(),
            clock,
            ticker: RefCell::default(),
            on_news: Box::new(on_news),
        });
        let ticking = Rc::clone(&stage);
        *stage.ticker.borrow_mut() =
            Some(Interval::new(TICK_MS, move || Stage::handle(&ticking, RehearsalInput::Tick)));
        let refused: Vec<_> = (0..workers).filter_map(|worker| Some((worker, stage.spawn(worker).err()?))).collect();
        for (worker, error) in refused {
            let died = RunInput::WorkerDied { worker, message: error.to_string() };
            Stage::handle(&stage, RehearsalInput::Run(died));
        }
        Ok(Self(stage))
    }
}

impl Drop for Preflight {
    fn drop(&mut self) {
        // Whoever drops it may be told of something just now.
        let stage = Rc::clone(&self.0);
        spawn_local(async move { Stage::handle(&stage, RehearsalInput::CallOff) });
    }
}

impl Stage {
    fn spawn(self: &Rc<Self>, worker: usize) -> Result<(), WorkerError> {
        let listener = Rc::downgrade(self);
        let host = WorkerHost::spawn(&format!("tabswarm preflight {}", worker + 1), move |event| {
            let Some(stage) = listener.upgrade() else { return };
            let input = match event {
                HostEvent::Message(message) => RunInput::From { worker, message },
                HostEvent::Died(message) => RunInput::WorkerDied { worker, message },
            };
            Self::handle(&stage, RehearsalInput::Run(input));
        });
        let (host, refused) = match host {
            Ok(host) => (Some(host), Ok(())),
            Err(error) => (None, Err(error)),
        };
        self.hosts.borrow_mut().push(host);
        refused
    }

    fn handle(self: &Rc<Self>, input: RehearsalInput) {
        self.rehearsal.borrow_mut().handle(self.clock.now_ms(), input);
        loop {
            let Some(output) = self.rehearsal.borrow_mut().poll() else { return };
            self.obey(output);
        }
    }

    fn obey(self: &Rc<Self>, output: RehearsalOutput) {
        match output {
            RehearsalOutput::Tell { worker, message } => {
                let sent = self.hosts.borrow().get(worker).and_then(Option::as_ref).map(|host| host.send(&message));
                if let Some(Err(error)) = sent {
                    let died = RunInput::WorkerDied { worker, message: error.to_string() };
                    Self::handle(self, RehearsalInput::Run(died));
                }
            }
            RehearsalOutput::Dismiss => self.hosts.borrow_mut().clear(),
            RehearsalOutput::AskNearby => self.answer(async { RehearsalInput::Nearby(nearby().await) }),
            RehearsalOutput::Ask(question) => self.answer(async {
                let seen = look(&question).await;
                RehearsalInput::Answered { question, seen }
            }),
            RehearsalOutput::LookAtBrowser(place) => {
                let stage = Rc::clone(self);
                self.answer(async move { RehearsalInput::Browser(stage.look_at_browser(place).await) });
            }
            RehearsalOutput::News { checklist, is_done } => (self.on_news)(checklist, is_done),
            // With the ticker goes the last that keeps the stage alive; it may be the one that calls just now.
            RehearsalOutput::Over => {
                let ticker = self.ticker.borrow_mut().take();
                spawn_local(async move { drop(ticker) });
            }
        }
    }

    /// What becomes known in a while.
    fn answer(self: &Rc<Self>, coming: impl Future<Output = RehearsalInput> + 'static) {
        let stage = Rc::clone(self);
        spawn_local(async move {
            let input = coming.await;
            Self::handle(&stage, input);
        });
    }

    async fn look_at_browser(&self, place: CountAt) -> BrowserSeen {
        let place = match place {
            CountAt::Target(address) => Some(address),
            CountAt::Lab => at_lab().await.map(|place| place.url),
            CountAt::Nowhere => None,
        };
        let probed = match place {
            Some(place) => {
                let most = self.rehearsal.borrow().most_counted_at(&place);
                Some((count_sockets(&place, most).await, most, base::url::origin(&place)))
            }
            None => None,
        };
        let is_hidden =
            web_sys::window().and_then(|window| window.document()).is_some_and(|document| document.hidden());
        BrowserSeen { probed, cores: cores(), clock_step_ms: self.clock.step_ms(), is_hidden }
    }
}

const TICK_MS: u32 = 200;
