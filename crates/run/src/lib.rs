//! One run as its conductor sees it: workers are loaded, prepared, started together, watched and merged.
//!
//! Pure: the page feeds worker messages and time, and drains messages for workers.

mod input;
mod lab;
mod layout;
mod log;
mod member;
pub mod preflight;
mod result;
mod run;
mod search;
mod status;
mod target;
#[cfg(test)]
mod tests;
mod trial;
mod watchdog;

pub use input::RunInput;
pub use lab::{FaultyLabs, LabError, LabOrder};
pub use layout::{Capacity, Part, SocketBudget, browser_name, homes, is_capped, layout, sockets};
pub use log::Log;
pub use member::Counts;
pub use result::{ReportProblem, RunResult};
pub use run::{Run, Vacancy};
pub use search::{Breakpoint, SearchOrder};
pub use status::*;
pub use trial::trial;
pub use watchdog::{HERE, LastHeard, Watchdog};
