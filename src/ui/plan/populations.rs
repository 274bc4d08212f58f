//! Several kinds of users in one plan: one tab each.

use leptos::prelude::*;

use crate::ui::store::Store;
use app::plan::Edit;

#[component]
pub fn PopulationTabs() -> impl IntoView {
    let store = Store::here();
    let names = store.plan(|editor| editor.population_names());
    let open = store.plan(|editor| editor.population());
    let tabs = move || {
        let tab = |(at, name): (usize, String)| {
            let current = move || (open.get() == at).then_some("true");
            view! { <button class="tab" aria-current=current on:click=move |_| store.dispatch(Edit::SelectPopulation(at))>{name}</button> }
        };
        names.get().into_iter().enumerate().map(tab).collect_view()
    };
    view! {
        <nav class="populations" aria-label="Populations">
            {tabs}
            <button class="quiet" title="A further kind of users, running at the same time" on:click=move |_| store.dispatch(Edit::AddPopulation)>
                "+ Population"
            </button>
            <button
                class="quiet right"
                hidden=move || names.with(Vec::len) < 2
                on:click=move |_| store.dispatch(Edit::RemovePopulation(open.get()))
            >
                "Remove"
            </button>
        </nav>
    }
}
