//! The page's side of the browser edge, in a real page.
#![cfg(target_arch = "wasm32")]

mod web;

use std::cell::RefCell;
use std::rc::Rc;

use engine::wire::{FromWorker, ToWorker};
use protocol::audio::clips;
use swarm::{NoteKind, Secret, Signer};
use tabswarm::browser::{HostEvent, Microphone, Playback, TabNotes, Visibility, WorkerHost, decode};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web::{sound, until, wire};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn messages_survive_the_way_to_a_page() {
    wire::check_all();
}

#[wasm_bindgen_test]
async fn a_worker_that_cannot_be_loaded_is_dead() {
    let events = Rc::new(RefCell::new(Vec::new()));
    let heard = events.clone();
    // No worker lies beside the page of these tests.
    let _host = WorkerHost::<ToWorker, FromWorker>::spawn("missing", move |event| heard.borrow_mut().push(event))
        .expect("it starts");
    until("the worker's end", || !events.borrow().is_empty()).await;
    let events = events.borrow();
    assert!(matches!(&events[..], [HostEvent::Died(_)]), "{events:?}");
}

#[wasm_bindgen_test]
async fn notes_outlive_who_wrote_them_and_are_read_by_their_tab_alone() {
    let open = |seed: u8| async move {
        TabNotes::open(&Signer::new(Secret::new([seed; 32]))).await.expect("there is a random source")
    };
    let numbers = |notes: &[(u64, Vec<u8>)]| notes.iter().map(|(number, _)| *number).collect::<Vec<_>>();
    let notes = open(1).await;
    for number in [3, 1, 20, 2] {
        assert!(notes.write(NoteKind::Part, number, &[number as u8]).await, "a page has a database");
    }
    notes.write(NoteKind::Journal, 1, b"another kind").await;
    drop(notes);
    let again = open(1).await;
    let found = again.remembered().await.parts;
    assert_eq!(numbers(&found), [1, 2, 3, 20]);
    assert_eq!(found[3].1, [20]);
    again.forget(NoteKind::Part, 3).await;
    assert_eq!(numbers(&again.remembered().await.parts), [3, 20]);
    assert_eq!(again.remembered().await.journal.len(), 1);
    assert_eq!(open(2).await.remembered().await.parts, [], "another tab");
}

#[wasm_bindgen_test]
fn the_page_s_visibility_is_reported_until_the_watch_is_dropped() {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let seeing = seen.clone();
    let watch = Visibility::watch(move |hidden| seeing.borrow_mut().push(hidden)).expect("this is a page");
    let document = web_sys::window().and_then(|window| window.document()).expect("this is a page");
    let change = || {
        let event = web_sys::Event::new("visibilitychange").expect("an event");
        document.dispatch_event(&event).expect("it can be dispatched");
    };
    change();
    drop(watch);
    change();
    assert_eq!(seen.borrow().len(), 2, "once at first, once for the change");
}

#[wasm_bindgen_test]
async fn a_playback_plays_to_its_end_and_is_closed_when_it_is_dropped() {
    sound::watch();
    let ended = Rc::new(RefCell::new(0));
    let counting = ended.clone();
    let mut playback = Playback::new(24_000).expect("this browser has sound");
    playback.set_volume(0.0);
    // A page that nobody has touched may be kept silent: then it never ends, and is closed all the same.
    playback.play_to_end(&[0; 2_400], move || *counting.borrow_mut() += 1).expect("it plays");
    playback.schedule(&[0; 240], playback.now() + 0.5);
    assert_eq!(sound::closed_contexts(), 0);
    drop(playback);
    until("the end of the sound", || sound::closed_contexts() == 1).await;
    assert_eq!(*ended.borrow(), 0, "what is dropped does not end");
}

#[wasm_bindgen_test]
async fn audio_files_are_decoded_to_the_wanted_rate_and_others_are_refused() {
    let order = sound::file(clips::shipped_file("order").expect("it is shipped"));
    let same = decode(&order, 24_000).await;
    // Chromium knows no ADPCM; a browser that does gives every sample.
    assert!(same.is_err() || same.is_ok_and(|samples| samples.len().abs_diff(58_599) < 240));
    let tone: Vec<i16> = (0..8_000).map(|at: i32| if at % 40 < 20 { 8_000 } else { -8_000 }).collect();
    let samples = decode(&sound::file(&sound::wav(8_000, &tone)), 24_000).await.expect("a WAV file");
    assert!(samples.len().abs_diff(24_000) < 240, "{}", samples.len());
    let problem = decode(&sound::file(b"no audio"), 24_000).await.expect_err("it is none");
    assert!(problem.to_string().contains("cannot decode"), "{problem}");
}

#[wasm_bindgen_test]
async fn a_microphone_is_switched_off_when_it_is_dropped() {
    sound::watch();
    sound::straw_microphone();
    let microphone = Microphone::open().await.expect("it is of straw");
    assert_eq!((sound::stopped_tracks(), sound::closed_contexts()), (0, 0));
    drop(microphone);
    until("the context's end", || sound::closed_contexts() == 1).await;
    assert_eq!(sound::stopped_tracks(), 1);
    sound::refuse_microphone();
    let problem = Microphone::open().await.err().expect("it is refused");
    let problem = problem.to_string();
    assert!(problem.starts_with("The browser does not let this page use the microphone."), "{problem}");
}
