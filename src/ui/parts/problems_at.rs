//! The problems of a place that has no input of its own, like a list as a whole.

use leptos::prelude::*;

use crate::ui::store::Store;
use app::path::Path;

#[component]
pub fn ProblemsAt(
    #[prop(into)] path: Signal<Path>,
    /// Also those of everything inside it.
    #[prop(optional)]
    inside: bool,
) -> impl IntoView {
    let store = Store::here();
    let problems = store.plan(move |editor| editor.problems_at(&path.get(), inside).join("; "));
    view! { <p class="problem" hidden=move || problems.with(String::is_empty)>{problems}</p> }
}
