//! What just happened, in one sentence.

use leptos::prelude::*;

use crate::ui::store::Store;
use app::{Event, NoticeKind};

#[component]
pub fn Notice() -> impl IntoView {
    let store = Store::here();
    let notice = store.select(|model| model.notice.clone());
    let class = move || match notice.get().map(|notice| notice.kind) {
        None => "notice empty",
        Some(NoticeKind::Done) => "notice good",
        Some(NoticeKind::Warning) => "notice warn",
        Some(NoticeKind::Problem) => "notice bad",
    };
    view! {
        <div class=class role="status" aria-live="polite">
            <span>{move || notice.get().map(|notice| notice.text)}</span>
            <button class="quiet" hidden=move || notice.get().is_none() on:click=move |_| store.dispatch(Event::DismissNotice)>
                "Dismiss"
            </button>
        </div>
    }
}
