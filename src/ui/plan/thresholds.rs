//! What the run must keep to.

use leptos::prelude::*;
use serde_json::Value;

use crate::app::Event;
use crate::app::field::FieldKind;
use crate::app::path::Path;
use crate::ui::parts::{Card, Field, ProblemsAt};
use crate::ui::store::Store;

#[component]
pub fn Thresholds() -> impl IntoView {
    let store = Store::here();
    let count = store
        .plan(|editor| Path::from("thresholds").find(editor.document()).and_then(Value::as_array).map_or(0, Vec::len));
    let row = move |at: usize| {
        let label = format!("Threshold {}", at + 1);
        view! {
            <li>
                <Field path=Path::from("thresholds").index(at) label=label.clone() kind=FieldKind::Text bare=true />
                <button class="quiet" aria-label=format!("Remove threshold {}", at + 1) on:click=move |_| store.dispatch(Event::RemoveThreshold(at))>
                    "✕"
                </button>
            </li>
        }
    };
    let add = move |_| store.dispatch(Event::AddThreshold("message.round_trip p95 < 300 ms".to_owned()));
    view! {
        <Card title="Thresholds" hint="A run that breaks one of these has failed.">
            <ul class="thresholds"><For each=move || 0..count.get() key=|at| *at children=row /></ul>
            <ProblemsAt path=Path::from("thresholds") />
            <button class="quiet" on:click=add>"+ Threshold"</button>
            <p class="hint">
                "Like " <code>"message.round_trip p95 < 300 ms"</code> ", " <code>"delivery.missing == 0"</code> ", "
                <code>"errors rate < 1%"</code> "."
            </p>
        </Card>
    }
}
