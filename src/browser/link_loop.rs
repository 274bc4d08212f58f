//! The end of a swarm's link that lives in a worker: owns the socket to the broker and a timer, which no hidden page
//! slows down.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Interval;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use super::clock::Clock;
use super::socket::SocketError;
use super::transport::{self, TransportError};
use super::worker_scope;
use swarm::{FromLink, OpenLink, ToLink};
use swarm::{Invite, InviteError, Link, LinkInput, LinkOutput, MOST_AT_ONCE, Signer};

/// Runs the link: from its load on it answers the page's messages.
pub fn link_main() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        say(&FromLink::Failed { message: format!("a fault in this program: {info}") });
    }));
    let mut this = None;
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        match (transport::decode(event.data()), &this) {
            (Ok(ToLink::Open(open)), _) => match Keeper::new(&open) {
                Ok(keeper) => this = Some(keeper),
                Err(error) => say(&FromLink::Failed { message: error.to_string() }),
            },
            (Ok(ToLink::Command(command)), Some(keeper)) => Keeper::feed(keeper, LinkInput::Command(command)),
            // There is no link to say it through yet.
            (Ok(ToLink::Command(_)), None) => {}
            (Err(error), _) => say(&FromLink::Failed { message: error.to_string() }),
        }
    });
    worker_scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // It lives as long as the worker.
    on_message.forget();
    say(&FromLink::Ready { build: crate::BUILD_ID.to_owned() });
}

struct Keeper {
    clock: Clock,
    link: Link,
    broker: String,
    socket: Option<Socket>,
    _ticker: Interval,
    this: Weak<RefCell<Self>>,
}

/// Closes itself, and says nothing more, when dropped.
struct Socket {
    socket: WebSocket,
    _callbacks: [Closure<dyn FnMut(JsValue)>; 3],
}

/// Why there is no link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum OpenError {
    #[error("the page gave no invitation")]
    NoInvite,
    #[error(transparent)]
    Invite(#[from] InviteError),
}

impl Keeper {
    fn new(open: &OpenLink) -> Result<Rc<RefCell<Self>>, OpenError> {
        let invite = Invite::read(&open.invite).ok_or(OpenError::NoInvite)??;
        let link = Link::new(&invite.keys, Signer::new(open.seed.clone()), open.loading, open.credentials.clone());
        let keeper = Rc::new_cyclic(|this: &Weak<RefCell<Self>>| {
            let ticking = this.clone();
            let ticker = Interval::new(TICK_MS, move || with(&ticking, LinkInput::Tick));
            RefCell::new(Self {
                clock: Clock::new(),
                link,
                broker: invite.broker.clone(),
                socket: None,
                _ticker: ticker,
                this: this.clone(),
            })
        });
        Self::feed(&keeper, LinkInput::Tick);
        Ok(keeper)
    }

    fn feed(keeper: &Rc<RefCell<Self>>, input: LinkInput<'_>) {
        let this = &mut *keeper.borrow_mut();
        let now_ms = this.clock.now_ms();
        this.link.handle(now_ms, input);
        while let Some(output) = this.link.poll() {
            match output {
                LinkOutput::Open => this.open(now_ms),
                LinkOutput::Send(bytes) => {
                    // What a closing socket does not take is said again by the next connection.
                    let _ = this.socket.as_ref().map(|socket| socket.socket.send_with_u8_array(&bytes));
                }
                LinkOutput::Close => this.socket = None,
                LinkOutput::Tell(event) => say(&FromLink::Event(event)),
            }
        }
    }

    fn open(&mut self, now_ms: f64) {
        match Socket::open(&self.broker, &self.this) {
            Ok(socket) => self.socket = Some(socket),
            Err(error) => self.link.handle(now_ms, LinkInput::Closed(&error.to_string())),
        }
    }
}

impl Socket {
    fn open(broker: &str, keeper: &Weak<RefCell<Keeper>>) -> Result<Self, SocketError> {
        let protocols = Array::of1(&"mqtt".into());
        let socket = WebSocket::new_with_str_sequence(broker, &protocols).map_err(|error| {
            let error = error.dyn_into::<js_sys::Error>();
            error.map_or(SocketError::Unsaid, |error| SocketError::Refused(error.message().into()))
        })?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let [on_open, on_message, on_close] = [keeper.clone(), keeper.clone(), keeper.clone()];
        let callbacks = [
            Closure::<dyn FnMut(JsValue)>::new(move |_| with(&on_open, LinkInput::Opened)),
            Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
                // A broker's text frame is no MQTT, and is left alone.
                if let Ok(buffer) = event.unchecked_into::<MessageEvent>().data().dyn_into::<ArrayBuffer>() {
                    // Before it is copied.
                    if buffer.byte_length() > MOST_AT_ONCE {
                        let why = format!("the broker sent {} bytes at once", buffer.byte_length());
                        return with(&on_message, LinkInput::Closed(&why));
                    }
                    with(&on_message, LinkInput::Bytes(&Uint8Array::new(&buffer).to_vec()));
                }
            }),
            Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
                let event: CloseEvent = event.unchecked_into();
                let why = format!("the broker's connection closed ({}{})", event.code(), spaced(&event.reason()));
                with(&on_close, LinkInput::Closed(&why));
            }),
        ];
        let [open, message, close] = &callbacks;
        socket.set_onopen(Some(open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(close.as_ref().unchecked_ref()));
        Ok(Self { socket, _callbacks: callbacks })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // A socket that is closed already does not mind.
        let _ = self.socket.close();
    }
}

fn spaced(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(" {reason}") }
}

fn with(keeper: &Weak<RefCell<Keeper>>, input: LinkInput<'_>) {
    if let Some(keeper) = keeper.upgrade() {
        Keeper::feed(&keeper, input);
    }
}

fn say(message: &FromLink) {
    let failed = |error: TransportError| FromLink::Failed { message: error.to_string() };
    let value = transport::encode(message).or_else(|error| transport::encode(&failed(error)));
    if let Ok(value) = value {
        // A message port takes whatever can be cloned, and plain objects can.
        let _ = worker_scope().post_message(&value);
    }
}

const TICK_MS: u32 = 250;
