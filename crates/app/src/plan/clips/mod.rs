//! Clips that voice users can say: where they are kept, how they are played and recorded.

mod event;
mod recording;
mod store;
mod update;

pub use event::{ClipEffect, ClipEvent};
pub use recording::ClipRecording;
pub use store::{Clips, KnownClip, stem};
pub use update::update;
