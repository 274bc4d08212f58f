//! The event log, newest first.

use std::sync::Arc;

use leptos::prelude::*;

use crate::ui::parts::{Card, Select, unique_id};
use crate::ui::store::Store;
use app::format;
use app::run::RunEvent;
use app::run::log::LogRow;
use engine::wire::LogLevel;

#[component]
pub fn Log() -> impl IntoView {
    let store = Store::here();
    let log = store.run(|run| Arc::clone(&run.log));
    let left_out = store.run(|run| run.log.left_out);
    let row = |row: LogRow| {
        view! {
            <li class=row.level.name()>
                <time>{row.time}</time>
                <span class="level">{row.level.name()}</span>
                <span class="who">{row.who}</span>
                <span class="text">{row.text}</span>
            </li>
        }
    };
    view! {
        <Card title="Log">
            <Filter />
            <p class="hint" hidden=move || left_out.get() == 0>
                {move || format!("{} older lines are gone.", format::count(left_out.get()))}
            </p>
            <ol class="log" tabindex="0" aria-label="Log lines, newest first">
                <For each=move || log.with(|log| log.rows.clone()) key=|row| row.id children=row />
            </ol>
        </Card>
    }
}

#[component]
fn Filter() -> impl IntoView {
    let store = Store::here();
    let filter = store.select(|model| model.run.log_filter.clone());
    let id = unique_id("words");
    let options =
        Signal::stored(LEVELS.map(|level| (level.name().to_owned(), format!("{} and worse", level.name()))).to_vec());
    let on_words = move |event| {
        store.dispatch(RunEvent::FilterLog { level: filter.get_untracked().level, words: event_target_value(&event) });
    };
    let on_level = move |name: String| {
        let level = LEVELS.into_iter().find(|level| level.name() == name).unwrap_or(LogLevel::Info);
        store.dispatch(RunEvent::FilterLog { level, words: filter.get_untracked().words });
    };
    view! {
        <div class="filter">
            <Select label="Level" options value=Signal::derive(move || filter.get().level.name().to_owned()) on_choose=on_level bare=true />
            <label class="unseen" for=id.clone()>"Words"</label>
            <input id=id type="text" placeholder="Filter by words" prop:value=move || filter.get().words on:input=on_words />
        </div>
    }
}

const LEVELS: [LogLevel; 3] = [LogLevel::Info, LogLevel::Warning, LogLevel::Error];
