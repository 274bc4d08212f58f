//! How the whole run looks, as its conductor shows it to everybody.

use leptos::prelude::*;

use crate::ui::parts::{Card, keyed};
use crate::ui::store::Store;

/// Nothing, as long as nothing was shown.
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
