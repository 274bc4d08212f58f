//! What ONE virtual user does, as data: a JSON document is parsed and checked (all problems at once, each with its
//! path), then compiled once per worker into a [`Program`] that the user machine interprets.

mod addresses;
mod compile;
pub mod contract;
mod expression;
mod fields;
mod live;
mod preset;
mod program;
mod template;

pub use addresses::{Address, without_holes};
pub use compile::compile;
pub use fields::{AUDIO, BACKOFF, CONNECT, EMIT, HTTP, LISTEN, SCENARIO, SPEAK, WAIT, step_kinds};
pub use live::{Live, is_token};
pub use preset::{Preset, preset, presets, resolve};
pub use program::*;
pub use template::{Arguments, EvaluationScope, Template, UserFacts};
