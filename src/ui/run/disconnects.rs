//! How connections ended, and who ended them.

use leptos::prelude::*;

use super::evidence::investigate;
use crate::ui::parts::{Card, DataTable};
use crate::ui::store::Store;
use app::run_view::{Clue, DISCONNECT_COLUMNS};

#[component]
pub fn Disconnects() -> impl IntoView {
    let store = Store::here();
    let rows = store.tables(|tables| tables.disconnects.clone());
    let is_empty = move || rows.with(Vec::is_empty);
    view! {
        <Card title="Disconnects" hint=Signal::derive(move || if is_empty() { "None." } else { "" }.to_owned())>
            <div hidden=is_empty><DataTable label="Disconnects" columns=&DISCONNECT_COLUMNS rows on_open=move |(row, _)| investigate(store, Clue::Close(row)) /></div>
        </Card>
    }
}
