//! The run's verdict at the top of its page: what the numbers are worth, why, and what to do about it.

use leptos::prelude::*;

use crate::ui::parts::{keyed, unique_id};
use crate::ui::store::Store;
use app::run::view::ReasonRow;

#[component]
pub fn VerdictCard() -> impl IntoView {
    let store = Store::here();
    let id = unique_id("verdict");
    let heading = id.clone();
    let verdict = store.tables(|tables| tables.verdict.clone());
    let title = move || {
        verdict
            .with(|verdict| if verdict.so_far { format!("{} so far", verdict.word) } else { verdict.word.to_owned() })
    };
    let reasons = move || verdict.with(|verdict| verdict.reasons.clone());
    view! {
        <section
            class=move || format!("judgement {}", verdict.with(|verdict| verdict.mood.class()))
            aria-labelledby=id
            hidden=move || verdict.with(|verdict| verdict.word.is_empty())
        >
            <h2 id=heading role="status">{title}</h2>
            <p>{move || verdict.with(|verdict| verdict.says.clone())}</p>
            <ul hidden=move || reasons().is_empty()>{keyed(reasons, |reason| reason.place, item)}</ul>
        </section>
    }
}

fn item(reason: Memo<ReasonRow>) -> impl IntoView {
    view! {
        <li>
            {move || reason.with(|reason| reason.text.clone())}
            " "
            <span class="hint">
                {move || reason.with(|reason| match (reason.since.as_str(), reason.advice) {
                    ("", advice) => advice.to_owned(),
                    (since, "") => format!("({since})"),
                    (since, advice) => format!("({since}) {advice}"),
                })}
            </span>
        </li>
    }
}
