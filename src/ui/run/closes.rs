//! How conversations ended and where they fell silent, by phase; only shown when somebody speaks.

use leptos::prelude::*;

use super::evidence::investigate;
use crate::ui::parts::{Card, DataTable};
use crate::ui::store::Store;
use app::run_view::{CLOSE_COLUMNS, Clue, SILENCE_COLUMNS};

#[component]
pub fn Closes() -> impl IntoView {
    let store = Store::here();
    let view = store.tables(|tables| tables.voice.as_ref().map(|voice| voice.closes.clone()));
    let closes = Signal::derive(move || view.get().unwrap_or_default().closes);
    let silence = Signal::derive(move || view.get().unwrap_or_default().silence);
    let has_none = move |rows: Signal<Vec<_>>| rows.with(Vec::is_empty);
    let open = move |silence| move |(row, column)| investigate(store, Clue::Phase { silence, row, column });
    view! {
        <div hidden=move || view.with(Option::is_none)>
            <Card title="Closes by phase" hint="Voice users only. Red: not closed by the user itself.">
                <p class="hint" hidden=move || !has_none(closes)>"No connection has ended yet."</p>
                <div hidden=move || has_none(closes)><DataTable label="Closes by phase" columns=&CLOSE_COLUMNS rows=closes on_open=open(false) /></div>
                <p class="hint" hidden=move || !has_none(silence)>"Nobody waited in vain for a sound."</p>
                <div hidden=move || has_none(silence)><DataTable label="Silence by phase" columns=&SILENCE_COLUMNS rows=silence on_open=open(true) /></div>
            </Card>
        </div>
    }
}
