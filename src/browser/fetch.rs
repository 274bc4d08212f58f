//! HTTP exchanges, and what a browser lets us know when it gives no answer.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, Request, RequestInit, RequestRedirect, Response, ResponseType, Url};

use super::address::opened;
use super::body::{self, AnswerBody};
use super::reach;
use engine::ports::{FetchBody, FetchFailure, FetchId, FetchOutcome, FetchRequest};

/// The exchanges of a worker that are under way; aborts them on drop.
#[derive(Debug, Default)]
pub struct Fetches {
    running: Rc<RefCell<HashMap<FetchId, AbortController>>>,
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch)]
    fn global_fetch(request: &Request) -> js_sys::Promise;
}

impl Fetches {
    /// `on_outcome` is called later, once, unless this is dropped first.
    pub fn start(&self, fetch: FetchId, request: FetchRequest, on_outcome: impl FnOnce(FetchOutcome) + 'static) {
        let running = self.running.clone();
        let Ok(controller) = AbortController::new() else { return };
        running.borrow_mut().insert(fetch, controller.clone());
        wasm_bindgen_futures::spawn_local(async move {
            let outcome = exchange(&request, &controller).await;
            if running.borrow_mut().remove(&fetch).is_some() {
                on_outcome(outcome);
            }
        });
    }
}

impl Drop for Fetches {
    fn drop(&mut self) {
        for (_, controller) in self.running.borrow_mut().drain() {
            controller.abort();
        }
    }
}

/// One exchange, without cookies and past the cache. It ends in time, for the answer's body too.
pub async fn exchange(request: &FetchRequest, controller: &AbortController) -> FetchOutcome {
    let address = match opened(&request.url) {
        Ok(address) => address,
        Err(error) => return blocked(FetchFailure::NotAllowed, error.to_string()),
    };
    let url = match Url::new(&address) {
        Ok(url) if matches!(url.protocol().as_str(), "http:" | "https:") => url,
        _ => return blocked(FetchFailure::BadUrl, format!("{} is no http or https address", request.url)),
    };
    if reach::is_mixed_content(&url) {
        let detail = format!("a page that was loaded by https may not call {}", url.origin());
        return blocked(FetchFailure::MixedContent, detail);
    }
    let timed_out = Rc::new(Cell::new(false));
    let _timeout = Timeout::new(request.timeout.as_millis_f64() as u32, {
        let (timed_out, controller) = (timed_out.clone(), controller.clone());
        move || {
            timed_out.set(true);
            controller.abort();
        }
    });
    match answer(request, &url, controller).await {
        Ok(answer) => answer,
        Err(_) if timed_out.get() => {
            blocked(FetchFailure::TimedOut, format!("no answer within {} s", request.timeout.as_secs_f64()))
        }
        Err(Failed::Sending(error)) => match reach::probe(&url).await {
            true => {
                let detail = format!("{} answers, but does not allow pages from {}", url.origin(), reach::own_origin());
                blocked(FetchFailure::Cors, detail)
            }
            false => blocked(FetchFailure::Unreachable, format!("{}: {}", url.origin(), message(&error))),
        },
        Err(Failed::Reading(error)) => {
            blocked(FetchFailure::Unreachable, format!("the answer broke off: {}", message(&error)))
        }
        Err(Failed::Building(error)) => blocked(FetchFailure::BadUrl, message(&error)),
    }
}

enum Failed {
    /// The browser takes no such request.
    Building(JsValue),
    Sending(JsValue),
    Reading(JsValue),
}

async fn answer(request: &FetchRequest, url: &Url, controller: &AbortController) -> Result<FetchOutcome, Failed> {
    let built = build(request, url, controller).map_err(Failed::Building)?;
    let response = JsFuture::from(global_fetch(&built)).await.map_err(Failed::Sending)?;
    let response: Response = response.unchecked_into();
    if response.type_() == ResponseType::Opaqueredirect {
        let detail = format!("{} sends this request elsewhere, and a page cannot see where to", url.origin());
        return Ok(blocked(FetchFailure::Redirected, detail));
    }
    let bytes = match body::read(&response, request.most_bytes).await.map_err(Failed::Reading)? {
        AnswerBody::Whole(bytes) => bytes,
        AnswerBody::Beginning(_) => {
            controller.abort();
            let megabytes = request.most_bytes as f64 / 1e6;
            let detail = format!("HTTP {} with more than the {megabytes:.1} MB that are read", response.status());
            return Ok(blocked(FetchFailure::BodyTooLarge, detail));
        }
    };
    Ok(FetchOutcome::Answer {
        status: response.status(),
        headers: pairs(&response.headers()),
        body: body::text(&bytes),
        landed: response.redirected().then(|| response.url()),
    })
}

fn build(request: &FetchRequest, url: &Url, controller: &AbortController) -> Result<Request, JsValue> {
    let init = RequestInit::new();
    init.set_method(&request.method);
    init.set_signal(Some(&controller.signal()));
    init.set_credentials(web_sys::RequestCredentials::Omit);
    if request.is_cacheable() {
        init.set_cache(web_sys::RequestCache::NoStore);
    }
    init.set_redirect(if request.follows { RequestRedirect::Follow } else { RequestRedirect::Manual });
    let headers = Headers::new()?;
    set_body(&init, &headers, &request.body)?;
    for (name, value) in &request.headers {
        headers.set(name, value)?;
    }
    init.set_headers(&headers);
    Request::new_with_str_and_init(&url.href(), &init)
}

fn set_body(init: &RequestInit, headers: &Headers, body: &FetchBody) -> Result<(), JsValue> {
    match body {
        FetchBody::None => {}
        FetchBody::Json(json) => {
            headers.set("content-type", "application/json")?;
            init.set_body(&JsValue::from_str(json));
        }
        FetchBody::Form(fields) => {
            let form = web_sys::UrlSearchParams::new()?;
            fields.iter().for_each(|(name, value)| form.append(name, value));
            init.set_body(&form);
        }
        FetchBody::File { field, name, mime, bytes } => {
            let options = web_sys::BlobPropertyBag::new();
            options.set_type(mime);
            let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes.as_slice()));
            let blob = web_sys::Blob::new_with_u8_array_sequence_and_options(&parts, &options)?;
            let form = web_sys::FormData::new()?;
            form.append_with_blob_and_filename(field, &blob, name)?;
            init.set_body(&form);
        }
    }
    Ok(())
}

/// The headers that the server lets this page see.
fn pairs(headers: &Headers) -> Vec<(String, String)> {
    let entries = headers.entries().into_iter().flatten();
    entries
        .filter_map(|entry| {
            let entry: js_sys::Array = entry.dyn_into().ok()?;
            Some((entry.get(0).as_string()?, entry.get(1).as_string()?))
        })
        .collect()
}

fn blocked(cause: FetchFailure, detail: String) -> FetchOutcome {
    FetchOutcome::Blocked { cause, detail }
}

fn message(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{error:?}"), |error| error.message().into())
}
