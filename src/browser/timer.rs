//! The one timer of a worker. It sleeps until the engine's next deadline, whatever the number of users.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{MessageChannel, MessagePort};

use super::clock::Clock;
use base::time::Span;

/// A timer that is armed again and again; dropped, it never fires again.
pub struct BrowserTimer {
    state: Rc<State>,
    /// Brings a message back at once; see [`MIN_NESTED_MS`].
    hop: MessageChannel,
    fire: Closure<dyn Fn()>,
    _on_hop: Closure<dyn Fn()>,
}

struct State {
    clock: Clock,
    armed: Cell<Option<Armed>>,
}

#[derive(Debug, Clone, Copy)]
struct Armed {
    /// What the caller waits for, in milliseconds of the clock.
    deadline_ms: f64,
    /// When the browser was asked to fire: it takes whole milliseconds only.
    asked_ms: f64,
    /// The browser's timer; `None` while it is about to be set.
    timeout: Option<i32>,
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &JsValue, millis: i32) -> i32;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(id: i32);
}

impl BrowserTimer {
    /// `on_fire` hears how much later than asked for the browser woke us.
    pub fn new(on_fire: impl Fn(Span) + 'static) -> Self {
        let state = Rc::new(State { clock: Clock::new(), armed: Cell::new(None) });
        let fire = Closure::<dyn Fn()>::new({
            let state = state.clone();
            move || {
                if let Some(armed) = state.armed.take() {
                    on_fire(Span::from_secs_f64((state.clock.now_ms() - armed.asked_ms) / 1e3));
                }
            }
        });
        let on_hop = Closure::<dyn Fn()>::new({
            let (state, fire) = (state.clone(), fire.as_ref().clone());
            move || state.set_timeout(&fire)
        });
        let hop = MessageChannel::new().expect("browsers with WebAssembly have message channels");
        hop.port1().set_onmessage(Some(on_hop.as_ref().unchecked_ref()));
        Self { state, hop, fire, _on_hop: on_hop }
    }

    /// Fires at `deadline_ms` of the clock, or earlier if it was armed for an earlier time already: the caller looks at
    /// what is due and arms it again, which is cheaper than to move it with every frame.
    pub fn arm(&self, deadline_ms: f64) {
        if self.state.armed.get().is_some_and(|armed| armed.deadline_ms <= deadline_ms) {
            return;
        }
        self.state.clear();
        let now_ms = self.state.clock.now_ms();
        // Rounded down, it would wake us for nothing.
        let wait_ms = (deadline_ms - now_ms).max(0.0).ceil();
        self.state.armed.set(Some(Armed { deadline_ms, asked_ms: now_ms + wait_ms, timeout: None }));
        if wait_ms >= MIN_NESTED_MS {
            self.state.set_timeout(self.fire.as_ref());
        } else {
            let port: MessagePort = self.hop.port2();
            port.post_message(&JsValue::NULL).expect("null can be cloned, so it can be posted");
        }
    }
}

impl State {
    fn set_timeout(&self, fire: &JsValue) {
        if let Some(armed @ Armed { asked_ms, timeout: None, .. }) = self.armed.get() {
            // Rounded up, or it fires before its time when the hop took long; a hundredth is what the clock's digits may be off.
            let wait_ms = (asked_ms - self.clock.now_ms() - 0.01).max(0.0).ceil();
            let timeout = Some(set_timeout(fire, wait_ms as i32));
            self.armed.set(Some(Armed { timeout, ..armed }));
        }
    }

    fn clear(&self) {
        if let Some(Armed { timeout: Some(id), .. }) = self.armed.take() {
            clear_timeout(id);
        }
    }
}

impl Drop for BrowserTimer {
    fn drop(&mut self) {
        self.state.clear();
        self.hop.port1().set_onmessage(None);
        self.hop.port1().close();
    }
}

/// A browser stretches timers that timers set to this. A timer that is set from a message is exempt.
const MIN_NESTED_MS: f64 = 4.0;
