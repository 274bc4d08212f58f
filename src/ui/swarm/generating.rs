//! A generator's view: who wants what from this browser, and how the run goes.

use leptos::prelude::*;

use super::credentials::BrokerState;
use super::name::NameField;
use crate::app::Event;
use crate::app::swarm_view::PartView;
use crate::ui::parts::{Card, keyed};
use crate::ui::safety::{STOP_KEY, StopKeyHint};
use crate::ui::store::Store;

#[component]
pub fn Generating() -> impl IntoView {
    let store = Store::here();
    let part = move |pick: fn(&PartView) -> String| {
        store.swarm(move |swarm| swarm.part.as_ref().map(pick).unwrap_or_default())
    };
    let state = store.swarm(|swarm| swarm.part.as_ref().map(|part| part.state.clone()).unwrap_or_default());
    let name = store.swarm(|swarm| swarm.name.clone());
    let only_watches = store.swarm(|swarm| swarm.only_watches);
    let playing = store.swarm(|swarm| swarm.part.as_ref().is_some_and(|part| part.is_playing));
    let progress = part(|part| part.progress.clone());
    let tiles = store.swarm(|swarm| swarm.part.as_ref().map(|part| part.tiles.clone()).unwrap_or_default());
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
                    on:change=move |event| store.dispatch(Event::WatchOnly(event_target_checked(&event)))
                />
                "Observe only: one user that shows what the others would see if their browsers kept up"
            </label>
            <div class="row">
                <button class="danger" hidden=move || !playing.get() aria-keyshortcuts=STOP_KEY on:click=move |_| store.dispatch(Event::StopPart)>
                    "Stop this browser"<StopKeyHint />
                </button>
                <button class="quiet right" on:click=move |_| store.dispatch(Event::LeaveSwarm)>"Leave the swarm"</button>
            </div>
        </Card>
        <div hidden=move || tiles.with(Vec::is_empty)>
            <Card title="The run" hint=progress>
                <dl class="tiles">{keyed(move || tiles.get(), |(label, ..)| label.clone(), tile)}</dl>
            </Card>
        </div>
    }
}

/// What its operator is asked, and may take back.
#[component]
fn Request() -> impl IntoView {
    let store = Store::here();
    let asking = store.swarm(crate::app::SwarmView::is_asking);
    let has_plan = store.swarm(|swarm| swarm.part.as_ref().is_some_and(|part| !part.plan.is_empty()));
    let fact = move |label: &'static str, pick: fn(&PartView) -> String| {
        let text = store.swarm(move |swarm| swarm.part.as_ref().map(pick).unwrap_or_default());
        view! { <div class="fact"><dt>{label}</dt><dd>{text}</dd></div> }
    };
    view! {
        <div class="stack" hidden=move || !has_plan.get()>
            <dl class="facts">
                {fact("Conductor", |part| part.conductor.clone())}
                {fact("Plan", |part| part.plan.clone())}
                {fact("Load goes to", |part| part.hosts.join(", "))}
                {fact("Each of them gets", |part| part.far.join("; "))}
                {fact("Users, all browsers", |part| part.users.clone())}
                {fact("Length", |part| part.length.clone())}
                {fact("Without its conductor for", |part| format!("{}, then it stops", part.patience))}
            </dl>
            <div class="row" hidden=move || !asking.get()>
                <p>"May this browser put load on these hosts? Only test servers that you may test."</p>
                <button class="primary" on:click=move |_| store.dispatch(Event::Decide(true))>"Allow"</button>
                <button on:click=move |_| store.dispatch(Event::Decide(false))>"Refuse"</button>
            </div>
        </div>
    }
}

pub fn tile(tile: Memo<(String, String, String)>) -> impl IntoView {
    view! {
        <div class="tile">
            <dt>{move || tile.with(|tile| tile.0.clone())}</dt>
            <dd>{move || tile.with(|tile| tile.1.clone())}</dd>
            <dd class="hint">{move || tile.with(|tile| tile.2.clone())}</dd>
        </div>
    }
}
