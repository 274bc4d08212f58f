//! `lab`: a chat and a voice service with the behaviour of known ones, made to be load-tested, with faults at the push of a button
//! and exact counts of all it received and sent. docs/lab.md describes it from outside.

mod chat;
mod clock;
pub mod config;
mod counts;
mod dates;
mod http;
mod lab;
mod packets;
mod plain;
#[cfg(feature = "room")]
mod room;
mod server;
mod token;
mod transport;
mod voice;
mod words;
mod world;

pub use config::Config;
pub use server::{CannotListen, Server};
