//! How the load of a run ended.

use serde::{Deserialize, Serialize};

use base::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// Its time was over, or all that was planned had been done.
    Plan,
    /// Whoever watches.
    Tester,
    /// A threshold that stops the run.
    Threshold,
    /// Users gave up, and nobody was left.
    Nobody,
}

/// When the load ended, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadEnd {
    pub by: EndedBy,
    pub at: Timestamp,
    pub planned: Timestamp,
}

impl LoadEnd {
    /// The share of the planned time that was played, 0 to 1.
    pub fn played(&self) -> f64 {
        match self.by {
            EndedBy::Plan => 1.0,
            _ => (self.at.as_secs_f64() / self.planned.as_secs_f64().max(0.001)).min(1.0),
        }
    }
}
