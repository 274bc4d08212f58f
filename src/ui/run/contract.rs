//! Events against their expected shapes, and the server's history against what was delivered.

use leptos::prelude::*;

use crate::ui::parts::{Card, DataTable};
use crate::ui::store::Store;
use app::run_view::{CONSISTENCY_COLUMNS, CONTRACT_COLUMNS};

#[component]
pub fn Contract() -> impl IntoView {
    let store = Store::here();
    let view = store.tables(|tables| tables.contract.clone());
    let rows = Signal::derive(move || view.with(|view| view.rows.clone()));
    view! {
        <div hidden=move || view.with(|view| view.verdict.is_empty())>
            <Card title="Contract">
                <p class=move || format!("verdict {}", view.with(|view| view.mood.class()))>{move || view.with(|view| view.verdict.clone())}</p>
                <div hidden=move || rows.with(Vec::is_empty)><DataTable label="Contract" columns=&CONTRACT_COLUMNS rows /></div>
            </Card>
        </div>
    }
}

#[component]
pub fn Consistency() -> impl IntoView {
    let store = Store::here();
    let view = store.tables(|tables| tables.consistency.clone());
    let rows = Signal::derive(move || view.with(|view| view.rows.clone()));
    view! {
        <div hidden=move || view.with(|view| view.verdict.is_empty())>
            <Card title="Consistency">
                <p class=move || format!("verdict {}", view.with(|view| view.mood.class()))>{move || view.with(|view| view.verdict.clone())}</p>
                <DataTable label="Consistency" columns=&CONSISTENCY_COLUMNS rows />
            </Card>
        </div>
    }
}
