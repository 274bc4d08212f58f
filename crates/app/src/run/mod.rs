//! The run that goes on, or was last.

pub mod control;
mod event;
pub mod frames;
pub mod log;
mod model;
pub mod save;
mod update;
pub mod view;

pub use event::{RunEffect, RunEvent};
pub use frames::MarkKind;
pub use model::RunModel;
pub use update::{RunContext, update};
pub use view::RunView;
