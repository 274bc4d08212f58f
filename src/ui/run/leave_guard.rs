//! Asks before a reload or a closed tab would end a run.

use leptos::ev::beforeunload;
use leptos::prelude::*;

use crate::ui::store::Store;

#[component]
pub fn LeaveGuard() -> impl IntoView {
    let store = Store::here();
    let handle = window_event_listener(beforeunload, move |event| {
        if store.peek(|model| model.run.status.is_running()) {
            event.prevent_default();
        }
    });
    on_cleanup(move || handle.remove());
}
