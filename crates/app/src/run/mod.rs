//! The run that goes on, or was last.

pub mod control;
pub mod log;
pub mod view;

pub use view::RunView;
