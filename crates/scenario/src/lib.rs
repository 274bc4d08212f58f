//! What ONE virtual user does, as data: a JSON document is parsed and checked (all problems at once, each with its
//! path), then compiled once per worker into a [`Program`] that the user machine interprets.

mod addresses;
mod compile;
pub mod contract;
mod expression;
mod live;
mod preset;
mod problem;
mod program;
mod reader;
mod template;

pub use addresses::{Address, without_holes};
pub use compile::{STEP_KINDS, compile};
pub use live::{Live, is_token};
pub use preset::{Preset, preset, presets, resolve};
pub use problem::{Problem, Problems};
pub use program::*;
pub use reader::{Fields, Node, did_you_mean, found, parse_json};
pub use template::{Arguments, EvaluationScope, Template, UserFacts};
