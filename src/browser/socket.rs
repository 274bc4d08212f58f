//! The WebSockets of a worker. `tap.js` holds them and looks at each inbound frame before it is copied into wasm.

use std::collections::HashMap;
use std::rc::Rc;

use js_sys::JsString;
use wasm_bindgen::prelude::*;

use super::address::{OtherHost, opened};
use engine::ports::{Counted, FrameId, Frames, FromEdge, SocketId, SocketLoad};
use engine::{Caught, Rings};
use metrics::{UserId, Way};
use scenario::{Program, Protocol};

/// Why a WebSocket did not come to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SocketError {
    #[error(transparent)]
    OtherHost(#[from] OtherHost),
    /// In the browser's own words.
    #[error("{0}")]
    Refused(String),
    /// It has none.
    #[error("it cannot be opened")]
    Unsaid,
}

/// All sockets of a worker; closes them on drop.
pub struct Sockets {
    tap: Rc<Tap>,
    shared: HashMap<FrameId, JsString>,
    _callbacks: Callbacks,
}

struct Callbacks {
    opened: Closure<dyn Fn(u32)>,
    text: Closure<dyn Fn(u32, String)>,
    binary: Closure<dyn Fn(u32, Vec<u8>)>,
    closed: Closure<dyn Fn(u32, u16, String)>,
    large: Closure<dyn Fn(u32, f64)>,
}

#[wasm_bindgen(module = "/src/browser/tap.js")]
extern "C" {
    type Tap;
    #[wasm_bindgen(constructor)]
    fn new(
        opened: &Closure<dyn Fn(u32)>,
        text: &Closure<dyn Fn(u32, String)>,
        binary: &Closure<dyn Fn(u32, Vec<u8>)>,
        closed: &Closure<dyn Fn(u32, u16, String)>,
        large: &Closure<dyn Fn(u32, f64)>,
    ) -> Tap;
    #[wasm_bindgen(method, js_name = readAtMost)]
    fn read_at_most(this: &Tap, bytes: f64);
    #[wasm_bindgen(method)]
    fn classify(
        this: &Tap,
        population: usize,
        field: Option<&str>,
        names: Vec<String>,
        events: Vec<u32>,
        every: Vec<u32>,
    );
    #[wasm_bindgen(method, catch)]
    fn open(
        this: &Tap,
        id: u32,
        population: usize,
        user: u32,
        url: &str,
        protocols: Vec<String>,
    ) -> Result<(), js_sys::Error>;
    #[wasm_bindgen(method)]
    fn note(this: &Tap, user: u32, way: u8, text: &str);
    #[wasm_bindgen(method)]
    fn recent(this: &Tap, user: u32, most: usize, sent: usize) -> Vec<JsValue>;
    #[wasm_bindgen(method)]
    fn since(this: &Tap, user: u32, number: f64, most: usize) -> Vec<JsValue>;
    #[wasm_bindgen(method)]
    fn widen(this: &Tap, user: Option<u32>);
    #[wasm_bindgen(method, js_name = forgetRing)]
    fn forget_ring(this: &Tap, user: u32);
    #[wasm_bindgen(method, js_name = sendText)]
    fn send_text(this: &Tap, id: u32, text: &str);
    #[wasm_bindgen(method, js_name = sendText)]
    fn send_shared(this: &Tap, id: u32, text: &JsString);
    #[wasm_bindgen(method, js_name = sendBinary)]
    fn send_binary(this: &Tap, id: u32, bytes: Vec<u8>);
    #[wasm_bindgen(method)]
    fn close(this: &Tap, id: u32);
    #[wasm_bindgen(method, js_name = closeAll)]
    fn close_all(this: &Tap);
    #[wasm_bindgen(method)]
    fn drain(this: &Tap) -> Vec<f64>;
    #[wasm_bindgen(method)]
    fn load(this: &Tap) -> Vec<f64>;
}

