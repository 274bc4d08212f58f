//! What conversations came to; only shown when somebody speaks.

use leptos::prelude::*;

use super::insights::anchor;
use crate::ui::parts::{Card, DataTable, Facts};
use crate::ui::store::Store;
use app::run::view::{ANSWER_COLUMNS, TURN_COLUMNS};
use metrics::Section;

#[component]
pub fn Voice() -> impl IntoView {
    let store = Store::here();
    let voice = store.tables(|tables| tables.voice.clone().unwrap_or_default());
    let is_absent = store.tables(|tables| tables.voice.is_none());
    let class = move || format!("verdict {}", voice.with(|voice| voice.mood.class()));
    let turns = Signal::derive(move || voice.with(|voice| voice.turns.clone()));
    let answers = Signal::derive(move || voice.with(|voice| voice.answers.clone()));
    let facts = Signal::derive(move || voice.with(|voice| voice.facts.clone()));
    view! {
        <div hidden=is_absent>
            <Card title="Conversations" anchor=anchor(store, Section::Conversations)>
                <p class=class>{move || voice.with(|voice| voice.verdict.clone())}</p>
                <div class="ledgers">
                    <DataTable label="Turns" columns=&TURN_COLUMNS rows=turns />
                    <DataTable label="Answers" columns=&ANSWER_COLUMNS rows=answers />
                </div>
                <Facts facts />
            </Card>
        </div>
    }
}
