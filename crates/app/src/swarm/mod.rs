//! The swarm that this page is in, and how it comes into one.

pub mod joining;
pub(crate) mod update;
pub mod view;

pub use view::SwarmView;