impl Sockets {
    /// Sockets for users of `programs`, one per population. Of events that are only counted and have a contract, every
    /// `contract_every`-th is handed on. `told` hears of what happens to them, never from
    /// within a call of this.
    pub fn new(programs: &[Rc<Program>], contract_every: u32, told: impl Fn(FromEdge<'_>) + Clone + 'static) -> Self {
        let callbacks = Callbacks::new(told);
        let Callbacks { opened, text, binary, closed, large } = &callbacks;
        let tap = Tap::new(opened, text, binary, closed, large);
        for (population, program) in programs.iter().enumerate() {
            let counted = program.events.iter().zip(0..).filter(|(event, _)| event.count_only);
            let (names, events): (Vec<_>, Vec<u32>) = counted.map(|(event, index)| (event.name.clone(), index)).unzip();
            let sampled = |event: &u32| program.contract.iter().any(|shape| u32::from(shape.event.0) == *event);
            let every = events.iter().map(|event| if sampled(event) { contract_every } else { 0 }).collect();
            let field = match &program.protocol {
                Protocol::SocketIo => None,
                Protocol::WebSocket { event_field } => Some(event_field.as_str()),
            };
            tap.classify(population, field, names, events, every);
        }
        Self { tap: Rc::new(tap), shared: HashMap::new(), _callbacks: callbacks }
    }

    /// A longer frame is told of, and nobody looks into it.
    pub fn read_at_most(&self, bytes: u64) {
        self.tap.read_at_most(bytes as f64);
    }

    /// # Errors
    /// The browser refuses the address, in its own words. No `Closed` follows.
    pub fn open(&self, socket: SocketId, user: UserId, url: &str, protocols: Vec<String>) -> Result<(), SocketError> {
        let url = opened(url)?;
        let opened = self.tap.open(socket.0, user.population(), user.0, &url, protocols);
        opened.map_err(|error| SocketError::Refused(error.message().into()))
    }

    /// The newest frames of every user that had a socket here.
    pub fn rings(&self) -> Rc<dyn Rings> {
        Rc::new(TapRings(self.tap.clone()))
    }

    pub fn send(&self, socket: SocketId, text: &str) {
        self.tap.send_text(socket.0, text);
    }

    /// A text that many users send becomes a string of the browser once.
    pub fn send_shared(&mut self, socket: SocketId, frame: FrameId, frames: &Frames) {
        let text = self.shared.entry(frame).or_insert_with(|| JsString::from(&**frames.text(frame)));
        self.tap.send_shared(socket.0, text);
    }

    pub fn send_binary(&self, socket: SocketId, bytes: Vec<u8>) {
        self.tap.send_binary(socket.0, bytes);
    }

    /// `Closed` follows if the socket was open.
    pub fn close(&self, socket: SocketId) {
        self.tap.close(socket.0);
    }

    /// The frames that were only counted since the last call.
    pub fn counted(&self) -> Vec<Counted> {
        let counts = self.tap.drain();
        let (rows, _) = counts.as_chunks();
        rows.iter()
            .map(|&[population, event, frames, bytes]| Counted {
                population: population as usize,
                event: event as usize,
                frames: frames as u64,
                bytes: bytes as u64,
            })
            .collect()
    }

    pub fn load(&self) -> SocketLoad {
        let [buffered_max, buffered_sum] = self.tap.load().try_into().expect("tap.js gives exactly these two numbers");
        SocketLoad { buffered_max: buffered_max as u64, buffered_sum: buffered_sum as u64 }
    }
}

/// What `tap.js` keeps.
struct TapRings(Rc<Tap>);

impl Rings for TapRings {
    fn recent(&self, user: UserId, most: usize, sent: usize) -> Vec<Caught> {
        caught(&self.0.recent(user.0, most, sent))
    }

    fn since(&self, user: UserId, number: u64, most: usize) -> Vec<Caught> {
        caught(&self.0.since(user.0, number as f64, most))
    }

    fn note(&self, user: UserId, _: f64, way: Way, line: &str) {
        self.0.note(user.0, way as u8, line);
    }

    fn widen(&self, user: Option<UserId>) {
        self.0.widen(user.map(|user| user.0));
    }

    fn forget(&self, user: UserId) {
        self.0.forget_ring(user.0);
    }
}

fn caught(values: &[JsValue]) -> Vec<Caught> {
    let (frames, _) = values.as_chunks();
    let number = |value: &JsValue| value.as_f64().unwrap_or_default();
    let frame = |[place, at, way, length, more, text]: &[JsValue; 6]| Caught {
        number: number(place) as u64,
        at_ms: number(at),
        way: Way::of_number(number(way) as usize),
        length: number(length) as u32,
        more: number(more) as u32,
        text: text.as_string(),
    };
    frames.iter().map(frame).collect()
}

impl Drop for Sockets {
    fn drop(&mut self) {
        self.tap.close_all();
    }
}

impl Callbacks {
    fn new(told: impl Fn(FromEdge<'_>) + Clone + 'static) -> Self {
        let [on_open, on_text, on_binary, on_large] = std::array::from_fn(|_| told.clone());
        Self {
            opened: Closure::new(move |id| on_open(FromEdge::Opened { socket: SocketId(id) })),
            text: Closure::new(move |id, frame: String| {
                on_text(FromEdge::Text { socket: SocketId(id), frame: &frame })
            }),
            binary: Closure::new(move |id, frame: Vec<u8>| {
                on_binary(FromEdge::Binary { socket: SocketId(id), frame: &frame });
            }),
            large: Closure::new(move |id, bytes: f64| {
                on_large(FromEdge::TooLarge { socket: SocketId(id), bytes: bytes as u64 });
            }),
            closed: Closure::new(move |id, code, reason: String| {
                told(FromEdge::Closed { socket: SocketId(id), code, reason: &reason });
            }),
        }
    }
}
