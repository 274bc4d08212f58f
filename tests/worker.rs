//! The worker's side of the browser edge, in a real worker. Sockets are made of straw; everything else is the browser's.
#![cfg(target_arch = "wasm32")]

mod web;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use base::time::Span;
use engine::ports::{
    Counted, FetchBody, FetchFailure, FetchId, FetchOutcome, FetchRequest, FromEdge, SocketId, SocketLoad,
};
use metrics::UserId;
use scenario::{Program, compile};
use serde_json::json;
use tabswarm::browser::{BrowserTimer, Clock, Fetches, Sockets, own_origin};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web::{straw, tap, until, wire};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
fn messages_survive_the_way_to_a_worker() {
    wire::check_all();
}

#[wasm_bindgen_test]
fn frames_are_classified_as_on_the_host() {
    tap::check_table();
    tap::check_sampling();
    tap::check_bytes();
}

#[wasm_bindgen_test]
fn the_newest_frames_are_kept_as_on_the_host() {
    tap::check_rings();
}

/// Sockets of users who follow one chat room and only count who comes and goes.
fn sockets() -> (Sockets, Rc<RefCell<Vec<String>>>) {
    straw::install();
    let heard = Rc::new(RefCell::new(Vec::new()));
    let hearing = heard.clone();
    let sockets = Sockets::new(&[Rc::new(program())], 0, move |input| hearing.borrow_mut().push(in_short(&input)));
    (sockets, heard)
}

