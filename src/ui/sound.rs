//! The sounds of the page: the clip that is played, and the recording that is made.

use gloo_timers::callback::Interval;

use super::store::Store;
use crate::app::Event;
use crate::browser::{Clock, Microphone, Playback, decode};
use crate::protocol::audio::Clip;

/// What sounds or listens just now; each ends when it is dropped.
#[derive(Default)]
pub struct Sound {
    clip: Option<Playback>,
    recording: Option<(Microphone, Interval)>,
    /// Counts what was begun, so that a permission that comes too late is told.
    recordings: u32,
}

pub fn play(store: Store, clip: &Clip) {
    let played = Playback::new(clip.rate).and_then(|mut playback| {
        playback.play_to_end(&clip.samples(), move || store.dispatch(Event::ClipEnded))?;
        Ok(playback)
    });
    match played {
        Ok(playback) => store.with_sound(|sound| sound.clip = Some(playback)),
        Err(problem) => {
            store.dispatch(Event::ClipEnded);
            store.dispatch(Event::Failed(problem));
        }
    }
}

pub fn stop_clip(store: Store) {
    store.with_sound(|sound| sound.clip = None);
}

pub fn record(store: Store) {
    let number = store.with_sound(|sound| {
        sound.recordings += 1;
        sound.recordings
    });
    leptos::task::spawn_local(async move {
        let opened = Microphone::open().await;
        if store.with_sound(|sound| sound.recordings) != number {
            return;
        }
        match opened {
            Ok(microphone) => {
                store.with_sound(|sound| sound.recording = Some((microphone, meter(store))));
                store.dispatch(Event::RecordingBegan);
            }
            Err(problem) => store.dispatch(Event::RecordingFailed(problem)),
        }
    });
}

/// Tells how long it goes on and how loud it is.
fn meter(store: Store) -> Interval {
    let clock = Clock::new();
    let began_ms = clock.now_ms();
    Interval::new(METER_MS, move || {
        let level = store.with_sound(|sound| sound.recording.as_ref().map(|(microphone, _)| microphone.level()));
        if let Some(level) = level {
            store.dispatch(Event::RecordingGoesOn { seconds: (clock.now_ms() - began_ms) / 1e3, level });
        }
    })
}

pub fn end_recording(store: Store, name: String, rate: u32) {
    let Some((microphone, _)) = store.with_sound(|sound| sound.recording.take()) else { return };
    leptos::task::spawn_local(async move {
        let taken = match microphone.finish().await {
            Ok(file) => decode(&file, rate).await,
            Err(problem) => Err(problem),
        };
        store.dispatch(match taken {
            Ok(samples) => Event::ClipRead(Clip::new(name, rate, &samples)),
            Err(problem) => Event::RecordingFailed(format!("The recording was lost: {problem}.")),
        });
    });
}

pub fn discard_recording(store: Store) {
    store.with_sound(|sound| {
        sound.recording = None;
        sound.recordings += 1;
    });
}

const METER_MS: u32 = 100;
