//! TCP underneath everything: a listener and connections that can be told to misbehave.

mod line;
mod listener;

pub use line::{LineControl, Lines};
pub use listener::{FaultyListener, Peer};
