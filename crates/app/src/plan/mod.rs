//! The plan as it is made: its document, its form, its problems, and the clips that go with it.

mod check;
mod clip_event;
mod clip_update;
pub mod clips;
pub mod completion;
pub mod csv;
pub mod curve;
mod editor;
mod event;
pub mod expectations;
pub mod field;
pub mod json_text;
pub mod lab;
pub mod load_form;
mod model;
pub mod path;
mod recording;
mod search_form;
pub mod share;
pub mod steering;
mod update;
pub mod variables;
pub mod voice_form;

pub use check::{account_rows, check};
pub use clip_event::{ClipEffect, ClipEvent};
pub use clip_update::update as update_clips;
pub use editor::{Editor, PlacedProblem};
pub use event::{Edit, PlanEffect, PlanEvent};
pub use model::PlanModel;
pub use path::population_path;
pub use recording::ClipRecording;
pub use update::update;
