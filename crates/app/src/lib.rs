//! Pure UI state: [`Model`], [`Event`], [`update`] -> [`Effect`]s, and the view models that components show.
//!
//! Components hold no logic: what is shown, what a click means and what then has to be done is decided and tested here.

pub mod automation;
pub mod documents;
mod event;
pub mod format;
pub mod k6;
pub mod kept;
pub mod listen;
mod model;
mod notice;
pub mod page;
pub mod past;
pub mod plan;
pub mod preflight;
pub mod presets;
pub mod proposals;
mod response;
pub mod results;
pub mod run;
pub mod safety;
pub mod swarm;
pub mod text_file;
pub mod trace;
mod update;

pub use event::{Effect, Event};
pub use model::Model;
pub use notice::{About, Notice, NoticeKind};
pub use update::update;

/// The released version, as reports name it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
