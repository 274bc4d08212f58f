//! The plan's thresholds and how the run does by them.

use leptos::prelude::*;

use crate::ui::parts::{Card, keyed};
use crate::ui::store::Store;
use app::run_view::ThresholdRow;

#[component]
pub fn Thresholds() -> impl IntoView {
    let store = Store::here();
    let rows = store.tables(|tables| tables.thresholds.clone());
    view! {
        <div hidden=move || rows.with(Vec::is_empty)>
            <Card title="Thresholds">
                <ul class="outcomes">{keyed(move || rows.get(), |row| row.text.clone(), item)}</ul>
            </Card>
        </div>
    }
}

fn item(row: Memo<ThresholdRow>) -> impl IntoView {
    view! {
        <li>
            <span class=move || format!("chip {}", row.with(|row| row.mood.class()))>{move || row.with(|row| row.outcome)}</span>
            <code>{move || row.with(|row| row.text.clone())}</code>
            <span class="hint">
                {move || row.with(|row| match row.note.as_str() {
                    "" => format!("measured {}", row.actual),
                    note => format!("measured {} ({note})", row.actual),
                })}
            </span>
        </li>
    }
}
