//! Frames as lines, of the user that is watched and in evidence.

use leptos::prelude::*;

use crate::ui::parts::{keyed, unique_id};
use crate::ui::store::Store;
use app::run::frames::FrameRow;
use app::trace::TraceEvent;

/// The watched user's.
#[component]
pub fn Frames() -> impl IntoView {
    let store = Store::here();
    let see = move |event| store.dispatch(event);
    let rows = store.select(|model| model.trace.rows());
    let extent = store.select(|model| model.trace.extent());
    let words = store.select(|model| model.trace.words.clone());
    let id = unique_id("search");
    view! {
        <section class="traffic" aria-label="Frames">
            <div class="traffic-head">
                <h3>"Frames"</h3>
                <label class="unseen" for=id.clone()>"Search"</label>
                <input
                    id=id
                    type="search"
                    autocomplete="off"
                    placeholder="Search"
                    prop:value=words
                    on:input=move |event| see(TraceEvent::Search(event_target_value(&event)))
                />
                <button class="quiet" on:click=move |_| see(TraceEvent::CopyFrames)>"Copy"</button>
            </div>
            <p class="hint" role="status">{extent}</p>
            <FrameList rows label="Frames, newest first" />
        </section>
    }
}

#[component]
pub fn FrameList(#[prop(into)] rows: Signal<Vec<FrameRow>>, label: &'static str) -> impl IntoView {
    view! {
        <ol class="heard frames" tabindex="0" aria-label=label>
            {keyed(move || rows.get(), |row: &FrameRow| row.id.clone(), item)}
        </ol>
    }
}

fn item(row: Memo<FrameRow>) -> impl IntoView {
    let FrameRow { time, way, .. } = row.get_untracked();
    let (arrow, word, class) = way.words();
    view! {
        <li class=class>
            <time>{time}</time>
            <span class="arrow" aria-hidden="true">{arrow}</span>
            <span class="unseen">{word}</span>
            <span class="text">{move || row.with(|row| row.text.clone())}</span>
        </li>
    }
}
