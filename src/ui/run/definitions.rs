//! What every number means: the very text of docs/metrics.md.

use leptos::prelude::*;

use crate::ui::parts::{Dialog, Document};

#[component]
pub fn Definitions() -> impl IntoView {
    let open = RwSignal::new(false);
    let text = || view! { <Document text=include_str!("../../../docs/metrics.md") /> };
    view! {
        <button on:click=move |_| open.set(true)>"What the numbers mean"</button>
        <Dialog title="What the numbers mean" open content=text />
    }
}
