//! What stands out in the run that is shown, each sentence a link to the card that shows more of it.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::ui::parts::{keyed, unique_id};
use crate::ui::store::Store;
use metrics::{Insight, Section};

#[derive(Debug, Clone, PartialEq, Default)]
struct Row {
    /// Its place: numbers in its text change while a run goes on, and the row stays.
    place: usize,
    happened: String,
    advice: String,
    /// The anchor of its evidence.
    to: String,
}

#[component]
pub fn Insights() -> impl IntoView {
    let store = Store::here();
    let insights = store.tables(|tables| tables.insights.clone());
    let row = move |(place, insight): (usize, &Insight)| Row {
        place,
        happened: insight.happened.clone(),
        advice: format!("{} {}", insight.may_mean, insight.to_do),
        to: anchor(store, insight.evidence),
    };
    let rows = move || insights.with(|all| all.iter().enumerate().map(row).collect::<Vec<_>>());
    let id = unique_id("insights");
    let heading = id.clone();
    view! {
        <section class="card insights" aria-labelledby=id hidden=move || insights.with(Vec::is_empty)>
            <h2 id=heading>"What stands out"</h2>
            <ol>{keyed(rows, |row| row.place, item)}</ol>
        </section>
    }
}

fn item(row: Memo<Row>) -> impl IntoView {
    let follow = move |event: MouseEvent| {
        // The fragment belongs to plans, so the link moves the focus and leaves the address alone.
        event.prevent_default();
        reveal(&row.with_untracked(|row| row.to.clone()));
    };
    view! {
        <li>
            <a href=move || row.with(|row| format!("#{}", row.to)) on:click=follow>{move || row.with(|row| row.happened.clone())}</a>
            " "
            <span class="hint">{move || row.with(|row| row.advice.clone())}</span>
        </li>
    }
}

/// Where that part of the run begins. The live run and a kept one are on the same page.
pub fn anchor(store: Store, section: Section) -> String {
    let run = if store.is_past() { "past" } else { "run" };
    format!("{run}-{}", section.anchor())
}

fn reveal(id: &str) {
    if let Some(part) = document().get_element_by_id(id) {
        part.scroll_into_view();
        // Focusing an element that is there cannot fail.
        let _ = part.unchecked_into::<HtmlElement>().focus();
    }
}
