//! The stages of a load as a table to edit.

use leptos::prelude::*;
use serde_json::Value;

use crate::ui::parts::{Field, Select};
use crate::ui::store::Store;
use app::plan::Edit;
use app::plan::field::{FieldKind, show_at};

#[component]
pub fn Stages(unit: &'static str) -> impl IntoView {
    let store = Store::here();
    let path = store.in_population("load.stages");
    let count =
        store.plan(move |editor| path.get().find(editor.document()).and_then(Value::as_array).map_or(0, Vec::len));
    view! {
        <table class="stages">
            <caption class="unseen">"Stages"</caption>
            <thead>
                <tr>
                    <th scope="col">"Stage"</th>
                    <th scope="col">"Length"</th>
                    <th scope="col">"Goes to"</th>
                    <th scope="col">"How"</th>
                    <th scope="col"><span class="unseen">"Remove"</span></th>
                </tr>
            </thead>
            <tbody>
                <For each=move || 0..count.get() key=|at| *at children=move |at| view! { <StageRow at unit /> } />
            </tbody>
        </table>
        <button class="quiet" on:click=move |_| store.dispatch(Edit::AddStage)>"+ Stage"</button>
    }
}

#[component]
fn StageRow(at: usize, unit: &'static str) -> impl IntoView {
    let store = Store::here();
    let stages = store.in_population("load.stages");
    let inside = move |name: &'static str| Signal::derive(move || stages.get().index(at).key(name));
    let ramp = inside("ramp");
    let how = store.plan(move |editor| match show_at(editor.document(), &ramp.get()) {
        ramp if ramp.is_empty() => "linear".to_owned(),
        ramp => ramp,
    });
    let options = Signal::stored(
        [("linear", "gradually"), ("step", "at once")].map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec(),
    );
    view! {
        <tr>
            <th scope="row">{at + 1}</th>
            <td><Field path=inside("duration_s") label=format!("Length of stage {}", at + 1) kind=FieldKind::Number unit="s" bare=true /></td>
            <td><Field path=inside("target") label=format!("Target of stage {}", at + 1) kind=FieldKind::Number unit bare=true /></td>
            <td>
                <Select
                    label=format!("Way of stage {}", at + 1)
                    options
                    value=how
                    on_choose=move |ramp_name| store.dispatch(Edit::Set { path: ramp.get_untracked(), value: Some(ramp_name.into()) })
                    bare=true
                />
            </td>
            <td>
                <button class="quiet" aria-label=format!("Remove stage {}", at + 1) on:click=move |_| store.dispatch(Edit::RemoveStage(at))>"✕"</button>
            </td>
        </tr>
    }
}
