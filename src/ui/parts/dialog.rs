//! A dialog over the page, closed by its button, by Escape or by a click beside it.

use leptos::ev::MouseEvent;
use leptos::html::Dialog as DialogElement;
use leptos::prelude::*;

use super::unique_id;

/// `content` is only made when the dialog is opened for the first time.
#[component]
pub fn Dialog<V: IntoView + 'static>(
    title: &'static str,
    open: RwSignal<bool>,
    content: impl Fn() -> V + Send + 'static,
) -> impl IntoView {
    let id = unique_id("dialog");
    let heading = id.clone();
    let place = NodeRef::<DialogElement>::new();
    let was_open = Memo::new(move |was: Option<&bool>| was.copied().unwrap_or_default() || open.get());
    Effect::new(move || {
        let Some(dialog) = place.get() else { return };
        if !open.get() {
            dialog.close();
        } else if !dialog.open() {
            // It fails only for a dialog that is open or not in the document.
            let _ = dialog.show_modal();
        }
    });
    // A click on the dialog itself, and on nothing in it, is one on the backdrop.
    let on_click = move |event: MouseEvent| {
        if event.target() == event.current_target() {
            open.set(false);
        }
    };
    view! {
        <dialog node_ref=place aria-labelledby=id on:close=move |_| open.set(false) on:click=on_click>
            <div class="dialog-head">
                <h2 id=heading>{title}</h2>
                <button class="quiet" on:click=move |_| open.set(false)>"Close"</button>
            </div>
            <div class="dialog-body">{move || was_open.get().then(&content)}</div>
        </dialog>
    }
}
