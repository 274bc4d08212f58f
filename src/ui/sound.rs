//! The sounds of the page: the clip that is played, and the recording that is made.

use gloo_timers::callback::Interval;

use super::store::Store;
use crate::browser::{Clock, Microphone, Playback, PlaybackError, decode};
use app::listen::{ListenEffect, Moments, Piece};
use app::page::PageEvent;
use app::plan::{ClipEffect, ClipEvent};
use metrics::UserId;
use protocol::audio::Clip;

/// What sounds or listens just now; each ends when it is dropped.
#[derive(Default)]
pub struct Sound {
    clip: Option<Playback>,
    recording: Option<(Microphone, Interval)>,
    /// Counts what was begun, so that a permission that comes too late is told.
    recordings: u32,
    hearing: Option<Hearing>,
}

/// The user that is listened to.
struct Hearing {
    volume: f64,
    /// From the first audio on, which tells its rate.
    playback: Option<(u32, Playback)>,
    moments: Moments,
}

pub fn run(store: Store, effect: ClipEffect) {
    match effect {
        ClipEffect::Play(clip) => play(store, &clip),
        ClipEffect::Stop => stop_clip(store),
        ClipEffect::Record => record(store),
        ClipEffect::EndRecording { name, rate } => end_recording(store, name, rate),
        ClipEffect::DiscardRecording => discard_recording(store),
    }
}

pub fn listen(store: Store, effect: ListenEffect) {
    match effect {
        ListenEffect::Hear { user, volume } => hear(store, user, volume),
        ListenEffect::Stop => stop_hearing(store),
        ListenEffect::SetVolume(volume) => set_volume(store, volume),
        ListenEffect::Play { rate, pieces } => play_pieces(store, rate, &pieces),
    }
}

fn play(store: Store, clip: &Clip) {
    let played = Playback::new(clip.rate).and_then(|mut playback| {
        playback.play_to_end(&clip.samples(), move || store.dispatch(ClipEvent::Ended))?;
        Ok(playback)
    });
    match played {
        Ok(playback) => store.with_sound(|sound| sound.clip = Some(playback)),
        Err(problem) => {
            store.dispatch(ClipEvent::Ended);
            store.dispatch(PageEvent::Failed(problem.to_string()));
        }
    }
}

fn stop_clip(store: Store) {
    store.with_sound(|sound| sound.clip = None);
}

fn record(store: Store) {
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
                store.dispatch(ClipEvent::RecordingBegan);
            }
            Err(problem) => store.dispatch(ClipEvent::RecordingFailed(problem.to_string())),
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
            store.dispatch(ClipEvent::RecordingGoesOn { seconds: (clock.now_ms() - began_ms) / 1e3, level });
        }
    })
}

fn end_recording(store: Store, name: String, rate: u32) {
    let Some((microphone, _)) = store.with_sound(|sound| sound.recording.take()) else { return };
    leptos::task::spawn_local(async move {
        let taken = match microphone.finish().await {
            Ok(file) => decode(&file, rate).await.map_err(|problem| problem.to_string()),
            Err(problem) => Err(problem.to_string()),
        };
        store.dispatch(match taken {
            Ok(samples) => ClipEvent::Read(Clip::new(name, rate, &samples)),
            Err(problem) => ClipEvent::RecordingFailed(format!(
                "The recording was lost: {}.",
                problem.to_string().trim_end_matches('.')
            )),
        });
    });
}

fn discard_recording(store: Store) {
    store.with_sound(|sound| {
        sound.recording = None;
        sound.recordings += 1;
    });
}

fn hear(store: Store, user: UserId, volume: f64) {
    store.with_sound(|sound| sound.hearing = Some(Hearing { volume, playback: None, moments: Moments::default() }));
    store.driver().hear(Some(user));
}

fn stop_hearing(store: Store) {
    store.driver().hear(None);
    store.with_sound(|sound| sound.hearing = None);
}

fn set_volume(store: Store, volume: f64) {
    store.with_sound(|sound| {
        if let Some(hearing) = &mut sound.hearing {
            hearing.volume = volume;
            hearing.playback.iter().for_each(|(_, playback)| playback.set_volume(volume));
        }
    });
}

/// A page without sound still shows what is said.
fn play_pieces(store: Store, rate: u32, pieces: &[Piece]) {
    let problem = store.with_sound(|sound| sound.hearing.as_mut()?.play(rate, pieces).err());
    if let Some(problem) = problem {
        store.dispatch(PageEvent::Failed(problem.to_string()));
    }
}

impl Hearing {
    fn play(&mut self, rate: u32, pieces: &[Piece]) -> Result<(), PlaybackError> {
        if self.playback.as_ref().is_none_or(|(known, _)| *known != rate) {
            let playback = Playback::new(rate)?;
            playback.set_volume(self.volume);
            self.playback = Some((rate, playback));
        }
        let Some((_, playback)) = &mut self.playback else { return Ok(()) };
        for piece in pieces {
            let length_s = piece.samples.len() as f64 / f64::from(rate.max(1));
            let at = self.moments.place(piece.lane, piece.at_s, length_s, playback.now());
            playback.schedule(&piece.samples, at);
        }
        Ok(())
    }
}

const METER_MS: u32 = 100;
