//! The run as a file: every format with what it is good for.

use leptos::prelude::*;

use crate::ui::parts::Dialog;
use crate::ui::store::Store;
use app::results::ResultsEvent;
use app::run::RunEvent;
use app::run::save::Format;

#[component]
pub fn Save(#[prop(into)] hidden: Signal<bool>) -> impl IntoView {
    let store = Store::here();
    let open = RwSignal::new(false);
    let choose = move |format| {
        open.set(false);
        if store.is_past() {
            store.dispatch(ResultsEvent::SaveReport(format));
        } else {
            store.dispatch(RunEvent::Save(format));
        }
    };
    let offer = move |format: Format| {
        let (title, about) = format.offer();
        view! { <li><button on:click=move |_| choose(format)>{title}</button><span class="hint">{about}</span></li> }
    };
    view! {
        <button hidden=hidden on:click=move |_| open.set(true)>"Save…"</button>
        <Dialog
            title="Save this run"
            open
            content=move || view! {
                <p class="hint">"All formats say the same numbers. None of them holds a secret."</p>
                <ul class="offers">{Format::ALL.map(offer).collect_view()}</ul>
            }
        />
    }
}
