//! Before this page is in a swarm: how to open one, and how to join.

use leptos::prelude::*;

use super::name::NameField;
use crate::ui::parts::Card;
use crate::ui::store::Store;
use app::swarm::SwarmEvent;

#[component]
pub fn Entrance() -> impl IntoView {
    let store = Store::here();
    let broker = store.select(|model| model.swarm.broker.clone());
    let open = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        store.dispatch(SwarmEvent::Open);
    };
    view! {
        <Card
            title="Several browsers, one run"
            hint="One browser carries about 250 sockets. More of them, on this machine or on others, join by a link and play one plan with one result."
        >
            <form class="grid" on:submit=open>
                <div class="field">
                    <label for="swarm-broker">"Broker"</label>
                    <span class="box">
                        <input
                            id="swarm-broker"
                            type="text"
                            autocomplete="off"
                            spellcheck="false"
                            placeholder="wss://broker.example:8084/mqtt"
                            aria-describedby="swarm-broker-note"
                            prop:value=broker
                            on:input=move |event| store.dispatch(SwarmEvent::TypedBroker(event_target_value(&event)))
                        />
                    </span>
                    <p class="note" id="swarm-broker-note">
                        <span class="hint">
                            "Any MQTT broker with a WebSocket listener; everything that goes through it is encrypted. "
                            <code>"cargo xtask run --room"</code>" starts one."
                        </span>
                    </p>
                </div>
                <NameField />
                <div class="row"><button class="primary" type="submit">"Open a swarm"</button></div>
            </form>
            <p class="hint">"To join somebody's swarm, open the link that they send you."</p>
        </Card>
    }
}
