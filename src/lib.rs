//! Tabswarm: a browser that becomes a crowd of chat and voice users.
//!
//! The modules are listed in layer order: none imports one further down.

pub mod time;

pub mod catalogue;

pub mod scenario;

pub mod plan;

pub mod protocol;

pub mod metrics;

pub mod wire;

pub mod ports;

pub mod user;

pub mod engine;

pub mod run;

pub mod swarm;

pub mod results;

pub mod sim;

pub mod app;

#[cfg(target_arch = "wasm32")]
pub mod browser;

#[cfg(target_arch = "wasm32")]
pub mod ui;

/// Identifies the sources both binaries were built from, so that a page refuses a stale cached worker.
pub const BUILD_ID: &str = env!("TABSWARM_BUILD_ID");

/// The released version, as reports name it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