fn program() -> Program {
    let scenario = json!({
        "version": 1, "name": "straw", "protocol": "socketio", "connect": {"url": "http://127.0.0.1"},
        "flow": [{"wait": {"event": "hello"}}],
        "count": ["came", "went"],
    });
    compile(&scenario, &serde_json::Map::new()).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn in_short(input: &FromEdge<'_>) -> String {
    match input {
        FromEdge::Opened { socket } => format!("{} opened", socket.0),
        FromEdge::Text { socket, frame } => format!("{} text {frame}", socket.0),
        FromEdge::Binary { socket, frame } => format!("{} binary {frame:?}", socket.0),
        FromEdge::Closed { socket, code, reason } => format!("{} closed {code} {reason}", socket.0),
        other => format!("{other:?}"),
    }
}

fn open(sockets: &Sockets, id: u32) {
    sockets
        .open(SocketId(id), UserId::new(0, id), &format!("ws://straw/{id}"), vec!["chat".into()])
        .expect("straw opens anything");
}

#[wasm_bindgen_test]
fn sockets_tell_what_happens_to_them() {
    let (sockets, heard) = sockets();
    open(&sockets, 7);
    straw::open(0);
    straw::text(0, r#"42["hello",1]"#);
    straw::binary(0, &[1, 2, 255]);
    sockets.send(SocketId(7), "2probe");
    sockets.send_binary(SocketId(7), vec![9, 8]);
    assert_eq!(straw::sent(0), ["2probe", "9,8"]);
    straw::close(0, 4001, "kicked");
    let expected = ["7 opened", r#"7 text 42["hello",1]"#, "7 binary [1, 2, 255]", "7 closed 4001 kicked"];
    assert_eq!(*heard.borrow(), expected);
    sockets.send(SocketId(7), "nobody is there");
    assert_eq!(straw::sent(0).len(), 2);
}

#[wasm_bindgen_test]
fn of_a_frame_that_is_too_long_only_its_length_comes_in() {
    let (sockets, heard) = sockets();
    sockets.read_at_most(5);
    open(&sockets, 1);
    straw::open(0);
    straw::text(0, "12345");
    straw::text(0, "123456");
    straw::binary(0, &[0; 7]);
    let large = |bytes: u64| in_short(&FromEdge::TooLarge { socket: SocketId(1), bytes });
    assert_eq!(*heard.borrow(), ["1 opened".to_owned(), "1 text 12345".to_owned(), large(6), large(7)]);
}

#[wasm_bindgen_test]
fn frames_that_are_only_counted_never_come_in() {
    let (sockets, heard) = sockets();
    open(&sockets, 1);
    straw::open(0);
    let frames = [r#"42["came",{"name":"Zoë 한글 🦀"}]"#, r#"42["came"]"#, r#"42/admin,["went",{}]"#];
    frames.iter().for_each(|frame| straw::text(0, frame));
    assert_eq!(*heard.borrow(), ["1 opened"]);
    let counted = sockets.counted().into_iter().map(|Counted { population, event, frames, bytes }| {
        (program().events[event].name.clone(), population, frames, bytes)
    });
    let mut counted: Vec<_> = counted.collect();
    counted.sort();
    let bytes = |frames: &[&str]| frames.iter().map(|frame| frame.len() as u64).sum::<u64>();
    let expected = [("came".to_owned(), 0, 2, bytes(&frames[..2])), ("went".to_owned(), 0, 1, bytes(&frames[2..]))];
    assert_eq!(counted, expected);
    assert!(sockets.counted().is_empty(), "counts are handed over once");
}

#[wasm_bindgen_test]
fn closing_a_socket_is_confirmed_only_if_it_was_open() {
    let (sockets, heard) = sockets();
    open(&sockets, 1);
    open(&sockets, 2);
    straw::open(0);
    sockets.close(SocketId(1));
    sockets.close(SocketId(2));
    assert_eq!((straw::closed_with(0), straw::closed_with(1)), (Some(1000), Some(1000)));
    straw::close(0, 1000, "");
    straw::close(1, 1006, "");
    assert_eq!(*heard.borrow(), ["1 opened", "1 closed 1000 "]);
}

#[wasm_bindgen_test]
fn sockets_close_on_drop_and_fall_silent() {
    let (sockets, heard) = sockets();
    open(&sockets, 1);
    open(&sockets, 2);
    straw::open(0);
    drop(sockets);
    assert_eq!((straw::closed_with(0), straw::closed_with(1)), (Some(1000), Some(1000)));
    straw::text(0, "too late");
    straw::close(0, 1000, "");
    assert_eq!(*heard.borrow(), ["1 opened"]);
}

#[wasm_bindgen_test]
fn what_waits_in_the_browser_is_measured() {
    let (sockets, _) = sockets();
    for id in 0..3 {
        open(&sockets, id);
    }
    straw::open(0);
    straw::open(1);
    sockets.send(SocketId(0), "four");
    sockets.send(SocketId(1), "eleven long");
    assert_eq!(sockets.load(), SocketLoad { buffered_max: 11, buffered_sum: 15 });
}

#[wasm_bindgen_test]
fn an_address_that_the_browser_refuses_is_an_error() {
    let (sockets, heard) = sockets();
    let refused = sockets.open(SocketId(1), UserId::new(0, 0), "refuse me", Vec::new());
    assert_eq!(refused.map_err(|error| error.to_string()), Err("straw refuses refuse me".to_owned()));
    assert!(heard.borrow().is_empty());
}

async fn fetched(url: &str, timeout: Span) -> FetchOutcome {
    fetched_within(url, timeout, 1_000_000).await
}

async fn fetched_within(url: &str, timeout: Span, most_bytes: u64) -> FetchOutcome {
    let outcome = Rc::new(Cell::new(None));
    let fetches = Fetches::default();
    let request = FetchRequest {
        method: "GET".into(),
        url: url.into(),
        headers: vec![("accept".into(), "text/javascript".into())],
        body: FetchBody::None,
        timeout,
        follows: false,
        most_bytes,
    };
    let answered = outcome.clone();
    fetches.start(FetchId(1), request, move |outcome| answered.set(Some(outcome)));
    let mut answer = None;
    until("an outcome", || {
        answer = answer.take().or_else(|| outcome.take());
        answer.is_some()
    })
    .await;
    answer.expect("just seen")
}

#[track_caller]
fn check_blocked(outcome: &FetchOutcome, expected: FetchFailure, hint: &str) {
    match outcome {
        FetchOutcome::Blocked { cause, detail } => {
            assert_eq!(*cause, expected, "{detail}");
            assert!(detail.contains(hint), "{detail}");
        }
        answer => panic!("{answer:?} is an answer"),
    }
}

#[wasm_bindgen_test]
async fn an_answer_has_its_status_headers_and_body() {
    let own = own_origin();
    match fetched(&format!("{own}/no-such-file"), Span::from_secs(5)).await {
        FetchOutcome::Answer { status: 404, headers, .. } => {
            assert!(headers.iter().any(|(name, _)| name == "content-length"), "{headers:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[wasm_bindgen_test]
async fn of_a_long_body_no_more_is_read_than_wanted() {
    let (own, soon) = (own_origin(), Span::from_secs(5));
    let FetchOutcome::Answer { body, landed: None, .. } = fetched(&own, soon).await else { panic!("it answers") };
    let length = body.len() as u64;
    check_blocked(&fetched_within(&own, soon, length - 1).await, FetchFailure::BodyTooLarge, "HTTP 200 with more than");
    assert!(matches!(fetched_within(&own, soon, length).await, FetchOutcome::Answer { .. }));
}

#[wasm_bindgen_test]
async fn what_gives_no_answer_says_why() {
    let soon = Span::from_secs(5);
    check_blocked(&fetched("not an address", soon).await, FetchFailure::BadUrl, "not an address");
    check_blocked(&fetched("ftp://127.0.0.1/", soon).await, FetchFailure::BadUrl, "no http or https");
    // To a script, a port that the browser will not use looks like one that nobody listens on.
    check_blocked(&fetched("http://127.0.0.1:1/", soon).await, FetchFailure::Unreachable, "http://127.0.0.1:1");
}

#[wasm_bindgen_test]
async fn dropped_exchanges_tell_nothing() {
    let told = Rc::new(Cell::new(false));
    let fetches = Fetches::default();
    let request = FetchRequest {
        method: "GET".into(),
        url: own_origin(),
        headers: Vec::new(),
        body: FetchBody::None,
        timeout: Span::from_secs(5),
        follows: false,
        most_bytes: 1_000_000,
    };
    let tell = told.clone();
    fetches.start(FetchId(1), request, move |_| tell.set(true));
    drop(fetches);
    assert!(matches!(fetched(&own_origin(), Span::from_secs(5)).await, FetchOutcome::Answer { .. }));
    assert!(!told.get());
}

struct Alarm {
    timer: BrowserTimer,
    clock: Clock,
    fired_at: Rc<RefCell<Vec<f64>>>,
}

fn alarm() -> Alarm {
    let fired_at = Rc::new(RefCell::new(Vec::new()));
    let (clock, times) = (Clock::new(), fired_at.clone());
    let timer = BrowserTimer::new(move |_| times.borrow_mut().push(clock.now_ms()));
    Alarm { timer, clock: Clock::new(), fired_at }
}

#[wasm_bindgen_test]
async fn a_timer_fires_once_and_never_early() {
    for wait_ms in [-5.0, 0.0, 0.4, 3.0, 20.0] {
        let alarm = alarm();
        let due_ms = alarm.clock.now_ms() + wait_ms;
        alarm.timer.arm(due_ms);
        until("the alarm", || !alarm.fired_at.borrow().is_empty()).await;
        // The clock has steps of a tenth of a millisecond.
        assert!(alarm.fired_at.borrow()[0] >= due_ms - 0.15, "{wait_ms}");
        assert_eq!(alarm.fired_at.borrow().len(), 1);
    }
}

#[wasm_bindgen_test]
async fn a_timer_keeps_the_earlier_of_two_times() {
    let alarm = alarm();
    let now_ms = alarm.clock.now_ms();
    alarm.timer.arm(now_ms + 60_000.0);
    alarm.timer.arm(now_ms + 10.0);
    alarm.timer.arm(now_ms + 120_000.0);
    until("the alarm", || !alarm.fired_at.borrow().is_empty()).await;
    alarm.timer.arm(alarm.clock.now_ms() + 10.0);
    until("the second alarm", || alarm.fired_at.borrow().len() == 2).await;
}

#[wasm_bindgen_test]
async fn a_dropped_timer_never_fires() {
    let Alarm { timer, clock, fired_at } = alarm();
    timer.arm(clock.now_ms() + 5.0);
    drop(timer);
    let other = alarm();
    other.timer.arm(clock.now_ms() + 15.0);
    until("the other alarm", || !other.fired_at.borrow().is_empty()).await;
    assert!(fired_at.borrow().is_empty());
}
