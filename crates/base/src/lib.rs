//! What every layer may know.

pub mod time;
