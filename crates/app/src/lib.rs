//! Pure UI state: [`Model`], [`Event`], [`update`] -> [`Effect`]s, and the view models that components show.
//!
//! Components hold no logic: what is shown, what a click means and what then has to be done is decided and tested here.

mod check;
pub mod clips;
pub mod control;
pub mod csv;
pub mod curve;
pub mod documents;
mod editing;
mod editor;
mod event;
pub mod expectations;
pub mod field;
pub mod format;
pub mod hear;
pub mod joining;
pub mod json_text;
pub mod k6;
pub mod kept;
pub mod lab;
pub mod load_form;
pub mod log;
mod model;
mod notice;
pub mod past;
pub mod path;
pub mod preflight;
pub mod presets;
pub mod proposals;
pub mod recording;
pub mod results;
pub mod run_view;
pub mod safety;
pub mod save;
mod search_form;
pub mod see;
mod seeing;
pub mod share;
mod sound;
pub mod steering;
pub mod swarm_view;
mod swarming;
pub mod text_file;
mod update;
pub mod uplink;
pub mod variables;
pub mod voice_form;

pub use check::{account_rows, check};
pub use editor::{Editor, PlacedProblem, population_path};
pub use event::{Effect, Event};
pub use model::{Model, Page, Theme};
pub use notice::{About, Notice, NoticeKind};
pub use run_view::RunView;
pub use swarm_view::SwarmView;
pub use update::update;

/// The released version, as reports name it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
