//! The clips: which of them are said, how they sound, and what is done with one's own.

use leptos::ev::KeyboardEvent;
use leptos::html::Input;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::ui::parts::keyed;
use crate::ui::store::Store;
use app::plan::ClipEvent;
use app::plan::Edit;
use app::plan::voice_form::{ClipLine, clip_lines, say_or_not};

#[component]
pub fn ClipList() -> impl IntoView {
    let store = Store::here();
    let lines = store.plan(clip_lines);
    view! { <ul class="clips" aria-label="Clips" tabindex="-1">{keyed(move || lines.get(), |line| line.name.clone(), move |line| view! { <ClipRow line /> })}</ul> }
}

#[component]
fn ClipRow(line: Memo<ClipLine>) -> impl IntoView {
    let store = Store::here();
    let ClipLine { name, is_own, is_missing, .. } = line.get_untracked();
    let renaming = RwSignal::new(false);
    let facts = move || line.with(|line| [line.length.clone(), line.level.clone()]);
    let remove = ClipEvent::Remove(name.clone());
    view! {
        <li class="clip" class:own=is_own>
            <ClipName line name=name.clone() renaming />
            <span class="odd">{move || line.with(|line| line.note)}</span>
            <span class="length">{move || facts()[0].clone()}</span>
            <span class="length">{move || facts()[1].clone()}</span>
            {(!is_missing).then(|| view! { <PlayButton name=name.clone() /> })}
            {is_own.then(|| view! {
                <button class="quiet rename" aria-label=format!("Rename {name}") on:click=move |_| renaming.update(|is_so| *is_so = !*is_so)>"Rename"</button>
                <button class="quiet remove" aria-label=format!("Remove {name}") on:click=move |event| {
                    focus_list(&event);
                    store.dispatch(remove.clone());
                }>"✕"</button>
            })}
        </li>
    }
}

/// The element that has the focus is about to go: the keyboard stays with the list.
fn focus_list(event: &web_sys::Event) {
    let list = event.target().and_then(|target| target.unchecked_into::<Element>().closest(".clips").ok().flatten());
    if let Some(list) = list {
        // Focusing an element that is there cannot fail.
        let _ = list.unchecked_into::<HtmlElement>().focus();
    }
}

/// Its name with a tick for whether it is said; or a field for another name.
#[component]
fn ClipName(line: Memo<ClipLine>, name: String, renaming: RwSignal<bool>) -> impl IntoView {
    let store = Store::here();
    let input = NodeRef::<Input>::new();
    Effect::new(move || {
        if let Some(input) = input.get().filter(|_| renaming.get()) {
            // Focusing an element that is there cannot fail.
            let _ = input.focus();
            input.select();
        }
    });
    let (from, initial, toggled) = (name.clone(), name.clone(), name.clone());
    let done = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" => {
            focus_list(&event);
            renaming.set(false);
            store.dispatch(ClipEvent::Rename { from: from.clone(), to: event_target_value(&event) });
        }
        "Escape" => {
            focus_list(&event);
            renaming.set(false);
        }
        _ => {}
    };
    let toggle = move |_| {
        if let Some((path, value)) = store.peek(|model| say_or_not(&model.plan.editor, &toggled)) {
            store.dispatch(Edit::Set { path, value });
        }
    };
    let is_chosen = move || line.with(|line| line.is_chosen);
    view! {
        <label class="check" hidden=renaming>
            <input type="checkbox" hidden=move || is_chosen().is_none() prop:checked=move || is_chosen() == Some(true) on:change=toggle />
            <span>{name}</span>
        </label>
        <input node_ref=input type="text" hidden=move || !renaming.get() aria-label="New name, Enter to keep" value=initial on:keydown=done />
    }
}

#[component]
fn PlayButton(name: String) -> impl IntoView {
    let store = Store::here();
    let here = name.clone();
    let is_playing = store.select(move |model| model.plan.playing.as_deref() == Some(&here));
    let label = move |name: &str| if is_playing.get() { format!("Stop {name}") } else { format!("Play {name}") };
    let shown = name.clone();
    view! {
        <button class="play" aria-label=move || label(&shown) on:click=move |_| store.dispatch(ClipEvent::Play(name.clone()))>
            {move || if is_playing.get() { "■ Stop" } else { "▶ Play" }}
        </button>
    }
}
