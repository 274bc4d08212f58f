//! One row per metric: how often, how fast, how many failed.

use leptos::prelude::*;

use crate::ui::parts::{Card, DataTable, Select};
use crate::ui::store::Store;
use app::run_view::OPERATION_COLUMNS;

#[component]
pub fn Operations() -> impl IntoView {
    let store = Store::here();
    let populations =
        store.tables(|tables| tables.operations.iter().map(|table| table.population.clone()).collect::<Vec<_>>());
    let chosen = RwSignal::new(String::new());
    let rows = store.tables(move |tables| {
        let table = tables.operations.iter().find(|table| table.population == chosen.get());
        table.map(|table| table.rows.clone()).unwrap_or_default()
    });
    let options = Signal::derive(move || {
        let label = |name: String| (name.clone(), if name.is_empty() { "All users".to_owned() } else { name });
        populations.get().into_iter().map(label).collect::<Vec<_>>()
    });
    view! {
        <Card title="Operations" hint="Latencies and counts of samples without the warm-up; errors with it.">
            <div class="narrow" hidden=move || populations.with(Vec::len) < 2>
                <Select label="Users" options value=chosen on_choose=move |name| chosen.set(name) />
            </div>
            <DataTable label="Operations" columns=&OPERATION_COLUMNS rows />
        </Card>
    }
}
