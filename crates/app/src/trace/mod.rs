//! TraceModel one user: who it is, what is on its connection, its conversation, and what a person has it do.

mod canary;
mod chat;
mod event;
mod frames;
mod model;
mod update;

pub use chat::{Bubble, Speaker as Voice, conversation};
pub use event::{TraceEffect, TraceEvent};
pub use model::{ReplyRow, SeeState, TraceModel, name};
pub use update::update;
