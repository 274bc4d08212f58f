//! A generator's view: who wants what from this browser, and how the run goes.

use leptos::prelude::*;

use super::broker::BrokerState;
use super::consent::Terms;
use super::name::NameField;
use super::watcher::TheRun;
use crate::ui::parts::Card;
use crate::ui::safety::{STOP_KEY, StopKeyHint};
use crate::ui::store::Store;
use app::swarm::Reply;
use app::swarm::SwarmEvent;
use swarm::Consent;

#[component]
pub fn Generating() -> impl IntoView {
    let store = Store::here();
    let state = store.swarm(|swarm| swarm.part.as_ref().map(|part| part.state.clone()).unwrap_or_default());
    let name = store.swarm(|swarm| swarm.name.clone());
    let only_watches = store.swarm(|swarm| swarm.only_watches);
    let playing = store.swarm(|swarm| swarm.part.as_ref().is_some_and(|part| part.is_playing));
    view! {
        <Card title="This browser is part of a swarm">
            <BrokerState />
            <p class=move || format!("verdict {}", state.with(|(_, mood)| mood.class())) role="status">
                {move || format!("{}: {}.", name.get(), state.with(|(text, _)| text.clone()))}
            </p>
            <Request />
            <NameField />
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=only_watches
                    disabled=playing
                    on:change=move |event| store.dispatch(SwarmEvent::WatchOnly(event_target_checked(&event)))
                />
                "Observe only: one user that shows what the others would see if their browsers kept up"
            </label>
            <div class="row">
                <button class="danger" hidden=move || !playing.get() aria-keyshortcuts=STOP_KEY on:click=move |_| store.dispatch(SwarmEvent::StopPart)>
                    "Stop this browser"<StopKeyHint />
                </button>
                <button class="quiet right" on:click=move |_| store.dispatch(SwarmEvent::Leave)>"Leave the swarm"</button>
            </div>
        </Card>
        <TheRun />
    }
}

/// What its operator was asked, and may take back. While it plays, it is asked here and not by a dialog.
#[component]
fn Request() -> impl IntoView {
    let store = Store::here();
    let asking = store.swarm(|swarm| swarm.is_asking() && swarm.part.as_ref().is_some_and(|part| part.is_playing));
    let has_plan = store.swarm(|swarm| swarm.part.as_ref().is_some_and(|part| !part.plan.is_empty()));
    let consent = store.swarm(|swarm| swarm.part.as_ref().map(|part| part.consent.clone()).unwrap_or_default());
    let can_take_back = move || consent.with(|consent| *consent == Consent::Given);
    let can_ask = move || consent.with(|consent| matches!(consent, Consent::Refused(_)));
    let reply = move |allows| store.dispatch(SwarmEvent::Reply(Reply { allows, ..Reply::default() }));
    view! {
        <div class="stack" hidden=move || !has_plan.get()>
            <Terms />
            <div class="row" hidden=move || !asking.get()>
                <p>"May this load come from this browser, too? It is more than you agreed to."</p>
                <button class="primary" on:click=move |_| reply(true)>"Allow"</button>
                <button on:click=move |_| reply(false)>"Refuse"</button>
            </div>
            <div class="row">
                <button class="quiet" hidden=move || !can_take_back() on:click=move |_| store.dispatch(SwarmEvent::TakeBack)>"Take the permission back"</button>
                <button class="quiet" hidden=move || !can_ask() on:click=move |_| store.dispatch(SwarmEvent::AskAgain)>"Ask me again"</button>
            </div>
        </div>
    }
}
