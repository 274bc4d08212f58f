//! What the scenario leaves open: its variables, with their documentation.

use leptos::prelude::*;

use crate::ui::parts::{Card, Field, ProblemsAt, Select};
use crate::ui::store::Store;
use app::plan::Edit;
use app::plan::field::{FieldKind, read};
use app::plan::variables::{VariableField, choice_label};
use app::plan::voice_form::{other_variables, shown};

#[component]
pub fn Behaviour() -> impl IntoView {
    let store = Store::here();
    let all = store.plan(other_variables);
    view! {
        <Card title="Behaviour" hint="What one user does. An empty field means the value shown in grey.">
            <div class="grid">
                <For
                    each=move || all.get()
                    key=VariableField::clone
                    children=|variable| view! { <Variable variable /> }
                />
            </div>
            <ProblemsAt path=store.in_population("variables") />
        </Card>
    }
}

#[component]
pub fn Variable(variable: VariableField) -> impl IntoView {
    let store = Store::here();
    let value = store.plan({
        let variable = variable.clone();
        move |editor| shown(editor, &variable)
    });
    let VariableField { label, unit, doc, default, choices, path, .. } = variable;
    if choices.is_empty() {
        return view! { <Field path label unit kind=FieldKind::Loose hint=doc placeholder=default /> }.into_any();
    }
    let options =
        Signal::stored(choices.iter().map(|choice| (choice.clone(), choice_label(choice))).collect::<Vec<_>>());
    // Choosing the default takes the variable out of the plan, so that plans name only what they change.
    let on_choose = move |choice: String| {
        let value = if choice == default { None } else { read(FieldKind::Loose, &choice) };
        store.dispatch(Edit::Set { path: path.clone(), value });
    };
    view! { <Select label options value on_choose hint=doc /> }.into_any()
}
