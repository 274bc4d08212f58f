//! What the other browsers of a swarm call this one.

use leptos::prelude::*;

use crate::ui::store::Store;
use app::swarm::SwarmEvent;

#[component]
pub fn NameField() -> impl IntoView {
    let store = Store::here();
    let chosen = store.select(|model| model.swarm.browser_name.clone());
    let made_up = store.select(|model| match model.swarm.view.role {
        None => "made up".to_owned(),
        Some(_) => model.swarm.view.name.clone(),
    });
    view! {
        <div class="field">
            <label for="swarm-name">"Name of this browser"</label>
            <span class="box">
                <input
                    id="swarm-name"
                    type="text"
                    autocomplete="off"
                    placeholder=made_up
                    prop:value=chosen
                    on:input=move |event| store.dispatch(SwarmEvent::NameBrowser(event_target_value(&event)))
                />
            </span>
            <p class="note"><span class="hint">"The others see it."</span></p>
        </div>
    }
}
