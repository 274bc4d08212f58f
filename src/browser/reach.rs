//! Why a browser gave no answer: it hides the reason from scripts, but some causes can be told apart from outside.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, MessageEvent, Request, RequestInit, RequestMode, RequestRedirect, ResponseType, Url, WebSocket,
};

use super::address::opened;
use super::body::{self, AnswerBody};
use super::clock::Clock;
use run::preflight::{AskedBy, Nearby, Question, QuestionSeen};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch)]
    fn global_fetch(request: &Request) -> js_sys::Promise;
    #[wasm_bindgen(thread_local_v2, js_name = origin)]
    static ORIGIN: String;
    #[wasm_bindgen(thread_local_v2, js_name = isSecureContext)]
    static IS_SECURE: bool;
}

/// Where this page or worker comes from, like `https://example.org`.
pub fn own_origin() -> String {
    ORIGIN.with(Clone::clone)
}

/// Whether the browser will refuse `url` because this page came by https.
pub fn is_mixed_content(url: &Url) -> bool {
    base::url::is_mixed_content(&own_origin(), &url.protocol(), &url.hostname())
}

/// Whether anything at all answers at `url`: a request whose answer stays hidden needs no permission from the server.
/// Users that fail together share one question, so that a server in trouble gets no second load from it.
pub async fn probe(url: &Url) -> bool {
    let now_ms = Clock::new().now_ms();
    let origin = url.origin();
    let known = PROBES.with_borrow(|probes| probes.get(&origin).filter(|probe| now_ms < probe.until_ms).cloned());
    let probe = match known {
        Some(probe) => probe,
        None => {
            let Ok(answer) = ask(&url.href()) else { return false };
            let probe = Probe { answer, until_ms: now_ms + PROBE_VALID_MS };
            PROBES.with_borrow_mut(|probes| probes.insert(origin, probe.clone()));
            probe
        }
    };
    JsFuture::from(probe.answer).await.is_ok()
}

#[derive(Clone)]
struct Probe {
    answer: js_sys::Promise,
    until_ms: f64,
}

thread_local! {
    static PROBES: RefCell<HashMap<String, Probe>> = RefCell::default();
}

fn ask(url: &str) -> Result<js_sys::Promise, JsValue> {
    let controller = AbortController::new()?;
    let init = RequestInit::new();
    init.set_method("HEAD");
    init.set_mode(RequestMode::NoCors);
    init.set_credentials(web_sys::RequestCredentials::Omit);
    init.set_cache(web_sys::RequestCache::NoStore);
    init.set_signal(Some(&controller.signal()));
    let answer = global_fetch(&Request::new_with_str_and_init(url, &init)?);
    Timeout::new(PROBE_TIMEOUT_MS, move || controller.abort()).forget();
    Ok(answer)
}

/// Asks a server a question of a preflight.
pub async fn look(question: &Question) -> QuestionSeen {
    let clock = Clock::new();
    let begin_ms = clock.now_ms();
    let seen = match question.by {
        AskedBy::Socket => knock(&question.url).await,
        AskedBy::Get | AskedBy::ReadGet => get(question).await.ok(),
    };
    match seen {
        Some(seen) => seen,
        None => QuestionSeen::Nothing { ms: clock.now_ms() - begin_ms },
    }
}

/// Opens a WebSocket, waits for its first frame, and closes it. `None`: it did not open.
async fn knock(url: &str) -> Option<QuestionSeen> {
    let socket = WebSocket::new(&opened(url).ok()?).ok()?;
    let has_opened = Rc::new(Cell::new(false));
    let frame = js_sys::Promise::new(&mut |resolve, _| {
        let first = Closure::once_into_js({
            let resolve = resolve.clone();
            move |event: MessageEvent| drop(resolve.call1(&JsValue::NULL, &event.data()))
        });
        let over = Closure::once_into_js(move |_: JsValue| drop(resolve.call0(&JsValue::NULL)));
        socket.set_onmessage(Some(first.unchecked_ref()));
        socket.set_onclose(Some(over.unchecked_ref()));
    });
    let noted = Rc::clone(&has_opened);
    let on_open = Closure::<dyn FnMut()>::new(move || noted.set(true));
    socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
    let late = js_sys::Promise::new(&mut |resolve, _| {
        Timeout::new(LOOK_TIMEOUT_MS, move || drop(resolve.call0(&JsValue::NULL))).forget();
    });
    let first = JsFuture::from(js_sys::Promise::race(&js_sys::Array::of2(&frame, &late))).await;
    socket.set_onopen(None);
    socket.set_onmessage(None);
    socket.set_onclose(None);
    // It may not be open yet, which is all that can go wrong.
    let _ = socket.close();
    let first = first.ok().and_then(|frame| frame.as_string()).unwrap_or_default();
    has_opened.get().then(|| QuestionSeen::Opened { first: first.chars().take(MOST_BODY).collect() })
}

