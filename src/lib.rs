//! Tabswarm's edge: everything that touches a browser, for the page and its workers. What is pure lives in `crates/`.

#[cfg(target_arch = "wasm32")]
pub mod browser;

#[cfg(target_arch = "wasm32")]
pub mod ui;

/// Identifies the sources both binaries were built from, so that a page refuses a stale cached worker.
pub const BUILD_ID: &str = env!("TABSWARM_BUILD_ID");

/// The released version, as reports name it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
