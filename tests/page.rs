//! The page's side of the browser edge, in a real page.
#![cfg(target_arch = "wasm32")]

mod web;

use std::cell::RefCell;
use std::rc::Rc;

use tabswarm::browser::{HostEvent, Visibility, WorkerHost};
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
    let _host = WorkerHost::spawn("missing", move |event| heard.borrow_mut().push(event)).expect("it starts");
    until("the worker's end", || !events.borrow().is_empty()).await;
    let events = events.borrow();
    assert!(matches!(&events[..], [HostEvent::Died(_)]), "{events:?}");
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
