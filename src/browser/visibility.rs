//! Whether the page is hidden: a browser then slows the page's timers down.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Document, VisibilityState};

/// Reports changes until it is dropped.
#[derive(Debug)]
pub struct Visibility {
    document: Document,
    on_change: Closure<dyn FnMut()>,
}

impl Visibility {
    /// Calls `on_change(hidden)` at once and after each change. `None` outside of a page.
    pub fn watch(mut on_change: impl FnMut(bool) + 'static) -> Option<Self> {
        let document = web_sys::window()?.document()?;
        on_change(is_hidden(&document));
        let observed = document.clone();
        let on_change = Closure::new(move || on_change(is_hidden(&observed)));
        document.add_event_listener_with_callback(EVENT, on_change.as_ref().unchecked_ref()).ok()?;
        Some(Self { document, on_change })
    }
}

impl Drop for Visibility {
    fn drop(&mut self) {
        // Removing a listener that was added cannot fail.
        let _ = self.document.remove_event_listener_with_callback(EVENT, self.on_change.as_ref().unchecked_ref());
    }
}

fn is_hidden(document: &Document) -> bool {
    document.visibility_state() == VisibilityState::Hidden
}

const EVENT: &str = "visibilitychange";
