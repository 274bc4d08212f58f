//! One kept run in the list.

use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;

use super::local_time;
use crate::ui::parts::unique_id;
use crate::ui::store::Store;
use app::proposals::example_of_baseline;
use app::results::{EntryRow, ResultsEvent};

#[component]
pub fn RunRow(row: Memo<EntryRow>) -> impl IntoView {
    let store = Store::here();
    let id = row.with_untracked(|row| row.id.clone());
    let text = move |pick: fn(&EntryRow) -> &String| move || row.with(|row| pick(row).clone());
    let on_mark = {
        let id = id.clone();
        move |event| {
            store.dispatch(ResultsEvent::Mark { id: id.clone(), on: event_target_checked(&event) });
        }
    };
    let editing = Memo::new(move |_| row.with(|row| row.editing));
    view! {
        <tr>
            <td>
                <input
                    type="checkbox"
                    aria-label=move || row.with(|row| format!("Compare {}", row.name))
                    prop:checked=move || row.with(|row| row.marked)
                    on:change=on_mark
                />
            </td>
            <th scope="row" class="name">
                {move || if editing.get() { view! { <Describe row /> }.into_any() } else { view! { <Name row /> }.into_any() }}
            </th>
            <td><span class=move || format!("chip {}", row.with(|row| row.verdict.1.class()))>{move || row.with(|row| row.verdict.0.clone())}</span></td>
            <td class="host">{text(|row| &row.hosts)}</td>
            <td class="num">{text(|row| &row.users)}</td>
            <td class="num">{text(|row| &row.length)}</td>
            <td class="num">
                {text(|row| &row.latency.1)}
                <span class="hint below">{text(|row| &row.latency.0)}</span>
            </td>
            <td class="num">{text(|row| &row.errors)}</td>
            <td class="num">{text(|row| &row.missing)}</td>
            <td><Actions row /></td>
        </tr>
    }
}

#[component]
fn Name(row: Memo<EntryRow>) -> impl IntoView {
    let store = Store::here();
    let open = move |_| store.dispatch(ResultsEvent::Open(row.with_untracked(|row| row.id.clone())));
    let below = move || {
        let row = row.get();
        [row.plan, local_time(&row.started_at)]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" · ")
    };
    view! {
        <button class="link" on:click=open>{move || row.with(|row| row.name.clone())}</button>
        <span class="hint below">{below}</span>
        <span class="below note-text" hidden=move || row.with(|row| row.note.is_empty())>{move || row.with(|row| row.note.clone())}</span>
        <span class="below problem" hidden=move || row.with(|row| row.problem.is_empty())>{move || row.with(|row| row.problem.clone())}</span>
    }
}

#[component]
fn Describe(row: Memo<EntryRow>) -> impl IntoView {
    let store = Store::here();
    let (name, note) = (NodeRef::<Input>::new(), NodeRef::<Input>::new());
    let (name_id, note_id) = (unique_id("name"), unique_id("note"));
    let was = row.get_untracked();
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let value = |place: NodeRef<Input>| place.get_untracked().map(|input| input.value()).unwrap_or_default();
        let id = row.with_untracked(|row| row.id.clone());
        store.dispatch(ResultsEvent::Describe { id, name: value(name), note: value(note) });
    };
    Effect::new(move || {
        if let Some(input) = name.get() {
            // It fails only for an element that is gone again.
            let _ = input.focus();
        }
    });
    view! {
        <form class="describe" on:submit=on_submit>
            <label for=name_id.clone()>"Name"</label>
            <input id=name_id type="text" node_ref=name prop:value=was.name />
            <label for=note_id.clone()>"Note"</label>
            <input id=note_id type="text" node_ref=note prop:value=was.note />
            <span class="row">
                <button class="primary" type="submit">"Save"</button>
                <button class="quiet" type="button" on:click=move |_| store.dispatch(ResultsEvent::Edit(None))>"Cancel"</button>
            </span>
        </form>
    }
}

#[component]
fn Actions(row: Memo<EntryRow>) -> impl IntoView {
    let store = Store::here();
    let act = move |event: fn(&EntryRow) -> ResultsEvent| move |_| store.dispatch(row.with_untracked(event));
    let named = move |what: &'static str| move || row.with(|row| format!("{what} {}", row.name));
    view! {
        <span class="row deeds">
            <Toggle
                row
                words=("Pin", "Pinned")
                title="A pinned run is not deleted to make room.".to_owned()
                is_on=|row| row.pinned
                turn=|row| ResultsEvent::Pin { id: row.id.clone(), on: !row.pinned }
            />
            <Toggle
                row
                words=("Baseline", "Baseline")
                title=format!("Thresholds of its plan can compare with the baseline: {}.", example_of_baseline())
                is_on=|row| row.baseline
                turn=|row| ResultsEvent::Baseline { id: row.id.clone(), on: !row.baseline }
            />
            <button class="quiet" aria-label=named("Rename or note") on:click=act(|row| ResultsEvent::Edit(Some(row.id.clone())))>"Edit"</button>
            <button class="quiet" aria-label=named("Delete") on:click=act(|row| ResultsEvent::Delete(row.id.clone()))>"Delete"</button>
        </span>
    }
}

/// A button that stays pressed. `words`: while it is not, and while it is.
#[component]
fn Toggle(
    row: Memo<EntryRow>,
    words: (&'static str, &'static str),
    title: String,
    is_on: fn(&EntryRow) -> bool,
    turn: fn(&EntryRow) -> ResultsEvent,
) -> impl IntoView {
    let store = Store::here();
    let is_on = move || row.with(is_on);
    view! {
        <button
            class="quiet"
            aria-pressed=move || is_on().to_string()
            aria-label=move || row.with(|row| format!("{} {}", words.0, row.name))
            title=title
            on:click=move |_| store.dispatch(row.with_untracked(turn))
        >
            {move || if is_on() { words.1 } else { words.0 }}
        </button>
    }
}
