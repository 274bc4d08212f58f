//! All browser IO, one API per file; every handle closes itself on drop.

pub mod automation;
mod clock;
mod decoder;
mod fetch;
mod lab;
mod microphone;
mod playback;
mod reach;
mod run_driver;
mod socket;
mod timer;
pub mod transport;
mod visibility;
mod worker_host;
mod worker_loop;

pub use clock::Clock;
pub use decoder::decode;
pub use fetch::Fetches;
pub use microphone::Microphone;
pub use playback::Playback;
pub use reach::own_origin;
pub use run_driver::{RunDriver, StartError};
pub use socket::{SocketLoad, Sockets};
pub use timer::Timer;
pub use visibility::Visibility;
pub use worker_host::{HostEvent, WorkerHost};
pub use worker_loop::worker_main;
