//! The tables of a run, each in its card.

use leptos::prelude::*;

use super::evidence::investigate;
use super::insights::anchor;
use crate::ui::parts::{Card, DataTable, Select, keyed};
use crate::ui::store::Store;
use app::run::view::{
    CLOSE_COLUMNS, CONSISTENCY_COLUMNS, CONTRACT_COLUMNS, COUNTER_COLUMNS, Clue, DISCONNECT_COLUMNS, ERROR_COLUMNS,
    OPERATION_COLUMNS, RECEIVED_COLUMNS, SENT_COLUMNS, SILENCE_COLUMNS, ThresholdRow,
};
use metrics::Section;

/// The plan's thresholds and how the run does by them.
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

/// One row per metric: how often, how fast, how many failed.
#[component]
pub fn Operations() -> impl IntoView {
    let store = Store::here();
    let populations =
        store.tables(|tables| tables.operations.iter().map(|table| table.population.clone()).collect::<Vec<_>>());
    let chosen = RwSignal::new(String::new());
    let rows = store.tables(move |tables| {
        let chosen = chosen.get();
        // Another run has other populations.
        let table = tables.operations.iter().find(|table| table.population == chosen);
        table.or(tables.operations.first()).map(|table| table.rows.clone()).unwrap_or_default()
    });
    let options = Signal::derive(move || {
        let label = |name: String| (name.clone(), if name.is_empty() { "All users".to_owned() } else { name });
        populations.get().into_iter().map(label).collect::<Vec<_>>()
    });
    view! {
        <Card title="Operations" hint="Latencies and counts of samples without the warm-up; errors with it." anchor=anchor(store, Section::Operations)>
            <div class="narrow" hidden=move || populations.with(Vec::len) < 2>
                <Select label="Users" options value=chosen on_choose=move |name| chosen.set(name) />
            </div>
            <DataTable label="Operations" columns=&OPERATION_COLUMNS rows />
        </Card>
    }
}

/// The delivery ledger: who was owed what, and who got it.
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

/// What failed, by operation, code and phase, with a sample of each.
#[component]
pub fn Errors() -> impl IntoView {
    let store = Store::here();
    let rows = store.tables(|tables| tables.errors.clone());
    let is_empty = move || rows.with(Vec::is_empty);
    view! {
        <Card title="Errors" hint=Signal::derive(move || if is_empty() { "None." } else { "" }.to_owned()) anchor=anchor(store, Section::Errors)>
            <div hidden=is_empty><DataTable label="Errors" columns=&ERROR_COLUMNS rows on_open=move |(row, _)| investigate(store, Clue::Error(row)) /></div>
        </Card>
    }
}

/// How connections ended, and who ended them.
#[component]
pub fn Disconnects() -> impl IntoView {
    let store = Store::here();
    let rows = store.tables(|tables| tables.disconnects.clone());
    let notes = store.tables(|tables| tables.close_notes.clone());
    let is_empty = move || rows.with(Vec::is_empty);
    view! {
        <Card title="Disconnects" hint=Signal::derive(move || if is_empty() { "None." } else { "" }.to_owned()) anchor=anchor(store, Section::Disconnects)>
            <div hidden=is_empty><DataTable label="Disconnects" columns=&DISCONNECT_COLUMNS rows on_open=move |(row, _)| investigate(store, Clue::Close(row)) /></div>
            {move || notes.get().into_iter().map(|note| view! { <p class="hint">{note}</p> }).collect_view()}
        </Card>
    }
}

/// Everything that is only counted: bytes, frames, arrivals, reconnects, events by name.
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

/// How conversations ended and where they fell silent, by phase; only shown when somebody speaks.
#[component]
pub fn Closes() -> impl IntoView {
    let store = Store::here();
    let view = store.tables(|tables| tables.voice.as_ref().map(|voice| voice.closes.clone()));
    let closes = Signal::derive(move || view.get().unwrap_or_default().closes);
    let silence = Signal::derive(move || view.get().unwrap_or_default().silence);
    let quiet = Signal::derive(move || view.get().unwrap_or_default().quiet);
    let has_none = move |rows: Signal<Vec<_>>| rows.with(Vec::is_empty);
    let open = move |silence| move |(row, column)| investigate(store, Clue::Phase { silence, row, column });
    view! {
        <div hidden=move || view.with(Option::is_none)>
            <Card title="Closes by phase" hint="Voice users only. Red: not closed by the user itself.">
                <p class="hint" hidden=move || !has_none(closes)>"No connection has ended."</p>
                <div hidden=move || has_none(closes)><DataTable label="Closes by phase" columns=&CLOSE_COLUMNS rows=closes on_open=open(false) /></div>
                <p class="hint" hidden=move || quiet.with(String::is_empty)>{move || quiet.get()}</p>
                <div hidden=move || has_none(silence)><DataTable label="Silence by phase" columns=&SILENCE_COLUMNS rows=silence on_open=open(true) /></div>
            </Card>
        </div>
    }
}

/// Events against their expected shapes.
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

/// The server's history against what was delivered.
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
