//! Listening in on one voice user: who it is, what was heard, and what is done about it.

mod event;
mod model;
mod moment;
mod trace;
mod update;

pub use event::{ListenEffect, ListenEvent, Piece};
pub use model::{HearState, ListenModel};
pub use moment::Moments;
pub use trace::{Lane, Trace, TraceMark, WINDOW_S};
pub use update::update;
