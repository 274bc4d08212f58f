//! What keeps load where it belongs: the question before a host gets any, the limits of this browser, the STOP key.

use std::collections::BTreeSet;

use leptos::ev::keydown;
use leptos::html::Dialog as DialogElement;
use leptos::prelude::*;

use super::forget::ForgetButton;
use super::parts::Dialog;
use super::storage::remember;
use super::store::Store;
use app::kept::SAFETY;
use app::page::PageEvent;
use app::safety::{Cap, FAIR_USE, Safety, SafetyEffect, SafetyEvent, in_words};
use app::swarm::named;
use plan::HostLoad;

/// Does in the browser what is asked for here.
pub fn run(store: Store, effect: SafetyEffect) {
    match effect {
        SafetyEffect::Keep { text, limits } => {
            remember(SAFETY, &text);
            store.driver().set_limits(limits.clone());
            store.swarm_driver().change(|swarm| swarm.generate(|generator| generator.limit(limits)));
        }
    }
}

/// As `aria-keyshortcuts` wants it. Control and full stop: nothing on a page uses it, screen readers leave it alone, and on a
/// Mac the same key with Command has always meant "stop".
pub const STOP_KEY: &str = "Control+.";

/// Stops everything from wherever the focus is.
#[component]
pub fn StopKey() -> impl IntoView {
    let store = Store::here();
    let handle = window_event_listener(keydown, move |event| {
        if event.key() == "." && (event.ctrl_key() || event.meta_key()) && !event.alt_key() && !event.repeat() {
            event.prevent_default();
            store.dispatch(PageEvent::StopKey);
        }
    });
    on_cleanup(move || handle.remove());
}

/// For eyes; screen readers hear of the key by the button's `aria-keyshortcuts`.
#[component]
pub fn StopKeyHint() -> impl IntoView {
    view! { <kbd aria-hidden="true">"Ctrl ."</kbd> }
}

/// What is asked before a run: fair use once per browser, and each host once.
#[component]
pub fn Permission() -> impl IntoView {
    let store = Store::here();
    let asks = store.select(|model| model.safety.asks.clone());
    let place = NodeRef::<DialogElement>::new();
    Effect::new(move || {
        let Some(dialog) = place.get() else { return };
        if asks.with(Option::is_none) {
            dialog.close();
        } else if !dialog.open() {
            // It fails only for a dialog that is open or not in the document.
            let _ = dialog.show_modal();
        }
    });
    let fair_use = move || asks.with(|asks| asks.as_ref().is_some_and(|asks| asks.fair_use));
    let hosts = move || {
        let hosts = asks.with(|asks| asks.as_ref().map(|asks| asks.hosts.clone()).unwrap_or_default());
        let line = |load: HostLoad| view! { <li><strong>{format!("{}: ", load.host)}</strong>{in_words(&load)}</li> };
        hosts.iter().cloned().map(line).collect_view()
    };
    let here = move || {
        let here = asks.with(|asks| asks.as_ref().map(|asks| asks.here.clone()).unwrap_or_default());
        let line =
            |place: &String| view! { <li><strong>{named(place)}</strong>": the plan came by a link or in a file"</li> };
        here.iter().map(line).collect_view()
    };
    let has_hosts =
        move || asks.with(|asks| asks.as_ref().is_some_and(|asks| !asks.hosts.is_empty() || !asks.here.is_empty()));
    let fair = FAIR_USE.map(|line| view! { <li>{line}</li> }).collect_view();
    view! {
        <dialog
            node_ref=place
            class="permission"
            aria-labelledby="permission-title"
            on:close=move |_| store.dispatch(SafetyEvent::Refuse)
        >
            <div class="dialog-head"><h2 id="permission-title">"Before load starts"</h2></div>
            <div class="dialog-body stack">
                <div hidden=move || !has_hosts()>
                    <p>"May this browser put load on:"</p>
                    <ul>{hosts}{here}</ul>
                    <p class="hint">"Asked once for each host. \"Hosts and limits\" beside the plan takes it back."</p>
                </div>
                <div hidden=move || !fair_use()>
                    <h3>"Fair use"</h3>
                    <ul>{fair}</ul>
                    <p>"Ctrl and the full stop key together stop a run at any time, from anywhere on the page."</p>
                </div>
                <div class="row">
                    <button class="primary" on:click=move |_| store.dispatch(SafetyEvent::Allow)>
                        {move || if has_hosts() { "Allow and start" } else { "Understood, start" }}
                    </button>
                    <button on:click=move |_| store.dispatch(SafetyEvent::Refuse)>"Do not start"</button>
                </div>
            </div>
        </dialog>
    }
}

