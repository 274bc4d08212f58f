//! The Leptos page: reads state through signals, sends intent through one dispatch callback.

mod chart;
mod download;
mod effects;
mod forget;
mod header;
mod page;
mod parts;
mod plan;
mod results;
mod run;
mod safety;
mod shell;
mod sound;
mod storage;
mod store;
mod swarm;

pub use shell::open;
