//! What happened during the run, in words: the marks of the charts as a list, and a field for notes.

use leptos::prelude::*;

use super::insights::anchor;
use crate::ui::parts::{Card, keyed, unique_id};
use crate::ui::store::Store;
use app::run::RunEvent;
use app::run::control::Happening;
use metrics::Section;

#[component]
pub fn Happenings() -> impl IntoView {
    let store = Store::here();
    let rows = store.tables(|tables| tables.happenings.clone());
    let is_running = store.run(|run| run.control.is_running);
    let elapsed = store.run(|run| run.control.elapsed_s);
    let text = RwSignal::new(String::new());
    // A note belongs to the moment that its writer wrote about, which is when the typing began.
    let began = RwSignal::new(None::<f64>);
    let id = unique_id("note-text");
    let on_input = move |event| {
        let typed = event_target_value(&event);
        began.update(|began| *began = if typed.is_empty() { None } else { began.or(Some(elapsed.get_untracked())) });
        text.set(typed);
    };
    let on_submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let typed = text.get_untracked();
        if !typed.trim().is_empty() {
            let at_s = began.get_untracked().unwrap_or_else(|| elapsed.get_untracked());
            store.dispatch(RunEvent::NoteDown { at_s, text: typed });
            text.set(String::new());
            began.set(None);
        }
    };
    view! {
        <div hidden=move || rows.with(|rows| rows.is_empty()) && !is_running.get()>
            <Card title="What happened" hint="The numbers are the marks on the charts." anchor=anchor(store, Section::Marks)>
                <form class="row" hidden=move || !is_running.get() on:submit=on_submit>
                    <label for=id.clone() class="unseen">"Note"</label>
                    <span class="box">
                        <input id=id type="text" maxlength="200" placeholder="restarted node 2" autocomplete="off" prop:value=text on:input=on_input />
                    </span>
                    <button>"Add note"</button>
                </form>
                <HappeningList rows />
            </Card>
        </div>
    }
}

#[component]
pub fn HappeningList(#[prop(into)] rows: Signal<Vec<Happening>>) -> impl IntoView {
    view! {
        <ol class="happenings" tabindex="0" aria-label="What happened">
            {keyed(move || rows.get(), |row| (row.mark.clone(), row.text.clone()), item)}
        </ol>
    }
}

fn item(row: Memo<Happening>) -> impl IntoView {
    view! {
        <li>
            <span class="mark">{move || row.with(|row| row.mark.clone())}</span>
            <time>{move || row.with(|row| row.time.clone())}</time>
            <span class="chip">{move || row.with(|row| row.kind)}</span>
            <span>{move || row.with(|row| row.text.clone())}</span>
        </li>
    }
}
