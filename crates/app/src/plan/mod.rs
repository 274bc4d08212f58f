//! The plan as it is made: its document, its form, its problems, and the clips that go with it.

mod check;
pub mod clips;
pub mod csv;
pub mod curve;
mod editor;
pub mod expectations;
pub mod field;
pub mod json_text;
pub mod lab;
pub mod load_form;
pub mod path;
mod search_form;
pub mod share;
pub mod steering;
pub(crate) mod update;
pub mod variables;
pub mod voice_form;

pub use check::{account_rows, check};
pub use editor::{Editor, PlacedProblem, population_path};
