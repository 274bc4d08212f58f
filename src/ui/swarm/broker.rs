//! How the broker's connection is, and what the broker asks for.

use leptos::prelude::*;

use crate::ui::store::Store;
use app::swarm::SwarmEvent;
use swarm::Credentials;

#[component]
pub fn BrokerState() -> impl IntoView {
    let store = Store::here();
    let connected = store.swarm(|swarm| swarm.is_connected);
    let problem = store.swarm(|swarm| swarm.problem.clone());
    let forged = store.swarm(|swarm| swarm.forged.clone());
    let broker = store.swarm(|swarm| swarm.broker.clone());
    let traffic = store.swarm(|swarm| swarm.traffic.clone());
    let (user, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let asks = move || problem.with(|problem| problem.as_ref().is_some_and(|text| text.contains("user name")));
    let give = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        store.dispatch(SwarmEvent::GiveCredentials(Credentials { user: user.get(), password: password.get() }));
        password.set(String::new());
    };
    view! {
        <p class="hint">
            {move || if connected.get() { "Connected to " } else { "Connecting to " }}<code>{broker}</code>" · "{traffic}
        </p>
        <p class="problem" role="alert" hidden=move || problem.with(Option::is_none)>{problem}</p>
        <p class="problem" role="alert" hidden=move || forged.with(Option::is_none)>{forged}</p>
        <form class="row" hidden=move || !asks() on:submit=give>
            <input type="text" aria-label="User name of the broker" placeholder="user name" autocomplete="off" prop:value=user on:input=move |event| user.set(event_target_value(&event)) />
            <input type="password" aria-label="Password of the broker" placeholder="password" autocomplete="off" prop:value=password on:input=move |event| password.set(event_target_value(&event)) />
            <button type="submit">"Log in"</button>
        </form>
    }
}
