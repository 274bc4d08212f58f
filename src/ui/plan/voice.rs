//! What voice users say, and how they take their turns; only shown for populations that speak.

use leptos::prelude::*;

use super::behaviour::Variable;
use super::clips::ClipList;
use super::recorder::AddClips;
use crate::ui::parts::{Card, ProblemsAt};
use crate::ui::store::Store;
use app::plan::Edit;
use app::plan::variables::VariableField;
use app::plan::voice_form::{ClipNames, VoiceForm, voice_form};

#[component]
pub fn Voice() -> impl IntoView {
    let store = Store::here();
    let form = store.plan(voice_form);
    let speaks = Memo::new(move |_| form.with(Option::is_some));
    let fields = move || form.get().map(|form| form.fields).unwrap_or_default();
    view! {
        <Show when=move || speaks.get()>
            <Card title="Voice" hint="What these users say, and how they take turns. Each turn draws one of the ticked clips.">
                <ClipList />
                <ProblemsAt path=store.in_population("variables.utterances") inside=true />
                <AddClips />
                <Voices form />
                <div class="grid">
                    <For each=fields key=VariableField::clone children=|variable| view! { <Variable variable /> } />
                </div>
            </Card>
        </Show>
    }
}

/// The voices that the service is asked for; a service that knows others has them typed into the plan.
#[component]
fn Voices(form: Memo<Option<VoiceForm>>) -> impl IntoView {
    let store = Store::here();
    let voices = Memo::new(move |_| form.with(|form| form.as_ref().and_then(|form| form.voices.clone())));
    let choices = move || voices.get().map(|voices| voices.choices).unwrap_or_default();
    let is_chosen = move |name: &str| choices().iter().any(|choice| choice.name == name && choice.is_chosen);
    let toggle = move |name: &str| {
        if let Some(ClipNames { path, .. }) = voices.get_untracked() {
            let value = voices.with_untracked(|voices| voices.as_ref().and_then(|voices| voices.toggled(name)));
            store.dispatch(Edit::Set { path, value });
        }
    };
    let check = move |name: String| {
        let (shown, toggled) = (name.clone(), name.clone());
        view! {
            <label class="check">
                <input type="checkbox" prop:checked=move || is_chosen(&shown) on:change=move |_| toggle(&toggled) />
                {name}
            </label>
        }
    };
    view! {
        <fieldset class="checks" hidden=move || voices.with(Option::is_none)>
            <legend>"Voices to ask for"</legend>
            <For each=move || choices().into_iter().map(|choice| choice.name) key=String::clone children=check />
            <p class="hint">"Spread over the users. None ticked: the service chooses."</p>
        </fieldset>
    }
}
