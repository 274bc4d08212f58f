//! The server under test, and what one user does there.

use leptos::prelude::*;

use crate::ui::parts::{Card, Field, ProblemsAt, Select};
use crate::ui::store::Store;
use app::plan::Edit;
use app::plan::field::FieldKind;
use app::plan::lab;
use app::plan::path::Path;
use app::plan::population_path;
use app::presets;

#[component]
pub fn Target() -> impl IntoView {
    let store = Store::here();
    let scenario = store.plan(|editor| {
        let path = population_path(editor.population()).key("scenario");
        path.find(editor.document()).and_then(|id| id.as_str()).unwrap_or(INLINE).to_owned()
    });
    let options = Signal::derive(move || {
        let mut options = presets::scenarios();
        if scenario.get() == INLINE {
            options.push((INLINE.to_owned(), "From the plan's own text".to_owned()));
        }
        options
    });
    let note = store.select(|model| lab::note(&model.plan.editor, &model.origin));
    view! {
        <Card title="Target">
            <div class="grid target">
                <Field
                    path=store.in_population("variables.target")
                    label="Server"
                    kind=FieldKind::Text
                    placeholder="http://127.0.0.1:4280"
                    hint="Only test servers that you may test."
                />
                <Select
                    label="Scenario"
                    options
                    value=scenario
                    on_choose=move |id| if id != INLINE { store.dispatch(Edit::ChooseScenario(id)) }
                />
                <Field
                    path=store.in_population("name")
                    label="Name of these users"
                    kind=FieldKind::Text
                    hint="Tells populations apart in results."
                />
            </div>
            <Show when=move || note.with(Option::is_some)>
                <p class="verdict warn">
                    {move || note.get()} " "
                    <button class="quiet" on:click=move |_| store.dispatch(Edit::Set { path: Path::from("lab"), value: None })>"Take the faults out"</button>
                </p>
            </Show>
            <ProblemsAt path=store.in_population("scenario") inside=true />
            <ProblemsAt path=store.in_population("") />
        </Card>
    }
}

/// Stands for a scenario written into the plan. No preset is called so.
const INLINE: &str = "(inline)";
