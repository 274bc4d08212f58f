//! Hear one: any voice user of the run, live, with what its protocol says.

use leptos::prelude::*;

use super::waveform::Waveform;
use super::whom::{Pick, Whom};
use crate::ui::parts::{Card, keyed, unique_id};
use crate::ui::store::Store;
use app::listen::{HearState, ListenEvent, TraceMark};

#[component]
pub fn Hear() -> impl IntoView {
    let store = Store::here();
    let is_absent = store.tables(|tables| tables.voice.is_none());
    let status = store.select(|model| model.listen.status(&model.run.view));
    let trace = store.select(|model| model.listen.trace.clone());
    let is_empty = Memo::new(move |_| trace.with(|trace| trace.is_empty()));
    let marks = Signal::derive(move || trace.with(|trace| trace.marks()));
    view! {
        <div hidden=is_absent>
            <Card title="Hear one" hint="What one user hears and says, as it happens. Events that nobody looks into are only counted, and not shown.">
                <Whose />
                <p class="hint" role="status" hidden=move || status.with(String::is_empty)>{status}</p>
                <div hidden=is_empty>
                    <Waveform trace />
                    <ol class="heard" tabindex="0" aria-label="Protocol events, newest first">
                        {keyed(move || marks.get(), |mark| mark.id, item)}
                    </ol>
                </div>
            </Card>
        </div>
    }
}

fn item(mark: Memo<TraceMark>) -> impl IntoView {
    let TraceMark { kind, text, .. } = mark.get_untracked();
    let (arrow, word, class) = kind.words();
    view! {
        <li class=class>
            <time>{mark.get_untracked().time()}</time>
            <span class="arrow" aria-hidden="true">{arrow}</span>
            <span class="unseen">{word}</span>
            <span class="text">{text}</span>
        </li>
    }
}

/// Who is listened to, and how loud.
#[component]
fn Whose() -> impl IntoView {
    let store = Store::here();
    let names = store.tables(|tables| tables.speakers().iter().map(|speaker| speaker.name.clone()).collect::<Vec<_>>());
    let chosen = store
        .select(|model| model.listen.speaker(&model.run.view).map(|speaker| speaker.name.clone()).unwrap_or_default());
    let number = store.select(|model| model.listen.number.clone());
    let is_on = store.select(|model| model.listen.state != HearState::Off);
    let on_pick = move |pick| {
        store.dispatch(match pick {
            Pick::Population(name) => ListenEvent::ChooseSpeaker(name),
            Pick::Number(number) => ListenEvent::TypeSpeaker(number),
            Pick::Begin => ListenEvent::Listen,
            Pick::End => ListenEvent::Stop,
            Pick::Any => ListenEvent::ListenToAny,
        });
    };
    view! {
        <Whom names chosen number is_on words=("Listen", "Stop listening") on_pick>
            <Volume />
        </Whom>
    }
}

#[component]
fn Volume() -> impl IntoView {
    let store = Store::here();
    let volume = store.select(|model| (model.listen.volume * 100.0).round().to_string());
    let id = unique_id("volume");
    let on_input = move |event| {
        if let Ok(percent) = event_target_value(&event).parse::<f64>() {
            store.dispatch(ListenEvent::SetVolume(percent / 100.0));
        }
    };
    view! {
        <div class="field volume">
            <label for=id.clone()>"Volume"</label>
            <input id=id type="range" min="0" max="100" step="5" prop:value=volume on:input=on_input />
        </div>
    }
}
