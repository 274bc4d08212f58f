//! What a search for the breaking point has found: every level that was tried, and how it did.

use serde::{Deserialize, Serialize};

use plan::Raised;

/// How a level did, as it was measured.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LevelMeasured {
    /// Milliseconds.
    pub p50: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    /// Errors per attempt, 0 to 1.
    pub error_rate: Option<f64>,
    /// Samples per second of the metric whose percentiles these are.
    pub per_second: Option<f64>,
    /// Thresholds that broke, with what was measured.
    pub broken: Vec<String>,
    /// Thresholds that held.
    pub kept: u32,
    /// Why nothing measured here means anything: the generators were the bottleneck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalid: Option<String>,
}

/// One level that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchStep {
    pub level: f64,
    /// When it was measured, seconds since the run's start.
    pub from_s: f64,
    pub to_s: f64,
    pub outcome: StepOutcome,
    #[serde(flatten)]
    pub measured: LevelMeasured,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// All thresholds that were measured held.
    Held,
    Broke,
    /// The generators were the bottleneck.
    Invalid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The breaking point lies between two levels that are close enough.
    Found,
    /// Everything held up to the highest level.
    NotReached,
    /// The first level broke already.
    BrokenAtStart,
    /// The generators were the bottleneck.
    Invalid,
    /// The server did not get well again after an overload.
    NotRecovered,
    /// The run was stopped, or its load ended, before.
    Unfinished,
}

/// The search as a report tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchReport {
    pub raise: Raised,
    /// The metric whose percentiles the steps have.
    pub metric: String,
    /// The highest level at which all thresholds held.
    pub held: Option<f64>,
    /// The lowest level at which one broke.
    pub broke: Option<f64>,
    /// Null: it goes on.
    pub ended: Option<Ended>,
    pub steps: Vec<SearchStep>,
}

impl LevelMeasured {
    /// What it says about the level.
    pub fn outcome(&self) -> StepOutcome {
        if self.invalid.is_some() {
            StepOutcome::Invalid
        } else if self.broken.is_empty() && self.kept > 0 {
            StepOutcome::Held
        } else {
            StepOutcome::Broke
        }
    }
}
