//! The generator's own health, always beside the results.

use leptos::prelude::*;

use super::insights::anchor;
use crate::ui::parts::{Card, DataTable, Facts};
use crate::ui::store::Store;
use app::run::view::WORKER_COLUMNS;
use metrics::Section;

/// What a reader of the results must know before anything else; nothing while the generator keeps up.
#[component]
pub fn Warnings() -> impl IntoView {
    let store = Store::here();
    let warnings = store.tables(|tables| tables.health.warnings.clone());
    view! {
        <section class="verdict warn" aria-label="Warnings" hidden=move || warnings.with(Vec::is_empty)>
            <p>"The results also show this browser, not only the server:"</p>
            <ul><For each=move || warnings.get() key=String::clone children=|text| view! { <li>{text}</li> } /></ul>
        </section>
    }
}

#[component]
pub fn Health() -> impl IntoView {
    let store = Store::here();
    let says = store.tables(|tables| (tables.health.says.clone(), tables.health.mood));
    let workers = store.tables(|tables| tables.health.workers.clone());
    let facts = store.tables(|tables| tables.health.facts.clone());
    view! {
        <Card title="Generator health" anchor=anchor(store, Section::Generator)>
            <p class=move || format!("verdict {}", says.get().1.class())>{move || says.get().0}</p>
            <DataTable label="Workers" columns=&WORKER_COLUMNS rows=workers />
            <Facts facts />
        </Card>
    }
}
