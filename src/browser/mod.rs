//! All browser IO, one API per file; every handle closes itself on drop.

mod address;
pub mod automation;
mod body;
mod chart_parts;
mod clock;
mod decoder;
mod exception;
mod fetch;
mod forget;
mod freeze;
mod history;
mod identity;
mod lab;
mod link_loop;
mod lock;
mod machine;
mod microphone;
mod notes;
mod playback;
mod preflight;
mod reach;
mod recorder;
mod run_driver;
mod socket;
mod sockets_probe;
mod starvation;
mod swarm_driver;
mod text_decoder;
mod timer;
pub mod transport;
mod trial;
mod vault;
mod visibility;
mod wake;
mod worker_host;
mod worker_loop;

pub use chart_parts::chart_parts;
pub use clock::Clock;
pub use decoder::{DecodeError, decode};
pub use fetch::Fetches;
pub use forget::{ForgetError, forget_everything};
pub use freeze::was_discarded;
pub use history::KeptRuns;
pub use identity::random;
pub use lab::offered_broker;
pub use machine::known_sockets;
pub use microphone::Microphone;
pub use notes::TabNotes;
pub use playback::{Playback, PlaybackError};
pub use preflight::Preflight;
pub use reach::own_origin;
pub use run_driver::{RunDriver, StartError};
pub use socket::Sockets;
pub use swarm_driver::{Introduction, SwarmDriver};
pub use text_decoder::text_of;
pub use timer::BrowserTimer;
pub use visibility::Visibility;
pub use worker_host::{HostEvent, WorkerHost};
pub use worker_loop::worker_main;

/// What runs in a worker is told by its name which of the two it is: one program, loaded and cached once.
pub fn any_worker_main() {
    if worker_scope().name() == LINK_NAME { link_loop::link_main() } else { worker_main() }
}

fn worker_scope() -> web_sys::DedicatedWorkerGlobalScope {
    wasm_bindgen::JsCast::unchecked_into(js_sys::global())
}

/// Of the worker that keeps a swarm's link.
const LINK_NAME: &str = "tabswarm link";
