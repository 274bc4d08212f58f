//! The page's side of the browser edge, in a real page.
#![cfg(target_arch = "wasm32")]

mod web;

use std::cell::RefCell;
use std::rc::Rc;

use tabswarm::browser::{HostEvent, Notes, Visibility, WorkerHost};
use tabswarm::swarm::{Key, SessionId};
use tabswarm::wire::{FromWorker, ToWorker};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web::{until, wire};

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
async fn notes_outlive_who_wrote_them_and_are_read_with_their_swarm_s_key_alone() {
    let open = |key: u8, session: u64| async move {
        Notes::open(&Key::new([key; 32]), SessionId::new(session)).await.expect("there is a random source")
    };
    let numbers = |notes: &[(u64, Vec<u8>)]| notes.iter().map(|(number, _)| *number).collect::<Vec<_>>();
    let notes = open(1, 5).await;
    for number in [3, 1, 20, 2] {
        assert!(notes.write("part", number, &[number as u8]).await, "a page has a database");
    }
    notes.write("journal", 1, b"another kind").await;
    drop(notes);
    let again = open(1, 5).await;
    let found = again.read("part").await;
    assert_eq!(numbers(&found), [1, 2, 3, 20]);
    assert_eq!(found[3].1, [20]);
    again.forget("part", 3).await;
    assert_eq!(numbers(&again.read("part").await), [3, 20]);
    assert_eq!(again.read("journal").await.len(), 1);
    assert_eq!(open(2, 5).await.read("part").await, [], "another swarm's key");
    assert_eq!(open(1, 6).await.read("part").await, [], "another tab");
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
