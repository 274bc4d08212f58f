//! One of our documents, shown within the page.

use leptos::prelude::*;

/// `html` comes with the program.
#[component]
pub fn Document(html: &'static str) -> impl IntoView {
    view! { <article class="document" inner_html=html></article> }
}
