//! What the page knows of its own run.

use crate::run::log::LogFilter;
use crate::run::view::{Phase, RunView};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunModel {
    /// The last picture of it.
    pub view: RunView,
    pub log_filter: LogFilter,
    /// Why it is not kept, and what to do about it.
    pub not_kept: Option<String>,
    /// Somebody has saved it as a file.
    pub is_saved: bool,
}

impl RunModel {
    /// Closing the page would lose it: it goes on, or it is over and kept nowhere.
    pub fn would_be_lost(&self) -> bool {
        let is_over = self.view.status.phase == Phase::Done;
        self.view.status.is_running() || is_over && self.not_kept.is_some() && !self.is_saved
    }
}
