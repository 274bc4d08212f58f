//! Thresholds held against a run's numbers.

mod glance;
pub(super) mod samples;
pub(super) mod tally;
mod watch;
mod window;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::samples::Samples;
pub(super) use self::watch::Watch;
use super::totals::Totals;
use base::time::Span;
use plan::{Bound, Scope, Subject, Threshold, ThresholdUnit as Unit};

/// How a run did by one threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThresholdResult {
    /// The expression as it was written.
    pub threshold: String,
    pub outcome: Outcome,
    /// What was measured, in `unit`; of a threshold with a window, in the worst window.
    pub actual: Option<f64>,
    /// It is more than that, and how much more is not known: what it was to measure never came.
    #[serde(default)]
    pub at_least: bool,
    /// The same without what the generator itself can have made; `None`: too little of that is left.
    pub certain: Option<f64>,
    /// `None`: there is no baseline to compare with.
    pub limit: Option<f64>,
    pub unit: Unit,
    /// Why it is not measured, or cannot be judged.
    pub why: Option<String>,
    pub window: Option<WindowResult>,
    pub baseline: Option<BaselineResult>,
    /// The run was stopped because it was broken.
    pub stopped_run_at_s: Option<f64>,
}

/// What the windows of a threshold showed. Times are seconds since the run's start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowResult {
    pub length_s: u32,
    /// Windows that had a value.
    pub measured: u32,
    /// When the worst window ended.
    pub worst_at_s: Option<u32>,
    /// When the first window that broke the threshold ended.
    pub broken_at_s: Option<u32>,
    /// The value of the newest window.
    pub latest: Option<f64>,
}

/// The earlier run that was compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaselineResult {
    pub run: String,
    pub value: f64,
}

/// The values of a plan's thresholds in an earlier run: all that a run must know of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Baseline {
    /// The earlier run's id, or the name that it was given.
    pub run: String,
    /// By threshold, for those that name a baseline and that the earlier run has a value for.
    pub values: BTreeMap<String, f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Pass,
    Fail,
    /// The run has no such number: nothing happened that it could count. Not a pass.
    NotMeasured,
    /// What was measured can be the generator's own doing, or is only a part of the run.
    Invalid,
}

impl ThresholdResult {
    /// Of a run that does not watch this threshold: what its totals tell.
    pub fn at_a_glance(threshold: &Threshold, totals: &Totals) -> Self {
        let limit = match threshold.bound {
            Bound::Fixed(limit) => Some(limit),
            Bound::Baseline(_) => None,
        };
        let is_known = threshold.window.is_none() && (threshold.scope == Scope::Usual || totals.warmup() == Span::ZERO);
        let value = if is_known { glance::glance(threshold, totals) } else { None };
        let (value, at_least) = value.map_or((None, false), |(value, at_least)| (Some(value), at_least));
        let mut result = Self::of(threshold, limit, value);
        result.hold(threshold, limit, at_least);
        result.why = if is_known {
            why_nothing(threshold, &result, false)
        } else {
            Some("only a run with this threshold in its plan keeps what it needs".to_owned())
        };
        result
    }

    fn of(threshold: &Threshold, limit: Option<f64>, actual: Option<f64>) -> Self {
        let (text, unit) = (threshold.text().to_owned(), threshold.unit);
        let mut result = Self {
            threshold: text,
            outcome: Outcome::NotMeasured,
            actual,
            at_least: false,
            certain: actual,
            limit,
            unit,
            why: None,
            window: None,
            baseline: None,
            stopped_run_at_s: None,
        };
        result.judge(threshold, limit);
        result
    }

    /// It is broken also without what the generator itself can have made.
    pub fn is_broken_for_certain(&self, threshold: &Threshold) -> bool {
        let breaks = |(value, limit)| self.holds(threshold, value, limit) == Some(false);
        // How much came in a time is the generator's doing as much as the server's: nothing of it is free of that.
        let is_rate = matches!(threshold.subject, Subject::Count { per_second: true, .. });
        self.outcome == Outcome::Fail && !is_rate && self.certain.zip(self.limit).is_some_and(breaks)
    }

    /// It cannot be judged, for this reason.
    #[must_use]
    pub fn invalid(self, why: String) -> Self {
        Self { outcome: Outcome::Invalid, why: Some(why), ..self }
    }

    /// The measured value is only a lower bound.
    fn hold(&mut self, threshold: &Threshold, limit: Option<f64>, at_least: bool) {
        self.at_least = at_least;
        self.judge(threshold, limit);
    }

    fn judge(&mut self, threshold: &Threshold, limit: Option<f64>) {
        self.outcome = match self.actual.zip(limit) {
            None => Outcome::NotMeasured,
            Some((actual, limit)) => match self.holds(threshold, actual, limit) {
                Some(true) => Outcome::Pass,
                Some(false) => Outcome::Fail,
                None => Outcome::Invalid,
            },
        };
    }

    /// `None`: it depends on how much more it is.
    fn holds(&self, threshold: &Threshold, value: f64, limit: f64) -> Option<bool> {
        let operator = threshold.operator;
        if self.at_least { operator.holds_beyond(value, limit) } else { Some(operator.holds(value, limit)) }
    }
}

/// Why a threshold is not measured, or its value is only a lower bound that says too little; `None`: neither.
fn why_nothing(threshold: &Threshold, result: &ThresholdResult, is_heard_of: bool) -> Option<String> {
    if result.outcome == Outcome::Invalid {
        return Some("some of it never came, so how much more it is nobody knows".to_owned());
    }
    if result.outcome != Outcome::NotMeasured {
        return None;
    }
    let text = match (&result.window, &threshold.subject) {
        _ if result.actual.is_some() => "no baseline is pinned, or it has no such number".to_owned(),
        (Some(window), _) => format!("no window of {} s had a value", window.length_s),
        (None, Subject::Time { metric: name, .. } | Subject::Count { name, .. }) if !is_heard_of => {
            format!("nobody has counted {name}")
        }
        (None, Subject::Delivery { .. }) => "no delivery was owed".to_owned(),
        _ => "nothing was measured".to_owned(),
    };
    Some(text)
}

#[cfg(test)]
mod tests;
