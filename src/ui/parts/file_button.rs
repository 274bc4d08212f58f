//! A button that opens files, or takes those that are dropped on it.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, File, FileList, HtmlInputElement};

use super::unique_id;
use crate::browser::text_of;
use app::text_file::ReadFile;

#[component]
pub fn FileButton(
    #[prop(into)] label: String,
    accept: &'static str,
    /// Gets each file.
    on_file: impl Fn(File) + Copy + 'static,
    /// Also shows a place to drop files on.
    #[prop(optional)]
    drop: bool,
    /// Several files at a time.
    #[prop(optional)]
    multiple: bool,
) -> impl IntoView {
    let id = unique_id("file");
    let over = RwSignal::new(false);
    let on_change = move |event: leptos::ev::Event| {
        let input: HtmlInputElement = event_target(&event);
        each(input.files(), multiple, on_file);
        // The same file can be chosen again after it was changed.
        input.set_value("");
    };
    let on_drop = move |event: DragEvent| {
        event.prevent_default();
        over.set(false);
        each(event.data_transfer().and_then(|data| data.files()), multiple, on_file);
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
            <input id=id.clone() class="unseen" type="file" accept=accept multiple=multiple on:change=on_change />
            <label for=id class="button">{label}</label>
            {drop.then(|| view! { <span class="hint">{if multiple { "or drop them here" } else { "or drop it here" }}</span> })}
        </span>
    }
}

fn each(files: Option<FileList>, multiple: bool, on_file: impl Fn(File)) {
    let Some(files) = files else { return };
    let count = if multiple { files.length() } else { files.length().min(1) };
    (0..count).filter_map(|at| files.get(at)).for_each(on_file);
}

/// Reads a file as text, for `on_text` to get its name and what it is.
pub fn read_text(file: File, on_text: impl Fn(String, ReadFile) + 'static) {
    leptos::task::spawn_local(async move {
        let read = text_of(file.unchecked_ref()).await;
        on_text(file.name(), read);
    });
}
