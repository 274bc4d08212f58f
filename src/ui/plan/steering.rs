//! The plan's actions: what is done to its users while it runs, recorded or written. Nothing is shown of a plan without any.

use leptos::prelude::*;
use serde_json::Value;

use crate::ui::parts::{Card, Documented, Field, ProblemsAt};
use crate::ui::store::Store;
use app::plan::Edit;
use app::plan::field::FieldKind;
use app::plan::path::Path;
use app::plan::steering::{fields, kind, label};
use plan::TimedAction;

#[component]
pub fn Steering() -> impl IntoView {
    let store = Store::here();
    let all = || Path::from("actions");
    let count = store.plan(move |editor| all().find(editor.document()).and_then(Value::as_array).map_or(0, Vec::len));
    let row = move |at: usize| {
        let path = all().index(at);
        let (place, known, inside, time) = (path.clone(), path.clone(), path.clone(), path.clone().key("at_s"));
        let text = store.plan(move |editor| described(place.find(editor.document())));
        let kind = store.plan(move |editor| kind(known.find(editor.document())));
        let value = move |field: &&'static document::Field| {
            let (path, label) = (inside.clone().key(field.name), format!("{} of action {}", label(field), at + 1));
            view! { <Documented path label field=*field bare=true /> }
        };
        let remove = move |_| store.dispatch(Edit::Set { path: path.clone(), value: None });
        view! {
            <li>
                <Field path=time label=format!("Time of action {}", at + 1) kind=FieldKind::Number unit="s" bare=true />
                <div class="values">{move || fields(&kind.get()).iter().map(&value).collect_view()}</div>
                <span>{text}</span>
                <button class="quiet" aria-label=format!("Remove action {}", at + 1) on:click=remove>"✕"</button>
            </li>
        }
    };
    view! {
        <div hidden=move || count.get() == 0>
            <Card title="Actions" hint="Done to the users while the plan runs, as on the desk of the run page. Others are added there, or in the JSON below.">
                <ul class="steering"><For each=move || 0..count.get() key=|at| *at children=row /></ul>
                <ProblemsAt path=all() />
            </Card>
        </div>
    }
}

/// As the run's list of what happened has it.
fn described(document: Option<&Value>) -> String {
    let action = document.and_then(|document| serde_json::from_value::<TimedAction>(document.clone()).ok());
    action.map_or_else(|| "not a whole action yet".to_owned(), |action| action.text())
}
