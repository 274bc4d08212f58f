//! Everything that is only counted: bytes, frames, arrivals, reconnects, events by name.

use leptos::prelude::*;

use crate::ui::parts::{Card, DataTable};
use crate::ui::store::Store;
use app::run_view::COUNTER_COLUMNS;

#[component]
pub fn Counters() -> impl IntoView {
    let store = Store::here();
    let rows = store.tables(|tables| tables.counters.clone());
    view! {
        <Card title="Counters" hint="Of the whole run, warm-up included.">
            <DataTable label="Counters" columns=&COUNTER_COLUMNS rows />
        </Card>
    }
}
