//! Whether the browser freezes the page: then nothing of it runs, its workers neither. And whether it had thrown it away.

use wasm_bindgen::prelude::*;
use web_sys::Document;

/// An event's name, and what listens to it.
type Listener = (&'static str, Closure<dyn FnMut()>);

/// Reports both until it is dropped.
#[derive(Debug)]
pub struct Freezing {
    document: Document,
    listeners: [Listener; 2],
}

impl Freezing {
    /// Calls `on_change(frozen)` before the page freezes and after it woke. `None` outside of a page.
    pub fn watch(on_change: impl Fn(bool) + Clone + 'static) -> Option<Self> {
        let document = web_sys::window()?.document()?;
        let listeners = [("freeze", true), ("resume", false)].map(|(event, frozen)| {
            let on_change = on_change.clone();
            let listener = Closure::<dyn FnMut()>::new(move || on_change(frozen));
            // Where there are no such events, none comes.
            let _ = document.add_event_listener_with_callback(event, listener.as_ref().unchecked_ref());
            (event, listener)
        });
        Some(Self { document, listeners })
    }
}

impl Drop for Freezing {
    fn drop(&mut self) {
        for (event, listener) in &self.listeners {
            // Removing a listener that was added cannot fail.
            let _ = self.document.remove_event_listener_with_callback(event, listener.as_ref().unchecked_ref());
        }
    }
}

/// The browser had thrown this page away to save memory, and loaded it anew when somebody looked at it.
pub fn was_discarded() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    let value = document.and_then(|document| js_sys::Reflect::get(&document, &"wasDiscarded".into()).ok());
    value.is_some_and(|value| value.is_truthy())
}
