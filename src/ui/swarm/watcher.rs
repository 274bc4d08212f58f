//! A watcher's view: how the run looks, and nothing to press but the way out.

use leptos::prelude::*;

use super::broker::BrokerState;
use crate::ui::parts::{Card, keyed};
use crate::ui::store::Store;
use app::swarm::SwarmEvent;

#[component]
pub fn Watching() -> impl IntoView {
    let store = Store::here();
    let state = store.swarm(|swarm| swarm.part.as_ref().map(|part| part.state.clone()).unwrap_or_default());
    view! {
        <Card title="This page watches a swarm" hint="Its link shows how the run looks. It plays nothing, and nobody can be told anything with it.">
            <BrokerState />
            <p class=move || format!("verdict {}", state.with(|(_, mood)| mood.class())) role="status">
                {move || state.with(|(text, _)| format!("{text}."))}
            </p>
            <div class="row">
                <button class="quiet right" on:click=move |_| store.dispatch(SwarmEvent::Leave)>"Stop watching"</button>
            </div>
        </Card>
        <TheRun />
    }
}

/// How the whole run looks, as its conductor shows it to everybody. Nothing, as long as nothing was shown.
#[component]
pub fn TheRun() -> impl IntoView {
    let store = Store::here();
    let progress = store.swarm(|swarm| swarm.part.as_ref().map(|part| part.progress.clone()).unwrap_or_default());
    let tiles = store.swarm(|swarm| swarm.part.as_ref().map(|part| part.tiles.clone()).unwrap_or_default());
    view! {
        <div hidden=move || tiles.with(Vec::is_empty)>
            <Card title="The run" hint=progress>
                <dl class="tiles">{keyed(move || tiles.get(), |(label, ..)| label.clone(), tile)}</dl>
            </Card>
        </div>
    }
}

fn tile(tile: Memo<(String, String, String)>) -> impl IntoView {
    view! {
        <div class="tile">
            <dt>{move || tile.with(|tile| tile.0.clone())}</dt>
            <dd>{move || tile.with(|tile| tile.1.clone())}</dd>
            <dd class="hint">{move || tile.with(|tile| tile.2.clone())}</dd>
        </div>
    }
}
