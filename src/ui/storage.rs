//! What the page writes down in this browser for itself.

use leptos::prelude::*;

use app::kept::{Kept, Place};

/// What the page wrote down under this name; empty if it did not.
pub fn remembered(kept: Kept) -> String {
    let stored = storage(kept.place).and_then(|storage| storage.get_item(kept.name).ok().flatten());
    stored.unwrap_or_default()
}

/// A page without storage forgets on reload, which is all that is lost.
pub fn remember(kept: Kept, text: &str) {
    if let Some(storage) = storage(kept.place) {
        let _ = storage.set_item(kept.name, text);
    }
}

fn storage(place: Place) -> Option<web_sys::Storage> {
    match place {
        Place::Tab => window().session_storage().ok().flatten(),
        Place::Browser => window().local_storage().ok().flatten(),
        Place::Database => None,
    }
}
