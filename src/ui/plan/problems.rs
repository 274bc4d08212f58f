//! Everything that is wrong with the plan, each with its place.

use leptos::prelude::*;

use crate::ui::store::Store;
use app::plan::{PlacedProblem, PlanEvent};

#[component]
pub fn Problems() -> impl IntoView {
    let store = Store::here();
    let problems = store.plan(|editor| editor.problems().to_vec());
    let item = move |PlacedProblem { path, message, line }: PlacedProblem| {
        let place = path.to_string();
        view! {
            <li>
                <button class="link" on:click=move |_| store.dispatch(PlanEvent::GoTo { line })>
                    {if place.is_empty() { "plan".to_owned() } else { place }} <small>{format!("line {line}")}</small>
                </button>
                <span>{message}</span>
            </li>
        }
    };
    view! {
        <section class="problems" aria-label="Problems" aria-live="polite" hidden=move || problems.with(Vec::is_empty)>
            <h2>{move || problems.with(|all| if all.len() == 1 { "1 problem".to_owned() } else { format!("{} problems", all.len()) })}</h2>
            <ul>{move || problems.get().into_iter().map(item).collect_view()}</ul>
        </section>
    }
}
