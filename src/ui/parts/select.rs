//! A labelled choice of a few.

use leptos::prelude::*;

use super::unique_id;

#[component]
pub fn Select(
    #[prop(into)] label: String,
    /// Value and text of each choice.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
    #[prop(into)] value: Signal<String>,
    on_choose: impl Fn(String) + 'static,
    #[prop(optional, into)] hint: String,
    #[prop(optional)] bare: bool,
) -> impl IntoView {
    let id = unique_id("select");
    let choices = move || {
        let option = |(name, text): (String, String)| {
            let selected = name == value.get();
            view! { <option value=name selected=selected>{text}</option> }
        };
        options.get().into_iter().map(option).collect_view()
    };
    view! {
        <div class="field">
            <label for=id.clone() class:unseen=bare>{label}</label>
            <span class="box">
                <select id=id prop:value=value on:change=move |event| on_choose(event_target_value(&event))>{choices}</select>
            </span>
            {(!hint.is_empty()).then(|| view! { <p class="note"><span class="hint">{hint}</span></p> })}
        </div>
    }
}
