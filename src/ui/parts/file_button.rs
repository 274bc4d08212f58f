//! A button that opens a text file, or takes one that is dropped on it.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, File, HtmlInputElement};

use super::unique_id;

#[component]
pub fn FileButton(
    #[prop(into)] label: String,
    accept: &'static str,
    /// Gets the file's name and text.
    on_text: impl Fn(String, String) + Copy + 'static,
    /// Also shows a place to drop files on.
    #[prop(optional)]
    drop: bool,
) -> impl IntoView {
    let id = unique_id("file");
    let over = RwSignal::new(false);
    let on_change = move |event: leptos::ev::Event| {
        let input: HtmlInputElement = event_target(&event);
        read(input.files().and_then(|files| files.get(0)), on_text);
        // The same file can be chosen again after it was changed.
        input.set_value("");
    };
    let on_drop = move |event: DragEvent| {
        event.prevent_default();
        over.set(false);
        read(event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0)), on_text);
    };
    let on_over = move |event: DragEvent| {
        event.prevent_default();
        over.set(true);
    };
    view! {
        <span
            class="file"
            class:drop=drop
            class:over=over
            on:dragover=on_over
            on:dragleave=move |_| over.set(false)
            on:drop=on_drop
        >
            <input id=id.clone() class="unseen" type="file" accept=accept on:change=on_change />
            <label for=id class="button">{label}</label>
            {drop.then(|| view! { <span class="hint">"or drop it here"</span> })}
        </span>
    }
}

fn read(file: Option<File>, on_text: impl Fn(String, String) + 'static) {
    let Some(file) = file else { return };
    leptos::task::spawn_local(async move {
        // A file that vanished between choosing and reading reads as an empty one, which is reported as such.
        let text = wasm_bindgen_futures::JsFuture::from(file.unchecked_ref::<web_sys::Blob>().text()).await;
        on_text(file.name(), text.ok().and_then(|text| text.as_string()).unwrap_or_default());
    });
}
