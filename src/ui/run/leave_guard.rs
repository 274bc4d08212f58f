//! Asks before a reload or a closed tab would end a run, or lose one that is kept nowhere.

use leptos::ev::beforeunload;
use leptos::prelude::*;

use crate::ui::store::Store;
use app::Model;

#[component]
pub fn LeaveGuard() -> impl IntoView {
    let store = Store::here();
    let handle = window_event_listener(beforeunload, move |event| {
        if store.peek(Model::would_lose_a_run) {
            event.prevent_default();
        }
    });
    on_cleanup(move || handle.remove());
}
