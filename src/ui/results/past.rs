//! A kept run, in the very view that a live one has.

use leptos::prelude::*;

use super::local_time;
use crate::ui::run::{PastOutcome, Save};
use crate::ui::store::Store;
use app::results::{ResultsEvent, Screen};
use results::Entry;

#[component]
pub fn Past() -> impl IntoView {
    let store = Store::here();
    let entry = store.select(|model| match &model.results.screen {
        Screen::Run(run) => Some(run.entry.clone()),
        _ => None,
    });
    let past = store.past();
    // What stands below finds the run that is looked at where it finds the live one elsewhere.
    provide_context(past);
    let kept = past.tables(|tables| tables.kept.clone());
    let problem = past.run(|run| run.status.problem.clone());
    let pick = move |pick: fn(&Entry) -> String| move || entry.with(|entry| entry.as_ref().map(pick));
    view! {
        <div class="run">
            <section class="card controls" aria-label="The run">
                <div class="state">
                    <div>
                        <p class="plan-name">{pick(|entry| entry.name.clone())}</p>
                        <p class="hint">{pick(|entry| {
                            format!("{} · {}", local_time(&entry.summary.started_at), app::format::duration(entry.summary.duration_s))
                        })}</p>
                        <p hidden=move || entry.with(|entry| entry.as_ref().is_none_or(|entry| entry.note.is_empty()))>
                            {pick(|entry| entry.note.clone())}
                        </p>
                    </div>
                    <div class="row">
                        <span class=move || format!("chip {}", kept.with(|(_, mood)| mood.class())) hidden=move || kept.with(|(text, _)| text.is_empty())>
                            {move || kept.with(|(text, _)| text.clone())}
                        </span>
                        <Save hidden=false />
                        <button on:click=move |_| store.dispatch(ResultsEvent::Back)>"All results"</button>
                    </div>
                </div>
                <p class="problem" hidden=move || problem.with(Option::is_none)>{move || problem.get()}</p>
            </section>
            <PastOutcome />
        </div>
    }
}
