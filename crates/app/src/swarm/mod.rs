//! The swarm that this page is in, and how it comes into one.

mod event;
mod joining;
mod model;
mod places;
mod update;
pub mod view;

pub use event::{Reply, SwarmEffect, SwarmEvent};
pub use joining::follow;
pub use model::{Asks, Joining, SwarmContext, SwarmModel};
pub use places::{named, nearness};
pub use update::update;
pub use view::SwarmView;
