//! See one user: where it is, what is on its connection, its conversation; and do what it does, by hand.

use leptos::prelude::*;

use super::see_chat::Conversation;
use super::see_frames::Frames;
use super::whom::{Pick, Whom};
use crate::ui::parts::{Card, Facts};
use crate::ui::store::Store;
use app::run::view::phase_word;
use app::trace::{SeeState, TraceEvent};
use engine::wire::Sight;
use metrics::UserId;

/// The watched user's card.
pub const SEE_ID: &str = "see-one";

#[component]
pub fn See() -> impl IntoView {
    let store = Store::here();
    let status = store.select(|model| model.trace.status(&model.run.view));
    let is_off = store.select(|model| model.trace.state == SeeState::Off);
    let sight = store.select(|model| model.trace.sight.clone());
    let facts = Signal::derive(move || sight.with(|sight| facts(sight)));
    let is_unseen = Memo::new(move |_| sight.with(|sight| sight.phase.is_none()));
    view! {
        <div id=SEE_ID tabindex="-1">
            <Card title="See one user" hint="Its state, its frames without secrets, and its conversation, while it goes on. Take it over to act for it.">
                <Whose />
                <p class="hint" role="status" hidden=move || status.with(String::is_empty)>{status}</p>
                <div hidden=is_off>
                    <div hidden=is_unseen><Facts facts /></div>
                    <div class="sides">
                        <Conversation />
                        <Frames />
                    </div>
                </div>
            </Card>
        </div>
    }
}

fn facts(sight: &Sight) -> Vec<(&'static str, String, &'static str)> {
    let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let phase = sight.phase.map(phase_word).unwrap_or_default();
    let state = match (&sight.failure, sight.connected) {
        (Some(why), _) => format!("failed: {why}"),
        (None, true) => format!("{phase}, connected"),
        (None, false) => phase.to_owned(),
    };
    vec![
        ("State", state, "where in its life it is"),
        ("Room", list(&sight.rooms), "of which it is a member"),
        ("Waits for", list(&sight.waits_for), "operations without their answer yet"),
        ("Life", (sight.iteration + 1).to_string(), "users of some loads begin anew"),
    ]
}

/// Who is watched.
#[component]
fn Whose() -> impl IntoView {
    let store = Store::here();
    let see = move |event| store.dispatch(event);
    let names =
        store.tables(|tables| tables.populations.iter().map(|population| population.name.clone()).collect::<Vec<_>>());
    let chosen =
        store.select(|model| model.trace.chosen(&model.run.view).map(|chosen| chosen.name.clone()).unwrap_or_default());
    let number = store.select(|model| model.trace.number.clone());
    let is_on = store.select(|model| !matches!(model.trace.state, SeeState::Off | SeeState::Gone(_)));
    let on_pick = move |pick| {
        see(match pick {
            Pick::Population(name) => TraceEvent::ChoosePopulation(name),
            Pick::Number(number) => TraceEvent::TypeNumber(number),
            Pick::Begin => TraceEvent::Watch,
            Pick::End => TraceEvent::Stop,
            Pick::Any => TraceEvent::WatchAny,
        });
    };
    let is_over = store.run(|run| !run.status.is_running());
    let suspects = store.tables(|tables| tables.suspects);
    let suspect = move |pick: fn(&Suspects) -> Option<UserId>| {
        if let Some(user) = suspects.with_untracked(pick) {
            see(TraceEvent::WatchUser(user));
        }
    };
    view! {
        <Whom names chosen number is_on words=("Watch", "Stop watching") on_pick>
            <button
                disabled=move || is_over.get() || suspects.with(|(slowest, _)| slowest.is_none())
                on:click=move |_| suspect(|(slowest, _)| *slowest)
            >
                "The slowest"
            </button>
            <button
                disabled=move || is_over.get() || suspects.with(|(_, troubled)| troubled.is_none())
                on:click=move |_| suspect(|(_, troubled)| *troubled)
            >
                "One with errors"
            </button>
            <button class="felt" disabled=is_over on:click=move |_| see(TraceEvent::FeltSlow)>"Felt slow (F8)"</button>
        </Whom>
    }
}

/// The slowest of late, and the one with the last error.
type Suspects = (Option<UserId>, Option<UserId>);

/// F8 marks the charts from anywhere on the page.
#[component]
pub fn FeltSlowKey() -> impl IntoView {
    let store = Store::here();
    let handle = window_event_listener(leptos::ev::keydown, move |event| {
        if event.key() == "F8" && !event.repeat() {
            event.prevent_default();
            store.dispatch(TraceEvent::FeltSlow);
        }
    });
    on_cleanup(move || handle.remove());
}
