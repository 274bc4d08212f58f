//! The page's end of one worker.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, Event, MessageEvent, Url, Worker, WorkerOptions, WorkerType};

use super::exception::Exception;
use super::transport::{self, TransportError};
use engine::wire::OfBuild;

/// A running worker that is told `To` and says `From`; ends when dropped.
#[derive(Debug)]
pub struct WorkerHost<To, From> {
    worker: Worker,
    _speaks: PhantomData<(To, From)>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

/// Why a worker is not there, or did not get what it was told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkerError {
    #[error("only a page can start workers")]
    NoPage,
    #[error("{0} is no address for a worker")]
    Address(String),
    #[error("the browser refused to start a worker: {0}")]
    Refused(Exception),
    #[error("cannot reach a worker: {0}")]
    Unreachable(Exception),
    #[error(transparent)]
    Message(#[from] TransportError),
}

#[derive(Debug)]
pub enum HostEvent<From> {
    Message(From),
    /// It could not be loaded, or its code broke: nothing more will come.
    Died(String),
}

impl<To: Serialize, From: DeserializeOwned + OfBuild + 'static> WorkerHost<To, From> {
    /// Starts the worker's program, which lies beside the page under whatever path that is served; by its name it knows
    /// what it is for. It says `Ready` when its code runs; what is sent before is lost.
    ///
    /// # Errors
    /// The browser refuses to start a worker.
    pub fn spawn(name: &str, on_event: impl Fn(HostEvent<From>) + Clone + 'static) -> Result<Self, WorkerError> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name(name);
        let worker =
            Worker::new_with_options(&worker_url()?, &options).map_err(|error| WorkerError::Refused(error.into()))?;
        let on_message = Closure::new({
            let on_event = on_event.clone();
            move |event: MessageEvent| on_event(message(event.data()))
        });
        let on_error = Closure::new(move |event: Event| on_event(HostEvent::Died(cause(&event))));
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self { worker, _speaks: PhantomData, _on_message: on_message, _on_error: on_error })
    }

    /// # Errors
    /// The message cannot be a JavaScript value, or the worker is gone.
    pub fn send(&self, message: &To) -> Result<(), WorkerError> {
        let value = transport::encode(message)?;
        self.worker.post_message(&value).map_err(|error| WorkerError::Unreachable(error.into()))
    }
}

impl<To, From> Drop for WorkerHost<To, From> {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

fn worker_url() -> Result<String, WorkerError> {
    let base = web_sys::window().and_then(|window| window.document()).and_then(|document| document.base_uri().ok());
    let base = base.flatten().ok_or(WorkerError::NoPage)?;
    let file = format!("worker_loader.js?v={}", crate::BUILD_ID);
    let url = Url::new_with_base(&file, &base);
    url.map(|url| url.href()).map_err(|_| WorkerError::Address(base))
}

fn message<From: DeserializeOwned + OfBuild>(data: JsValue) -> HostEvent<From> {
    match transport::decode::<From>(data) {
        Ok(message) if message.build().is_some_and(|build| build != crate::BUILD_ID) => {
            HostEvent::Died(STALE_WORKER.to_owned())
        }
        Ok(message) => HostEvent::Message(message),
        Err(error) => HostEvent::Died(error.to_string()),
    }
}

/// A file that cannot be loaded gives an event without a message.
fn cause(event: &Event) -> String {
    match event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message) {
        Some(message) if !message.is_empty() => message,
        _ => "its code could not be loaded".to_owned(),
    }
}

const STALE_WORKER: &str = "the browser kept the worker of an older version; reload the page without its cache";
