//! The sample server's faults and rules: only a plan for `lab` has them.

use leptos::prelude::*;
use serde_json::json;

use crate::ui::parts::{Card, Field, ProblemsAt, Select};
use crate::ui::store::Store;
use app::plan::Edit;
use app::plan::field::FieldKind;
use app::plan::path::Path;
use document::Type;
use faults::{LabFaults as Faults, LabRules, Switch, SwitchGroup, VoiceFaults};

#[component]
pub fn LabFaults() -> impl IntoView {
    let store = Store::here();
    let is_lab = store.plan(|editor| Path::from("lab").find(editor.document()).is_some());
    let set = move |value| store.dispatch(Edit::Set { path: Path::from("lab"), value });
    view! {
        <Card title="Faults of the lab" hint="Sent to the sample server before the run. Other servers take none. An empty field means what is shown grey.">
            <Show when=move || is_lab.get() fallback=move || view! { <button class="quiet" on:click=move |_| set(Some(json!({})))>"+ Faults"</button> }>
                <ProblemsAt path=Path::from("lab") />
                {group("Delivery", "", "", of(SwitchGroup::Delivery))}
                {group("Contents", "", "", of(SwitchGroup::Contents))}
                {group("Connections", "", "", of(SwitchGroup::Connections))}
                {group("Rules", "No faults: real services have such rules.", "rules", LabRules::SWITCHES.iter().collect())}
                {group("Voice service", "", "voice", VoiceFaults::SWITCHES.iter().collect())}
                <button class="quiet" on:click=move |_| set(None)>"The target is no lab"</button>
            </Show>
        </Card>
    }
}

fn of(group: SwitchGroup) -> Vec<&'static Switch> {
    Faults::SWITCHES.iter().filter(|switch| switch.group == group).collect()
}

/// Switches that belong together, those with a number or a text first. They stand in the document `below` the faults.
fn group(
    title: &'static str,
    hint: &'static str,
    below: &'static str,
    switches: Vec<&'static Switch>,
) -> impl IntoView + use<> {
    let (chosen, typed): (Vec<_>, Vec<_>) =
        switches.into_iter().partition(|switch| matches!(switch.field.of, Type::Flag | Type::OneOf(_)));
    let path = |switch: &Switch| {
        let lab = Path::from("lab");
        if below.is_empty() { lab.join(switch.field.name) } else { lab.join(below).join(switch.field.name) }
    };
    let field = |switch: &'static Switch| {
        let Switch { field, label, unset, .. } = switch;
        view! { <Field path=path(switch) label=*label kind=FieldKind::of(field) unit=field.unit() hint=field.meaning placeholder=*unset /> }
    };
    let choice = |switch: &'static Switch| view! { <Choice path=path(switch) switch /> };
    view! {
        <fieldset class="switches">
            <legend>{title}</legend>
            <p class="hint" hidden=hint.is_empty()>{hint}</p>
            <div class="grid">
                {typed.into_iter().map(field).collect_view()}
                {chosen.into_iter().map(choice).collect_view()}
            </div>
        </fieldset>
    }
}

/// One of a few values; its default is not written down.
#[component]
fn Choice(path: Path, switch: &'static Switch) -> impl IntoView {
    let store = Store::here();
    let place = path.clone();
    let default = switch.field.usual().unwrap_or_default();
    let value = store.plan(move |editor| {
        let held = place.find(editor.document()).map(ToString::to_string);
        held.unwrap_or_else(|| default.to_owned())
    });
    let (off, on) = switch.words;
    let options: Vec<(String, String)> = match switch.field.of {
        Type::Flag => vec![("false".to_owned(), off.to_owned()), ("true".to_owned(), on.to_owned())],
        Type::OneOf(names) => names.iter().map(|name| (json!(name).to_string(), name.replace('_', " "))).collect(),
        _ => Vec::new(),
    };
    let on_choose = move |choice: String| {
        let value = (choice != default).then(|| serde_json::from_str(&choice).ok()).flatten();
        store.dispatch(Edit::Set { path: path.clone(), value });
    };
    view! { <Select label=switch.label options=Signal::stored(options) value on_choose hint=switch.field.meaning /> }
}
