//! The run's state and progress, and the buttons that change it.

use leptos::prelude::*;

use super::save::Save;
use crate::ui::parts::{Dialog, Document};
use crate::ui::safety::{STOP_KEY, StopKeyHint};
use crate::ui::store::Store;
use app::run::RunEvent;
use app::run::save::Format;
use app::run::view::Phase;

#[component]
pub fn Controls() -> impl IntoView {
    let store = Store::here();
    let status = store.run(|run| run.status.clone());
    let name =
        store.select(
            |model| if model.run.view.id.is_empty() { model.plan.editor.name() } else { model.run.view.name.clone() },
        );
    let is_empty = store.run(|run| run.id.is_empty());
    let kept = store.tables(|tables| tables.kept.clone());
    let not_kept = store.select(|model| model.run.not_kept.clone());
    let running = move || status.with(|status| status.is_running());
    let stopping = move || status.with(|status| status.phase == Phase::Stopping);
    let percent = move || status.with(|status| (status.progress() * 100.0).round());
    view! {
        <section class="card controls" aria-label="State">
            <div class="state">
                <div>
                    <p class="plan-name">{name}</p>
                    <p class="hint">{move || status.with(|status| format!("{} · {}", status.word(), status.clock()))}</p>
                </div>
                <div class="row">
                    <span class=move || format!("chip {}", kept.with(|(_, mood)| mood.class())) hidden=move || kept.with(|(text, _)| text.is_empty())>
                        {move || kept.with(|(text, _)| text.clone())}
                    </span>
                    <button class="primary" hidden=running on:click=move |_| store.dispatch(RunEvent::Start)>
                        {move || if status.with(|status| status.phase == Phase::Done) { "Run again" } else { "Start" }}
                    </button>
                    <button class="danger" hidden=move || !running() || stopping() aria-keyshortcuts=STOP_KEY on:click=move |_| store.dispatch(RunEvent::Stop)>
                        "Stop"<StopKeyHint />
                    </button>
                    <button class="danger" hidden=move || !stopping() aria-keyshortcuts=STOP_KEY on:click=move |_| store.dispatch(RunEvent::Abort)>
                        "Abort now"<StopKeyHint />
                    </button>
                    <Save hidden=is_empty />
                    <Definitions />
                </div>
            </div>
            <div
                class="progress"
                role="progressbar"
                aria-label="Progress of the planned load"
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow=percent
            >
                <div style:width=move || format!("{}%", percent())></div>
            </div>
            <p class="problem" hidden=move || status.with(|status| status.problem.is_none())>
                {move || status.with(|status| status.problem.clone())}
            </p>
            <p class="problem" hidden=move || is_empty.get() || not_kept.with(Option::is_none)>
                <span>{move || not_kept.get()}</span>
                <button hidden=running on:click=move |_| store.dispatch(RunEvent::Save(Format::Json))>"Save its report"</button>
            </p>
        </section>
    }
}

/// What every number means: the very text of docs/metrics.md.
#[component]
fn Definitions() -> impl IntoView {
    let open = RwSignal::new(false);
    let text = || view! { <Document html=app::documents::METRICS /> };
    view! {
        <button on:click=move |_| open.set(true)>"What the numbers mean"</button>
        <Dialog title="What the numbers mean" open content=text />
    }
}
