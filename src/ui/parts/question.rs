//! A question over the page that nobody answers by accident: what would be allowed is read first, and neither a key nor a click
//! that was meant for the page lands on its yes.

use std::time::Duration;

use leptos::html::Dialog as DialogElement;
use leptos::prelude::*;

use super::unique_id;

/// `about` identifies what is asked; `None`: nothing is, and the dialog is closed. Whoever closes it by Escape says no.
#[component]
pub fn Question(
    title: &'static str,
    #[prop(into)] about: Signal<Option<String>>,
    yes: &'static str,
    no: &'static str,
    #[prop(into)] on_answer: Callback<bool>,
    children: Children,
) -> impl IntoView {
    let id = unique_id("question");
    let heading = id.clone();
    let place = NodeRef::<DialogElement>::new();
    let is_ripe = RwSignal::new(false);
    Effect::new(move || {
        let Some(dialog) = place.get() else { return };
        if about.with(Option::is_none) {
            if dialog.open() {
                dialog.close();
                // It gives the focus back to where it was. If that was nowhere, a keyboard would begin at the top of the window.
                let page = document();
                if page.active_element() == page.body().map(Into::into) {
                    crate::ui::page::focus();
                }
            }
            return;
        }
        if !dialog.open() {
            // It fails only for a dialog that is open or not in the document.
            let _ = dialog.show_modal();
        }
        // What has just come, or has just become another question, has not been read.
        is_ripe.set(false);
        let asked = about.get_untracked();
        set_timeout(move || is_ripe.set(about.get_untracked() == asked), READING);
    });
    let refuse = move || {
        if about.with_untracked(Option::is_some) {
            on_answer.run(false);
        }
    };
    view! {
        <dialog node_ref=place class="question" aria-labelledby=id on:close=move |_| refuse()>
            <div class="dialog-head"><h2 id=heading tabindex="-1" autofocus>{title}</h2></div>
            <div class="dialog-body stack">
                {children()}
                <div class="row">
                    <button class="primary" disabled=move || !is_ripe.get() on:click=move |_| on_answer.run(true)>{yes}</button>
                    <button on:click=move |_| refuse()>{no}</button>
                </div>
            </div>
        </dialog>
    }
}

const READING: Duration = Duration::from_millis(700);
