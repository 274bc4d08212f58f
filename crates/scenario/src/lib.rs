//! What ONE virtual user does, as data: a JSON document is parsed and checked (all problems at once, each with its
//! path), then compiled once per worker into a [`Program`] that the user machine interprets.

mod addresses;
mod compile;
pub mod contract;
mod expression;
mod fields;
mod ids;
mod live;
mod preset;
mod program;
mod scope;
mod template;

pub use addresses::{Address, without_holes};
pub use compile::compile;
pub use fields::{ACK, AUDIO, BACKOFF, CONNECT, DELIVERY, EMIT, HTTP, LISTEN, SCENARIO, SPEAK, WAIT, step_kinds};
pub use ids::{EventId, OperationId, Pc, Pointer, VarId};
pub use live::Live;
pub use preset::{Preset, preset, presets, resolve};
pub use program::*;
pub use scope::{Arguments, EvaluationScope, UserFacts};
pub use template::Template;
