//! Which user: what `See one user` and `Hear one` begin with.

use leptos::prelude::*;

use crate::ui::parts::{Select, unique_id};
use crate::ui::store::Store;

/// What somebody chose.
pub enum Pick {
    Population(String),
    /// As it was typed.
    Number(String),
    /// The one that is chosen.
    Begin,
    End,
    Any,
}

#[component]
pub fn Whom(
    /// Populations to choose from.
    names: Memo<Vec<String>>,
    chosen: Memo<String>,
    number: Memo<String>,
    is_on: Memo<bool>,
    /// What begins it, and what ends it.
    words: (&'static str, &'static str),
    on_pick: impl Fn(Pick) + Copy + Send + 'static,
    /// What stands behind these.
    children: Children,
) -> impl IntoView {
    let is_over = Store::here().run(|run| !run.status.is_running());
    let options = Signal::derive(move || names.get().into_iter().map(|name| (name.clone(), name)).collect::<Vec<_>>());
    let id = unique_id("user");
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Enter" && !is_over.get_untracked() {
            on_pick(Pick::Begin);
        }
    };
    view! {
        <div class="whom">
            <div hidden=move || names.with(Vec::len) < 2>
                <Select label="Population" options value=chosen on_choose=move |name| on_pick(Pick::Population(name)) />
            </div>
            <div class="field number">
                <label for=id.clone()>"User"</label>
                <input
                    id=id
                    type="text"
                    inputmode="numeric"
                    autocomplete="off"
                    prop:value=number
                    on:input=move |event| on_pick(Pick::Number(event_target_value(&event)))
                    on:keydown=on_key
                />
            </div>
            // One button, so that a keyboard does not lose its place.
            <button
                class=move || if is_on.get() { "danger" } else { "primary" }
                disabled=is_over
                on:click=move |_| on_pick(if is_on.get_untracked() { Pick::End } else { Pick::Begin })
            >
                {move || if is_on.get() { words.1 } else { words.0 }}
            </button>
            <button disabled=is_over on:click=move |_| on_pick(Pick::Any)>"Any user"</button>
            {children()}
        </div>
    }
}