async fn get(question: &Question) -> Result<QuestionSeen, JsValue> {
    let is_read = question.by == AskedBy::ReadGet;
    let controller = AbortController::new()?;
    let init = RequestInit::new();
    init.set_mode(if is_read { RequestMode::Cors } else { RequestMode::NoCors });
    init.set_credentials(web_sys::RequestCredentials::Omit);
    init.set_cache(web_sys::RequestCache::NoStore);
    init.set_signal(Some(&controller.signal()));
    // An answer that may be read may also say that it is a redirect. One that stays hidden cannot: there a browser knows no other
    // way than to follow.
    if is_read {
        init.set_redirect(RequestRedirect::Manual);
    }
    let answer = global_fetch(&Request::new_with_str_and_init(&question.url, &init)?);
    // A stream without end is cut off, too.
    let _timeout = Timeout::new(LOOK_TIMEOUT_MS, {
        let controller = controller.clone();
        move || controller.abort()
    });
    let response: web_sys::Response = JsFuture::from(answer).await?.unchecked_into();
    if !is_read {
        return Ok(QuestionSeen::Hidden);
    }
    if response.type_() == ResponseType::Opaqueredirect {
        return Ok(QuestionSeen::Redirect);
    }
    let read = body::read(&response, MOST_BYTES).await?;
    if let AnswerBody::Beginning(_) = read {
        controller.abort();
    }
    let (AnswerBody::Whole(bytes) | AnswerBody::Beginning(bytes)) = read;
    let body = body::text(&bytes);
    Ok(QuestionSeen::Answer { status: response.status(), body: body.chars().take(MOST_BODY).collect() })
}

/// What the browser says about requests to nearer networks.
pub async fn nearby() -> Nearby {
    Nearby {
        private: permission(&["local-network", BOTH_NETWORKS]).await,
        this_machine: permission(&["loopback-network", BOTH_NETWORKS]).await,
        is_insecure: !IS_SECURE.with(|secure| *secure),
    }
}

/// The state of the first of these permissions that the browser knows; empty: it knows none.
async fn permission(names: &[&str]) -> String {
    for name in names {
        let Some(answer) = ask_permission(name) else { return String::new() };
        let Ok(status) = JsFuture::from(answer).await else { continue };
        let state = js_sys::Reflect::get(&status, &"state".into()).ok();
        return state.and_then(|state| state.as_string()).unwrap_or_default();
    }
    String::new()
}

fn ask_permission(name: &str) -> Option<js_sys::Promise> {
    let window: JsValue = js_sys::global().into();
    let get = |object: &JsValue, name: &str| js_sys::Reflect::get(object, &name.into()).ok();
    let permissions = get(&get(&window, "navigator")?, "permissions")?;
    let query: js_sys::Function = get(&permissions, "query")?.dyn_into().ok()?;
    let wanted = js_sys::Object::new();
    js_sys::Reflect::set(&wanted, &"name".into(), &name.into()).ok()?;
    query.call1(&permissions, &wanted).ok()?.dyn_into::<js_sys::Promise>().ok()
}

/// The one permission that Chromium 142 to 144 had for both networks.
const BOTH_NETWORKS: &str = "local-network-access";

/// From here on a server counts as silent, see the diagnosis.
const LOOK_TIMEOUT_MS: u32 = 3_000;
const MOST_BODY: usize = 2_000;
const MOST_BYTES: u64 = 16_000;

const PROBE_TIMEOUT_MS: u32 = 5_000;

/// How long an answer to a probe stands for all failures at the same origin.
const PROBE_VALID_MS: f64 = 10_000.0;
