//! How many users, when.

use leptos::prelude::*;

use super::load_fields::{BatchFields, ClosedFields, OpenFields, ShapeFields};
use crate::ui::parts::{Card, ProblemsAt};
use crate::ui::store::Store;
use app::plan::Edit;
use app::plan::load_form::LoadKind;
use app::plan::population_path;

#[component]
pub fn LoadCard() -> impl IntoView {
    let store = Store::here();
    let kind = store.plan(|editor| {
        let load = population_path(editor.population()).key("load");
        LoadKind::of(load.find(editor.document()))
    });
    let fields = move || {
        kind.get().map(|kind| match kind {
            LoadKind::Shape => view! { <ShapeFields /> }.into_any(),
            LoadKind::Closed => view! { <ClosedFields /> }.into_any(),
            LoadKind::Open => view! { <OpenFields /> }.into_any(),
            LoadKind::Batch => view! { <BatchFields /> }.into_any(),
        })
    };
    view! {
        <Card title="Users and load">
            <div class="segments" role="group" aria-label="Kind of load">
                {LoadKind::ALL
                    .map(|choice| {
                        view! {
                            <button
                                aria-pressed=move || (kind.get() == Some(choice)).to_string()
                                on:click=move |_| if kind.get() != Some(choice) { store.dispatch(Edit::ChooseLoad(choice)) }
                            >
                                {choice.label()}
                            </button>
                        }
                    })
                    .collect_view()}
            </div>
            <p class="hint">{move || kind.get().map(LoadKind::hint)}</p>
            {fields}
            <ProblemsAt path=store.in_population("load") />
            <ProblemsAt path=store.in_population("load.stages") />
        </Card>
    }
}
