//! Who may be put under load from here, and how much: what is asked once per browser, remembered, and can be taken back.

mod cap;
mod event;
mod model;
mod update;
mod view;

pub use cap::Cap;
pub use event::{SafetyEffect, SafetyEvent};
pub use model::{Asked, Safety};
pub use update::update;
pub use view::{FAIR_USE, in_words};
