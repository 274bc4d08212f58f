//! The delivery ledger: who was owed what, and who got it.

use leptos::prelude::*;

use crate::ui::parts::{Card, DataTable};
use crate::ui::store::Store;
use app::run_view::{RECEIVED_COLUMNS, SENT_COLUMNS};

#[component]
pub fn Delivery() -> impl IntoView {
    let store = Store::here();
    let ledger = store.tables(|tables| tables.delivery.clone());
    // Voice users send no messages that somebody is owed.
    let is_absent = store.tables(|tables| !tables.has_chat);
    let verdict = move || ledger.with(|ledger| ledger.verdict.clone());
    let clocks = move || ledger.with(|ledger| ledger.clocks.clone());
    let class = move || format!("verdict {}", ledger.with(|ledger| ledger.mood.class()));
    let sent = Signal::derive(move || ledger.with(|ledger| ledger.sent.clone()));
    let received = Signal::derive(move || ledger.with(|ledger| ledger.received.clone()));
    view! {
        <div hidden=is_absent>
        <Card title="Delivery">
            <p class=class>{verdict}</p>
            <p class="hint" hidden=move || ledger.with(|ledger| ledger.clocks.is_empty())>{clocks}</p>
            <div class="ledgers">
                <DataTable label="Messages" columns=&SENT_COLUMNS rows=sent />
                <DataTable label="Deliveries" columns=&RECEIVED_COLUMNS rows=received />
            </div>
        </Card>
        </div>
    }
}
