//! A titled part of a page.

use leptos::prelude::*;

use super::unique_id;

#[component]
pub fn Card(
    #[prop(into)] title: TextProp,
    /// One sentence under the title.
    #[prop(optional, into)]
    hint: Option<TextProp>,
    #[prop(default = "")] class: &'static str,
    /// Its name for links that lead here; empty: none do.
    #[prop(optional)]
    anchor: String,
    children: Children,
) -> impl IntoView {
    let id = unique_id("card");
    let heading = id.clone();
    let anchor = (!anchor.is_empty()).then_some(anchor);
    let tabindex = anchor.as_ref().map(|_| "-1");
    view! {
        <section class=format!("card {class}") id=anchor tabindex=tabindex aria-labelledby=id>
            <div class="card-head">
                <h2 id=heading>{move || title.get()}</h2>
                {hint.map(|hint| view! { <p class="hint">{move || hint.get()}</p> })}
            </div>
            {children()}
        </section>
    }
}
