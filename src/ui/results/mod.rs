//! The results page: the list of kept runs, one of them as it was when it ran, or several held against each other.

mod comparison;
pub mod effects;
mod list;
mod overlays;
mod past;
mod row;

use leptos::prelude::*;

use crate::ui::store::Store;
use app::results::Screen;
use comparison::Comparison;
use list::List;
use past::Past;

#[component]
pub fn ResultsPage() -> impl IntoView {
    let store = Store::here();
    // A run that is opened is another one's view with the same parts: each gets parts of its own.
    let screen = store.select(|model| match &model.results.screen {
        Screen::List => Which::List,
        Screen::Run(run) => Which::Run(run.entry.id.clone()),
        Screen::Comparison(_) => Which::Comparison,
    });
    view! {
        <h1 class="unseen">"Results"</h1>
        {move || match screen.get() {
            Which::List => view! { <List /> }.into_any(),
            Which::Run(_) => view! { <Past /> }.into_any(),
            Which::Comparison => view! { <Comparison /> }.into_any(),
        }}
    }
}

#[derive(Clone, PartialEq)]
enum Which {
    List,
    Run(String),
    Comparison,
}

/// A moment in the person's own time, like 2026-11-25 17:03:05.
fn local_time(rfc3339: &str) -> String {
    let date = js_sys::Date::new(&rfc3339.into());
    // Of all locales this one writes dates so that they sort.
    if date.get_time().is_nan() { String::new() } else { date.to_locale_string("sv-SE", &js_sys::Object::new()).into() }
}
