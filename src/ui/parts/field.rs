//! One labelled input tied to a place in the plan, with its problems under it.

use leptos::html::Input;
use leptos::prelude::*;

use super::unique_id;
use crate::ui::store::Store;
use app::Event;
use app::field::{FieldKind, read, show_at};
use app::path::Path;

#[component]
pub fn Field(
    #[prop(into)] path: Signal<Path>,
    #[prop(into)] label: String,
    kind: FieldKind,
    #[prop(optional, into)] unit: Signal<String>,
    #[prop(optional, into)] hint: String,
    /// What applies while the field is empty.
    #[prop(optional, into)]
    placeholder: String,
    /// The id of a list of proposals.
    #[prop(optional, into)]
    list: String,
    /// The label is there for screen readers only: a table's header already shows it.
    #[prop(optional)]
    bare: bool,
) -> impl IntoView {
    let store = Store::here();
    let (id, note) = (unique_id("field"), unique_id("note"));
    let text = store.plan(move |editor| show_at(editor.document(), &path.get()));
    let problems = store.plan(move |editor| editor.problems_at(&path.get(), true).join("; "));
    let input = NodeRef::<Input>::new();
    // What is being typed is left alone as long as it means the value that the plan holds.
    Effect::new(move || {
        let shown = text.get();
        if let Some(input) = input.get().filter(|input| read(kind, &input.value()) != read(kind, &shown)) {
            input.set_value(&shown);
        }
    });
    let on_input = move |event| {
        store.dispatch(Event::Typed { path: path.get_untracked(), kind, text: event_target_value(&event) });
    };
    view! {
        <div class="field" class:bad=move || !problems.get().is_empty()>
            <label for=id.clone() class:unseen=bare>{label}</label>
            <span class="box">
                <input
                    id=id
                    node_ref=input
                    type="text"
                    inputmode=if kind == FieldKind::Number { "decimal" } else { "text" }
                    autocomplete="off"
                    spellcheck="false"
                    placeholder=placeholder
                    list=(!list.is_empty()).then_some(list)
                    aria-describedby=note.clone()
                    aria-invalid=move || (!problems.get().is_empty()).to_string()
                    on:input=on_input
                />
                <span class="unit" hidden=move || unit.with(String::is_empty)>{unit}</span>
            </span>
            <p class="note" id=note>
                <span class="problem">{problems}</span>
                {(!hint.is_empty()).then(|| view! { <span class="hint">{hint}</span> })}
            </p>
        </div>
    }
}
