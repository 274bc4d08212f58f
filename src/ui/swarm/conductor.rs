//! The conductor's view: the link to hand out, and who is there.

use leptos::prelude::*;

use super::broker::BrokerState;
use super::name::NameField;
use super::qr::QrCode;
use crate::ui::parts::{Card, DataTable, Select};
use crate::ui::store::Store;
use app::page::{Page, PageEvent};
use app::run::RunEvent;
use app::swarm::SwarmEvent;
use app::swarm::view::{ROSTER_COLUMNS, patience_of, patience_value, patiences};

#[component]
pub fn Conducting() -> impl IntoView {
    let store = Store::here();
    let link = store.swarm(|swarm| format!("{}{}", page_address(), swarm.invite));
    let watch = store.swarm(|swarm| format!("{}{}", page_address(), swarm.watch));
    let running = store.run(|run| run.status.is_running());
    let is_connected = store.swarm(|swarm| swarm.is_connected);
    view! {
        <Card title="This page conducts a swarm" hint="Whoever opens the link joins: on another machine, in another profile, on a phone.">
            <BrokerState />
            <div class="invite">
                <Show when=move || is_connected.get() fallback=|| view! { <p class="hint">"No QR code: the broker does not answer, so nobody could join by it."</p> }>
                    <QrCode text=link />
                </Show>
                <div class="stack">
                    <div class="field">
                        <label for="swarm-link">"Link to join"</label>
                        <input id="swarm-link" type="text" readonly prop:value=link on:focus=select_all />
                    </div>
                    <div class="row">
                        <button class="primary" on:click=move |_| store.dispatch(SwarmEvent::CopyInvite)>"Copy link"</button>
                        <button on:click=move |_| store.dispatch(PageEvent::Show(Page::Plan))>"To the plan"</button>
                        <button class="danger" hidden=move || !running.get() on:click=move |_| store.dispatch(RunEvent::Stop)>"Stop all"</button>
                        <button class="quiet right" disabled=running on:click=move |_| store.dispatch(SwarmEvent::Leave)>"Close the swarm"</button>
                    </div>
                    <div class="field">
                        <label for="swarm-watch-link">"Link to watch: shows how the run looks, and can start and change nothing"</label>
                        <input id="swarm-watch-link" type="text" readonly prop:value=watch on:focus=select_all />
                    </div>
                    <div class="row">
                        <button on:click=move |_| store.dispatch(SwarmEvent::CopyWatchLink)>"Copy link to watch"</button>
                    </div>
                    <NameField />
                    <Settings />
                </div>
            </div>
        </Card>
        <Roster />
    }
}

/// What holds for everybody of this swarm.
#[component]
fn Settings() -> impl IntoView {
    let store = Store::here();
    let only_watches = store.swarm(|swarm| swarm.only_watches);
    let moves_parts = store.swarm(|swarm| swarm.moves_parts);
    let patience = store.swarm(|swarm| patience_value(swarm.patience));
    let running = store.run(|run| run.status.is_running());
    view! {
        <label class="check">
            <input
                type="checkbox"
                prop:checked=only_watches
                disabled=running
                on:change=move |event| store.dispatch(SwarmEvent::WatchOnly(event_target_checked(&event)))
            />
            "This browser only conducts and observes; the others play the load"
        </label>
        <label class="check">
            <input
                type="checkbox"
                prop:checked=moves_parts
                on:change=move |event| store.dispatch(SwarmEvent::MoveParts(event_target_checked(&event)))
            />
            "Users of a browser that vanishes move to the others"
        </label>
        <Select
            label="Browsers that lose this one play on for"
            options=Signal::derive(patiences)
            value=patience
            on_choose=move |value| store.dispatch(SwarmEvent::SetPatience(patience_of(&value)))
            hint="After that they stop by themselves, and go on when this page is back."
        />
    }
}

/// Who is there.
#[component]
fn Roster() -> impl IntoView {
    let store = Store::here();
    let roster = store.swarm(|swarm| swarm.roster.clone());
    let unlisted = store.swarm(|swarm| swarm.unlisted.clone());
    let capacity = store.swarm(|swarm| swarm.capacity.clone());
    let doubts = store.swarm(|swarm| swarm.doubts.clone());
    view! {
        <Card title="Browsers">
            <p class=move || format!("verdict {}", capacity.with(|(_, mood)| mood.class()))>{move || capacity.with(|(text, _)| text.clone())}</p>
            <p class="problem" hidden=move || doubts.with(Vec::is_empty)>{move || doubts.with(|doubts| doubts.join(" "))}</p>
            <DataTable label="Browsers" columns=&ROSTER_COLUMNS rows=roster />
            <p class="hint" hidden=move || unlisted.with(String::is_empty)>{move || unlisted.get()}</p>
            <p class="hint">
                "Clock off by: what each browser's clock shows more than this one's, and how wrong that can be at most. Times that cross browsers are corrected by it."
            </p>
        </Card>
    }
}

fn page_address() -> String {
    let address = window().location().href().unwrap_or_default();
    address.split('#').next().unwrap_or_default().to_owned()
}

fn select_all(event: leptos::ev::FocusEvent) {
    event_target::<web_sys::HtmlInputElement>(&event).select();
}
