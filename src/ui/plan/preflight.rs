//! The look before the run: one button, and a checklist that fills while it goes.

use leptos::prelude::*;

use crate::ui::store::Store;
use app::preflight::{PreflightEvent, shown};
use run::preflight::{Check, Group};

#[component]
pub fn Preflight() -> impl IntoView {
    let store = Store::here();
    let say = move |event| store.dispatch(event);
    let running = store.select(|model| model.preflight.is_running);
    let busy = store.run(|run| run.status.is_running());
    let summary = store.select(|model| model.preflight.summary());
    let groups = store.select(|model| model.preflight.checklist.groups.clone());
    let at_target = store.select(|model| model.preflight.counts_at_target);
    view! {
        <section class="card preflight" aria-label="Preflight">
            <div class="row">
                <button disabled=busy hidden=running on:click=move |_| say(PreflightEvent::Start)>"Preflight"</button>
                <button hidden=move || !running.get() on:click=move |_| say(PreflightEvent::Cancel)>"Cancel preflight"</button>
                <label class="check" title="Opens as many idle connections there as the plan has users, for a moment">
                    <input
                        type="checkbox"
                        prop:checked=at_target
                        on:change=move |event| say(PreflightEvent::CountAtTarget(event_target_checked(&event)))
                    />
                    "Count sockets at the target"
                </label>
            </div>
            <p class=move || format!("verdict {}", summary.with(|(_, mood)| mood.class())) role="status" hidden=move || summary.with(|(text, _)| text.is_empty())>
                {move || summary.with(|(text, _)| text.clone())}
            </p>
            {move || groups.get().into_iter().map(group).collect_view()}
        </section>
    }
}

fn group(group: Group) -> impl IntoView {
    let label = group.title.clone();
    view! {
        <h3>{group.title}</h3>
        <ul class="preflight-checks" aria-label=label>{group.checks.into_iter().map(line).collect_view()}</ul>
    }
}

fn line(check: Check) -> impl IntoView {
    let (word, mood) = shown(check.state);
    view! {
        <li>
            <span class=format!("chip {}", mood.class())>{word}</span>
            <div>
                <strong>{check.title}</strong>
                <span class="detail">{check.detail}</span>
                {(!check.remedy.is_empty()).then(|| view! { <span class="remedy">{check.remedy}</span> })}
            </div>
        </li>
    }
}
