//! What is filled in and chosen, each with its label, and what is wrong with it.

use leptos::html::Input;
use leptos::prelude::*;

use super::unique_id;
use crate::ui::store::Store;
use app::plan::Edit;
use app::plan::field::{FieldKind, read, show_at};
use app::plan::path::Path;

/// One labelled input tied to a place in the plan, with its problems under it.
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
        store.dispatch(Edit::Typed { path: path.get_untracked(), kind, text: event_target_value(&event) });
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

/// The same for a field of a document: its definition says what it holds, in what unit, what it is for and what applies while it is empty.
#[component]
pub fn Documented(
    #[prop(into)] path: Signal<Path>,
    #[prop(into)] label: String,
    field: &'static document::Field,
    #[prop(optional)] unit: Option<&'static str>,
    #[prop(optional)] bare: bool,
) -> impl IntoView {
    let hint = if bare { String::new() } else { field.hint() };
    let (kind, unit) = (FieldKind::of(field), unit.unwrap_or_else(|| field.unit()));
    view! { <Field path label kind unit hint placeholder=field.usual().unwrap_or_default() bare /> }
}

/// The problems of a place that has no input of its own, like a list as a whole.
#[component]
pub fn ProblemsAt(
    #[prop(into)] path: Signal<Path>,
    /// Also those of everything inside it.
    #[prop(optional)]
    inside: bool,
) -> impl IntoView {
    let store = Store::here();
    let problems = store.plan(move |editor| editor.problems_at(&path.get(), inside).join("; "));
    view! { <p class="problem" hidden=move || problems.with(String::is_empty)>{problems}</p> }
}

/// A labelled choice of a few.
#[component]
pub fn Select(
    #[prop(into)] label: String,
    /// Value and text of each choice.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
    #[prop(into)] value: Signal<String>,
    on_choose: impl Fn(String) + 'static,
    #[prop(optional, into)] hint: String,
    #[prop(optional)] bare: bool,
) -> impl IntoView {
    let id = unique_id("select");
    let choices = move || {
        let option = |(name, text): (String, String)| {
            let selected = name == value.get();
            view! { <option value=name selected=selected>{text}</option> }
        };
        options.get().into_iter().map(option).collect_view()
    };
    view! {
        <div class="field">
            <label for=id.clone() class:unseen=bare>{label}</label>
            <span class="box">
                <select id=id prop:value=value on:change=move |event| on_choose(event_target_value(&event))>{choices}</select>
            </span>
            {(!hint.is_empty()).then(|| view! { <p class="note"><span class="hint">{hint}</span></p> })}
        </div>
    }
}
