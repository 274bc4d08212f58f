//! What can be done with the plan.

use leptos::prelude::*;

use crate::ui::parts::{FileButton, read_text};
use crate::ui::safety::LimitsButton;
use crate::ui::store::Store;
use app::plan::{Edit, PlanEvent};
use app::preflight::uplink::uplink;
use app::run::RunEvent;

#[component]
pub fn Actions() -> impl IntoView {
    let store = Store::here();
    let running = store.run(|run| run.status.is_running());
    let ready = store.plan(|editor| editor.plan().is_some());
    let uplink = store.plan(|editor| editor.plan().and_then(uplink));
    let name = store.plan(|editor| editor.name());
    view! {
        <div class="actions">
            <p class="plan-name">{name}</p>
            <button class="primary big" disabled=running aria-disabled=move || (!ready.get()).to_string() on:click=move |_| store.dispatch(RunEvent::Start)>
                {move || if running.get() { "A run is going on" } else { "Start" }}
            </button>
            {move || uplink.get().map(|uplink| view! { <p class=if uplink.is_heavy { "verdict warn" } else { "hint" }>{uplink.text}</p> })}
            <div class="row">
                <FileButton label="Open" accept=".json,application/json" on_file=move |file| read_text(file, move |name, file| store.dispatch(Edit::FileRead { name, file })) />
                <button on:click=move |_| store.dispatch(PlanEvent::Save)>"Save"</button>
                <button title="Copies a link that holds the plan, without secrets" on:click=move |_| store.dispatch(PlanEvent::Share)>"Copy link"</button>
                <button
                    aria-disabled=move || (!ready.get()).to_string()
                    title="A script for Grafana k6 that does the same; its head says what it cannot do"
                    on:click=move |_| store.dispatch(PlanEvent::SaveScript)
                >
                    "Export as k6 script"
                </button>
            </div>
            <LimitsButton />
        </div>
    }
}
