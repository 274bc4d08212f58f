//! The few numbers that are looked at first.

use leptos::prelude::*;

use crate::ui::store::Store;

#[component]
pub fn Tiles() -> impl IntoView {
    let store = Store::here();
    let tiles = store.run(|run| run.tiles.clone());
    let tile = move |at: usize| {
        let tile = Memo::new(move |_| tiles.with(|tiles| tiles.get(at).cloned().unwrap_or_default()));
        view! {
            <div class="tile">
                <dt>{move || tile.with(|tile| tile.label)}</dt>
                <dd class=move || tile.with(|tile| tile.mood.class())>{move || tile.with(|tile| tile.value.clone())}</dd>
                <dd class="hint">{move || tile.with(|tile| tile.note.clone())}</dd>
            </div>
        }
    };
    view! { <dl class="tiles"><For each=move || 0..tiles.with(Vec::len) key=|at| *at children=tile /></dl> }
}
