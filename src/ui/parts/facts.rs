//! Numbers with a name and a sentence about what they mean.

use leptos::prelude::*;

use super::keyed;

/// Name, value and meaning of each.
#[component]
pub fn Facts(#[prop(into)] facts: Signal<Vec<(&'static str, String, &'static str)>>) -> impl IntoView {
    view! { <dl class="facts">{keyed(move || facts.get(), |(name, ..)| *name, fact)}</dl> }
}

fn fact(fact: Memo<(&'static str, String, &'static str)>) -> impl IntoView {
    let (name, _, meaning) = fact.get_untracked();
    view! {
        <div class="fact">
            <dt>{name}</dt>
            <dd>{move || fact.get().1}</dd>
            <dd class="hint">{meaning}</dd>
        </div>
    }
}
