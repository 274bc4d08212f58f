//! What every layer may know.

mod host;
pub mod json;
mod reach;
pub mod records;
pub mod time;
pub mod url;
