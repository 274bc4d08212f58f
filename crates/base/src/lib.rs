//! What every layer may know.

mod host;
pub mod json;
mod reach;
pub mod time;
pub mod url;
