//! All kept runs, and what can be done with them.

use leptos::prelude::*;
use web_sys::File;

use super::row::RunRow;
use crate::ui::forget::ForgetButton;
use crate::ui::parts::{Card, FileButton, keyed, read_text};
use crate::ui::store::Store;
use app::page::{Page, PageEvent};
use app::results::{ResultsEvent, room, rows};

#[component]
pub fn List() -> impl IntoView {
    let store = Store::here();
    let hint = store.select(|model| room(&model.results.entries));
    let shown = store.select(|model| {
        let results = &model.results;
        rows(&results.entries, &results.marked, results.editing.as_deref())
    });
    let is_empty = move || shown.with(Vec::is_empty);
    view! {
        <div class="stack">
            <Card title="Results" hint=Signal::derive(move || hint.get())>
                <Tools />
                <Remarks />
                <p class="empty" hidden=move || !is_empty()>
                    "No run is kept yet. Every run is, while it goes; also one whose page is closed in the middle. "
                    <button class="link" on:click=move |_| store.dispatch(PageEvent::Show(Page::Plan))>"To the plan"</button>
                </p>
                <div class="scroll" tabindex="0" role="region" aria-label="Kept runs, table" hidden=is_empty>
                    <table class="numbers kept">
                        <thead>
                            <tr>
                                <th scope="col"><span class="unseen">"Compare"</span></th>
                                <th scope="col" class="name">"Run"</th>
                                <th scope="col">"Verdict"</th>
                                <th scope="col">"Server"</th>
                                <th scope="col" class="num">"Users"</th>
                                <th scope="col" class="num">"Length"</th>
                                <th scope="col" class="num">"Latency"</th>
                                <th scope="col" class="num">"Errors"</th>
                                <th scope="col" class="num">"Missing"</th>
                                <th scope="col"><span class="unseen">"Actions"</span></th>
                            </tr>
                        </thead>
                        <tbody>{keyed(move || shown.get(), |row| row.id.clone(), |row| view! { <RunRow row /> })}</tbody>
                    </table>
                </div>
            </Card>
        </div>
    }
}

#[component]
fn Tools() -> impl IntoView {
    let store = Store::here();
    let marked = store.select(|model| model.results.marked.len());
    let is_empty = store.select(|model| model.results.entries.iter().all(|entry| entry.deleted));
    let compare = move || match marked.get() {
        0 | 1 => "Compare".to_owned(),
        count => format!("Compare {count} runs"),
    };
    let on_file = move |file: File| {
        read_text(file, move |name, file| {
            store.dispatch(ResultsEvent::FilesRead(vec![(name, file)]));
        });
    };
    view! {
        <div class="row tools">
            <button class="primary" disabled=move || marked.get() < 2 on:click=move |_| store.dispatch(ResultsEvent::Compare)>
                {compare}
            </button>
            <button disabled=is_empty on:click=move |_| store.dispatch(ResultsEvent::Export)>"Export all"</button>
            <FileButton label="Import" accept=".jsonl,.json,.html,application/json,text/html" on_file drop=true multiple=true />
            <ForgetButton />
        </div>
        <p class="hint" hidden=move || marked.get() != 1>"Mark a second run to compare."</p>
    }
}

/// What was just deleted, what could not be read, what could not be kept.
#[component]
fn Remarks() -> impl IntoView {
    let store = Store::here();
    let deleted = store.select(|model| model.results.deleted.as_ref().map(|entry| entry.name.clone()));
    let unread = store.select(|model| model.results.unread.clone());
    let problem = store.select(|model| model.results.problem.clone());
    view! {
        <p class="problem" hidden=move || problem.with(Option::is_none)>{move || problem.get()}</p>
        <p class="row" hidden=move || deleted.with(Option::is_none)>
            <span>{move || deleted.get().map(|name| format!("{name} was deleted."))}</span>
            <button on:click=move |_| store.dispatch(ResultsEvent::Undo)>"Undo"</button>
        </p>
        <div hidden=move || unread.with(Vec::is_empty)>
            <p class="problem">"What could not be read:"</p>
            <ul class="unread">{move || unread.get().into_iter().map(|text| view! { <li>{text}</li> }).collect_view()}</ul>
        </div>
    }
}
