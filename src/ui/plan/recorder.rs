//! Clips of one's own: audio files, and recordings from one's own microphone.

use leptos::prelude::*;
use web_sys::File;

use crate::browser::decode;
use crate::ui::parts::FileButton;
use crate::ui::store::Store;
use app::page::PageEvent;
use app::plan::ClipEvent;
use app::plan::ClipRecording;
use app::plan::clips::stem;
use app::plan::voice_form::rate;
use protocol::audio::Clip;

#[component]
pub fn AddClips() -> impl IntoView {
    let store = Store::here();
    view! {
        <div class="add-clips">
            <FileButton label="Add audio files" accept="audio/*,.wav,.mp3,.ogg" drop=true multiple=true on_file=move |file| take(store, file) />
            <Recorder />
        </div>
        <p class="hint">"Clips of your own stay in this page: they are in no plan, link or report."</p>
    }
}

/// Decodes a file at the rate of the open population's service.
fn take(store: Store, file: File) {
    let rate = store.peek(|model| rate(&model.plan.editor));
    leptos::task::spawn_local(async move {
        let name = file.name();
        match decode(&file, rate).await {
            Ok(samples) => store.dispatch(ClipEvent::Read(Clip::new(stem(&name).to_owned(), rate, &samples))),
            Err(problem) => store.dispatch(PageEvent::Failed(format!("{name} was not read: {problem}."))),
        }
    });
}

#[component]
fn Recorder() -> impl IntoView {
    let store = Store::here();
    let recording = store.select(|model| model.plan.recording.clone());
    let is_on = Memo::new(move |_| recording.with(ClipRecording::is_on));
    let is_off = Memo::new(move |_| recording.with(|recording| *recording == ClipRecording::Off));
    let waits = Memo::new(move |_| !is_on.get() && !is_off.get());
    let percent = move || recording.with(|recording| (recording.bar() * 100.0).round());
    let clock = move || recording.with(ClipRecording::clock);
    let waiting = move || match recording.get() {
        ClipRecording::Asked => "The browser asks for your microphone.",
        ClipRecording::Ending => "One moment.",
        _ => "",
    };
    // One button, so that a keyboard does not lose its place.
    let press = move |_| match recording.get_untracked() {
        ClipRecording::Off => store.dispatch(ClipEvent::Record),
        ClipRecording::On { .. } => store.dispatch(ClipEvent::EndRecording),
        ClipRecording::Asked | ClipRecording::Ending => {}
    };
    view! {
        <div class="recorder" class:on=is_on>
            <button class:danger=is_on aria-disabled=move || waits.get().to_string() on:click=press>
                <span class="dot" aria-hidden="true"></span>
                {move || if is_on.get() { "Stop recording" } else { "Record" }}
            </button>
            <span class="hint" role="status">{waiting}</span>
            <span class="clock" role="timer" hidden=move || !is_on.get()>{clock}</span>
            <div class="level" role="meter" aria-label="Level" aria-valuemin="0" aria-valuemax="100" aria-valuenow=percent hidden=move || !is_on.get()>
                <div style:width=move || format!("{}%", percent())></div>
            </div>
            <button class="quiet" hidden=is_off on:click=move |_| store.dispatch(ClipEvent::DiscardRecording)>"Discard"</button>
        </div>
    }
}
