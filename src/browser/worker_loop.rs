//! The worker's end of the edge: its sockets, its HTTP exchanges, its timer, and the way to the page, in the hands of
//! `engine::worker::Worker`, which decides everything.
//!
//! Each thing that happens is handed to it; then its orders are carried out, and the one timer is armed for whatever is due next. The
//! browser never calls back from within a call of ours, so nothing is ever re-entered.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use gloo_timers::callback::{Interval, Timeout};
use wasm_bindgen::prelude::*;
use web_sys::MessageEvent;

use super::clock::Clock;
use super::fetch::Fetches;
use super::socket::Sockets;
use super::starvation;
use super::timer::BrowserTimer;
use super::transport::{self, TransportError};
use super::trial::Attempt;
use super::worker_scope;
use engine::ports::{FromEdge, ToEdge};
use engine::wire::FromWorker;
use engine::worker::{Worker, WorkerInput, WorkerOutput};
use metrics::{MASK, text_without_secrets};

/// Runs the worker: from its load on it answers the page's messages.
pub fn worker_main() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        say(&FromWorker::Failed { message: format!("a fault in this program: {info}") });
    }));
    let edge = Edge::new();
    let on_message =
        Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| match transport::decode(event.data()) {
            Ok(message) => edge.borrow_mut().feed(WorkerInput::Told(message)),
            Err(error) => say(&FromWorker::Failed { message: error.to_string() }),
        });
    worker_scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // It lives as long as the worker.
    on_message.forget();
    say(&FromWorker::Ready { build: crate::BUILD_ID.to_owned() });
}

struct Edge {
    clock: Clock,
    worker: Worker,
    timer: BrowserTimer,
    /// `None` before the first load.
    sockets: Option<Sockets>,
    fetches: Fetches,
    /// Under way.
    attempt: Option<Attempt>,
    /// While it is starved.
    starvation: Option<Interval>,
    this: Weak<RefCell<Self>>,
}

impl Edge {
    fn new() -> Rc<RefCell<Self>> {
        Rc::new_cyclic(|this: &Weak<RefCell<Self>>| {
            let on_timer = this.clone();
            RefCell::new(Self {
                clock: Clock::new(),
                worker: Worker::default(),
                timer: BrowserTimer::new(move |lag| feed(&on_timer, WorkerInput::Woken { lag: Some(lag) })),
                sockets: None,
                fetches: Fetches::default(),
                attempt: None,
                starvation: None,
                this: this.clone(),
            })
        })
    }

    /// One input, and everything that follows from it.
    fn feed(&mut self, input: WorkerInput<'_>) {
        self.worker.handle(self.clock.now_ms(), input);
        while let Some(output) = self.worker.poll() {
            self.obey(output);
        }
        if let Some(due_ms) = self.worker.next_timeout_ms() {
            self.timer.arm(due_ms);
        }
        self.worker.rest(self.clock.now_ms());
    }

    fn obey(&mut self, output: WorkerOutput) {
        match output {
            WorkerOutput::SetUp { programs, contract_every, most_bytes } => {
                let this = self.this.clone();
                let told = move |happened: FromEdge<'_>| feed(&this, WorkerInput::Edge(happened));
                let sockets = Sockets::new(&programs, contract_every, told);
                sockets.read_at_most(most_bytes);
                self.worker.keep_rings(sockets.rings());
                self.sockets = Some(sockets);
                self.fetches = Fetches::default();
                (self.attempt, self.starvation) = (None, None);
            }
            WorkerOutput::Edge(order) => self.carry_out(order),
            WorkerOutput::Measure => {
                if let Some(sockets) = &self.sockets {
                    self.worker.on_measured(self.clock.now_ms(), sockets.counted(), sockets.load());
                }
            }
            WorkerOutput::BeginTrial(trial) => {
                let this = self.this.clone();
                let told = move |opened| feed(&this, WorkerInput::Edge(FromEdge::Tried { opened }));
                self.attempt = Attempt::begin(&trial, told);
                if self.attempt.is_none() {
                    self.worker.on_no_trial();
                }
            }
            WorkerOutput::EndTrial => {
                // Its callbacks live in it, and one of them is running: it goes a moment later.
                let attempt = self.attempt.take();
                Timeout::new(0, move || drop(attempt)).forget();
            }
            WorkerOutput::BeginStarving { millis } => {
                self.starvation = Some(starvation::begin(self.clock.clone(), millis));
            }
            WorkerOutput::EndStarving => self.starvation = None,
            WorkerOutput::Say(message) => say(&message),
        }
    }

    fn carry_out(&mut self, order: ToEdge) {
        let Some(sockets) = &mut self.sockets else { return };
        match order {
            ToEdge::Connect { socket, user, url, protocols } => {
                if let Err(error) = sockets.open(socket, user, &url, protocols) {
                    self.worker.on_refused(self.clock.now_ms(), socket, &error.to_string());
                }
            }
            ToEdge::Send { socket, text } => sockets.send(socket, &text),
            ToEdge::SendShared { socket, frame, due } => {
                if let Some(frames) = self.worker.frames() {
                    sockets.send_shared(socket, frame, frames);
                    self.worker.on_shared_sent(self.clock.now_ms(), socket, due);
                }
            }
            ToEdge::SendBinary { socket, bytes } => sockets.send_binary(socket, bytes),
            ToEdge::Close { socket } => sockets.close(socket),
            ToEdge::Fetch { fetch, user: _, request } => {
                let this = self.this.clone();
                self.fetches.start(fetch, request, move |outcome| {
                    feed(&this, WorkerInput::Edge(FromEdge::Fetched { fetch, outcome }));
                });
            }
        }
    }
}

fn feed(edge: &Weak<RefCell<Edge>>, input: WorkerInput<'_>) {
    if let Some(edge) = edge.upgrade() {
        edge.borrow_mut().feed(input);
    }
}

/// Tells the page. What cannot be passed on is a fault of ours, and the page hears that instead.
fn say(message: &FromWorker) {
    // It is no engine's, and may quote what it stumbled over.
    let clean = match message {
        FromWorker::Failed { message } => text_without_secrets(message, MASK),
        _ => None,
    };
    let clean = clean.map(|message| FromWorker::Failed { message });
    let message = clean.as_ref().unwrap_or(message);
    let failed = |error: TransportError| FromWorker::Failed { message: error.to_string() };
    let value = transport::encode(message).or_else(|error| transport::encode(&failed(error)));
    if let Ok(value) = value {
        // A message port takes whatever can be cloned, and plain objects can.
        let _ = worker_scope().post_message(&value);
    }
}