/// Opens the limits of this browser.
#[component]
pub fn LimitsButton() -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <button class="quiet" on:click=move |_| open.set(true)>"Hosts and limits"</button>
        <Dialog title="Hosts and limits of this browser" open content=|| view! { <LimitsForm /> } />
    }
}

#[component]
fn LimitsForm() -> impl IntoView {
    let store = Store::here();
    let has_hosts = store.select(|model| !model.safety.limits.hosts.is_empty());
    let typed = RwSignal::new(String::new());
    let add = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        store.dispatch(SafetyEvent::AddHost(typed.get_untracked()));
        typed.set(String::new());
    };
    let cap = move |(cap, label, unit): (Cap, &'static str, &'static str)| {
        let value = store.select(move |model| cap.shown(&model.safety.limits));
        let set = move |text| store.dispatch(SafetyEvent::SetCap { cap, text });
        view! {
            <label class="field">
                <span>{label}</span>
                <span class="box">
                    <input
                        type="text"
                        inputmode="decimal"
                        placeholder="no limit"
                        prop:value=value
                        on:change=move |event| set(event_target_value(&event))
                    />
                    {(!unit.is_empty()).then(|| view! { <span class="unit">{unit}</span> })}
                </span>
            </label>
        }
    };
    view! {
        <div class="stack">
            <h3>"Hosts that load may go to"</h3>
            <p class="hint">"Plans of your own may always load this machine. Everything else is asked about once, and kept in this browser only."</p>
            <p class="hint" hidden=has_hosts>"No other host has been allowed."</p>
            <Allowed label="Allowed hosts" names=|safety| &safety.limits.hosts take_back=SafetyEvent::RemoveHost />
            <form class="row" on:submit=add>
                <input
                    type="text"
                    aria-label="Host to allow"
                    placeholder="chat.example"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=typed
                    on:input=move |event| typed.set(event_target_value(&event))
                />
                <button type="submit">"Allow"</button>
            </form>
            <h3>"The most that each of them gets from one run"</h3>
            <div class="grid">{Cap::ALL.map(cap).collect_view()}</div>
            <p class="hint">"A plan beyond them does not start, and workers keep to them while it runs. Empty: no limit. A public host is one that
                strangers may own: neither this machine nor in a private network."</p>
            <Allowed
                title="Places on this machine that others' plans may go to"
                label="Allowed places on this machine"
                names=|safety| &safety.here
                take_back=SafetyEvent::RemovePlace
            />
            <Allowed
                title="Brokers that links may lead to"
                label="Allowed brokers"
                names=|safety| &safety.brokers
                take_back=SafetyEvent::RemoveBroker
            />
            <div class="row"><ForgetButton /></div>
        </div>
    }
}

/// What was allowed, each of which can be taken back. Without anything in it there is no title either.
#[component]
fn Allowed(
    #[prop(default = "")] title: &'static str,
    label: &'static str,
    names: fn(&Safety) -> &BTreeSet<String>,
    take_back: fn(String) -> SafetyEvent,
) -> impl IntoView {
    let store = Store::here();
    let names = store.select(move |model| names(&model.safety).iter().cloned().collect::<Vec<_>>());
    let line = move |name: String| {
        let (shown, label) = (name.clone(), format!("Take back {name}"));
        let remove = move |_| store.dispatch(take_back(name.clone()));
        view! { <li class="row"><code>{shown}</code><button class="quiet right" aria-label=label on:click=remove>"Take back"</button></li> }
    };
    view! {
        <div hidden=move || names.with(Vec::is_empty)>
            {(!title.is_empty()).then(|| view! { <h3>{title}</h3> })}
            <ul class="hosts" aria-label=label>
                <For each=move || names.get() key=String::clone children=line />
            </ul>
        </div>
    }
}
