//! One socket to another place than the target's: does the browser still open any?

use gloo_timers::callback::Timeout;
use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{Event, WebSocket};

use engine::wire::Trial;

/// Under way; closes itself on drop.
pub struct Attempt {
    socket: WebSocket,
    _opened: Closure<dyn FnMut(Event)>,
    _failed: Closure<dyn FnMut(Event)>,
    _timer: Timeout,
}

impl Attempt {
    /// Says once or more whether it opened: the first word counts. `None`: the browser refuses the address.
    pub fn begin(trial: &Trial, told: impl Fn(bool) + Clone + 'static) -> Option<Self> {
        let protocols: Array = trial.protocols.iter().map(JsValue::from).collect();
        let socket = WebSocket::new_with_str_sequence(&trial.url, &protocols).ok()?;
        let say = |opened: bool| {
            let told = told.clone();
            Closure::new(move |_: Event| told(opened))
        };
        let (opened, failed) = (say(true), say(false));
        socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
        socket.set_onclose(Some(failed.as_ref().unchecked_ref()));
        let timer = Timeout::new(PATIENCE_MS, move || told(false));
        Some(Self { socket, _opened: opened, _failed: failed, _timer: timer })
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onclose(None);
        // It may not be open yet, which is all that can go wrong.
        let _ = self.socket.close();
    }
}

/// Chromium holds a handshake back for up to 5 s where others have failed.
const PATIENCE_MS: u32 = 6_000;
