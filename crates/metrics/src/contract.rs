//! How inbound events broke their contract, and events that no scenario names.

use serde::{Deserialize, Serialize};

use base::time::{Span, Timestamp};

/// What is wrong, and where. Of an event that nobody knows, path and both words are empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BreachKey {
    pub population: String,
    pub event: String,
    pub path: String,
    pub expected: String,
    pub found: String,
}

impl BreachKey {
    pub fn is_unknown_event(&self) -> bool {
        self.path.is_empty()
    }
}

/// Since the last snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreachDelta {
    pub key: BreachKey,
    pub count: u64,
    /// When the first of these came, and what it looked like (redacted, cut).
    pub first: Timestamp,
    pub sample: String,
}

/// Over the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreachTotal {
    pub count: u64,
    pub first: Timestamp,
    pub sample: String,
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BreachEntry {
    #[serde(flatten)]
    pub key: BreachKey,
    pub count: u64,
    pub first_s: f64,
    /// Redacted, cut.
    pub sample: String,
}

impl BreachEntry {
    pub(super) fn total(&self) -> (BreachKey, BreachTotal) {
        let first = Timestamp::ZERO + Span::from_secs_f64(self.first_s);
        (self.key.clone(), BreachTotal { count: self.count, first, sample: self.sample.clone() })
    }
}
