//! One button that deletes everything this page keeps in this browser, after a second step, and says what that was.

use leptos::html::Button;
use leptos::prelude::*;

use super::parts::Dialog;
use super::store::Store;
use crate::browser::{ForgetError, forget_everything};
use app::{Model, kept};

#[component]
pub fn ForgetButton() -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <button class="quiet" on:click=move |_| open.set(true)>"Delete everything kept here"</button>
        <Dialog title="Delete everything kept here" open content=move || view! { <Forget open /> } />
    }
}

#[component]
fn Forget(open: RwSignal<bool>) -> impl IntoView {
    let store = Store::here();
    let is_busy = store.select(Model::leaves_something);
    let deleted = RwSignal::new(None::<Result<Vec<String>, ForgetError>>);
    let next = NodeRef::<Button>::new();
    let is_done = move || deleted.with(Option::is_some);
    // What stands on the page was kept, too: it goes when the page is loaded anew.
    Effect::new(move || {
        if !open.get() && is_done() {
            load_anew();
        }
    });
    let delete = move |_| {
        leptos::task::spawn_local(async move {
            let found = forget_everything().await;
            deleted.set(Some(found.map(|found| kept::in_words(&found))));
            // The button that was pressed is gone, and with it the focus; the next one can take it once it is shown.
            request_animation_frame(move || {
                if let Some(button) = next.get_untracked() {
                    // A button that does not take the focus is still one press of Tab away.
                    let _ = button.focus();
                }
            });
        });
    };
    let list = kept::ALL.map(|kept| view! { <li>{kept.what}</li> }).collect_view();
    let outcome = move || {
        deleted.get().map(|outcome| match outcome {
            Ok(found) if found.is_empty() => view! { <p role="status">"Nothing was kept here."</p> }.into_any(),
            Ok(found) => view! { <p role="status">{format!("Deleted: {}.", found.join("; "))}</p> }.into_any(),
            Err(problem) => {
                view! { <p class="problem" role="alert">{format!("Not everything was deleted: {problem}.")}</p> }
                    .into_any()
            }
        })
    };
    view! {
        <div class="stack">
            <div class="stack" hidden=is_done>
                <p>"What this page keeps in this browser:"</p>
                <ul class="kept-list">{list}</ul>
                <p>"All of it is deleted, and cannot be brought back. Export runs first if they are still needed. What another open tab has typed, it keeps until it is closed."</p>
                <p class="problem" hidden=move || !is_busy.get()>"A run goes on here, or this page is in a swarm: end that first."</p>
                <div class="row">
                    <button class="danger" disabled=is_busy on:click=delete>"Yes, delete all of it"</button>
                    <button on:click=move |_| open.set(false)>"Keep it"</button>
                </div>
            </div>
            {outcome}
            <div class="row" hidden=move || !is_done()>
                <button node_ref=next class="primary" on:click=move |_| load_anew()>"Load the page anew"</button>
            </div>
        </div>
    }
}

/// Without the plan that a link brought.
fn load_anew() {
    super::page::set_fragment("");
    // A page that refuses to be loaded anew stays, which is all that is lost.
    let _ = window().location().reload();
}
