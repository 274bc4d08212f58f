//! Keeps the screen on, so that the machine does not fall asleep in the middle of a run. A browser takes the lock from a page that is
//! hidden, and gives it again when it is asked for after that.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::visibility::Visibility;

#[wasm_bindgen]
extern "C" {
    /// Fails where there are no such locks: on pages that are neither encrypted nor of this machine, and in some browsers.
    #[wasm_bindgen(js_namespace = ["navigator", "wakeLock"], js_name = request, catch)]
    fn request(kind: &str) -> Result<Promise, JsValue>;
}

/// Held until it is dropped, as far as the browser lets us; that it does not is no error.
pub struct WakeLock {
    inner: Rc<Inner>,
    _visibility: Option<Visibility>,
}

#[derive(Default)]
struct Inner {
    /// What the browser gave last.
    sentinel: RefCell<Option<JsValue>>,
    is_over: Cell<bool>,
}

impl WakeLock {
    pub fn hold() -> Self {
        let inner = Rc::new(Inner::default());
        let weak = Rc::downgrade(&inner);
        let visibility = Visibility::watch(move |hidden| {
            if !hidden {
                spawn_local(ask(weak.clone()));
            }
        });
        Self { inner, _visibility: visibility }
    }
}

impl Drop for WakeLock {
    fn drop(&mut self) {
        self.inner.is_over.set(true);
        if let Some(sentinel) = self.inner.sentinel.borrow_mut().take() {
            release(&sentinel);
        }
    }
}

async fn ask(inner: Weak<Inner>) {
    let Ok(promise) = request("screen") else { return };
    let Ok(sentinel) = JsFuture::from(promise).await else { return };
    // The run may have ended while the browser thought about it.
    let Some(inner) = inner.upgrade().filter(|inner| !inner.is_over.get()) else { return release(&sentinel) };
    let before = inner.sentinel.borrow_mut().replace(sentinel);
    before.iter().for_each(release);
}

fn release(sentinel: &JsValue) {
    if let Ok(release) = Reflect::get(sentinel, &"release".into())
        && let Some(release) = release.dyn_ref::<Function>()
    {
        // It gives a promise that nobody waits for; one that was released already is released once more.
        let _ = release.call0(sentinel);
    }
}
