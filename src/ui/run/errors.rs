//! What failed, by operation, code and phase, with a sample of each.

use leptos::prelude::*;

use super::evidence::investigate;
use crate::ui::parts::{Card, DataTable};
use crate::ui::store::Store;
use app::run_view::{Clue, ERROR_COLUMNS};

#[component]
pub fn Errors() -> impl IntoView {
    let store = Store::here();
    let rows = store.tables(|tables| tables.errors.clone());
    let is_empty = move || rows.with(Vec::is_empty);
    view! {
        <Card title="Errors" hint=Signal::derive(move || if is_empty() { "None." } else { "" }.to_owned())>
            <div hidden=is_empty><DataTable label="Errors" columns=&ERROR_COLUMNS rows on_open=move |(row, _)| investigate(store, Clue::Error(row)) /></div>
        </Card>
    }
}
