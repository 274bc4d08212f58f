//! The look before the run.

mod event;
mod model;
mod update;
pub mod uplink;
mod view;

pub use event::{PreflightEffect, PreflightEvent, RehearsalOrder};
pub use model::PreflightModel;
pub use update::{cancel, update};
pub use view::shown;
