//! A watcher's view: how the run looks, and nothing to press but the way out.

use leptos::prelude::*;

use super::credentials::BrokerState;
use super::picture::TheRun;
use crate::ui::parts::Card;
use crate::ui::store::Store;
use app::Event;

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
                <button class="quiet right" on:click=move |_| store.dispatch(Event::LeaveSwarm)>"Stop watching"</button>
            </div>
        </Card>
        <TheRun />
    }
}
