//! Thresholds held against a run's numbers.

use serde::{Deserialize, Serialize};

use super::delta::ClosedBy;
use super::histogram::Histogram;
use super::totals::{Outcomes, Totals};
use crate::plan::{Operator, Statistic, Subject, Threshold, ThresholdUnit as Unit};

/// How a run did by one threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThresholdResult {
    /// The expression as it was written.
    pub threshold: String,
    pub outcome: Outcome,
    /// What was measured, in `unit`.
    pub actual: Option<f64>,
    pub limit: f64,
    pub unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Pass,
    Fail,
    /// The run has no such number: nothing happened that it could count. Not a pass.
    NotMeasured,
}

impl Threshold {
    /// Compares with a run as it is now.
    pub fn evaluate(&self, totals: &Totals) -> ThresholdResult {
        let actual = self.subject.measure(totals);
        let outcome = match actual {
            None => Outcome::NotMeasured,
            Some(actual) if self.operator.holds(actual, self.limit) => Outcome::Pass,
            Some(_) => Outcome::Fail,
        };
        ThresholdResult { threshold: self.text.clone(), outcome, actual, limit: self.limit, unit: self.unit }
    }
}

impl Subject {
    /// `None` where nothing was measured: no sample is not zero milliseconds, and nothing owed is not all delivered.
    fn measure(&self, totals: &Totals) -> Option<f64> {
        match self {
            Self::Time { metric, statistic } => histogram(totals, metric)?.stats().map(|stats| match statistic {
                Statistic::Min => stats.min,
                Statistic::Mean => stats.mean,
                Statistic::P50 => stats.p50,
                Statistic::P75 => stats.p75,
                Statistic::P90 => stats.p90,
                Statistic::P95 => stats.p95,
                Statistic::P99 => stats.p99,
                Statistic::P999 => stats.p999,
                Statistic::Max => stats.max,
            }),
            Self::Count { name, per_second } => {
                let samples = histogram(totals, name).map(|histogram| (histogram.count(), totals.measured()));
                let (count, time) = samples.or_else(|| Some((counter(totals, name)?, totals.elapsed())))?;
                let seconds = time.as_secs_f64();
                if !per_second { Some(count as f64) } else { (seconds > 0.0).then(|| count as f64 / seconds) }
            }
            Self::Errors { operation, code } => {
                let matching = totals
                    .errors()
                    .iter()
                    .filter(|(key, _)| same(operation.as_ref(), &key.operation) && same(code.as_ref(), &key.code));
                let known = operation.is_none() || outcomes(totals, operation.as_ref()).is_some();
                known.then(|| matching.map(|(_, error)| error.count as f64).sum())
            }
            Self::ErrorRate { operation } => outcomes(totals, operation.as_ref())?.error_rate(),
            Self::Disconnects { code } => {
                let counted = totals
                    .disconnects()
                    .iter()
                    .filter(|(key, _)| key.by != ClosedBy::User && code.is_none_or(|code| code == key.code));
                Some(counted.map(|(_, disconnect)| disconnect.count as f64).sum())
            }
            Self::Delivery { field, share } => {
                let delivery = totals.delivery();
                let count = delivery.fields().into_iter().find(|(name, _)| name == field)?.1 as f64;
                let needs_due = *share || OF_RECEIVERS.contains(field);
                (delivery.due > 0 || !needs_due).then(|| if *share { count / delivery.due as f64 } else { count })
            }
        }
    }
}

/// Over all populations, which come before each of them.
fn histogram<'a>(totals: &'a Totals, name: &str) -> Option<&'a Histogram> {
    totals.histogram(name).or_else(|| {
        let mut metrics = totals.histograms();
        metrics.find(|(known, ..)| known.eq_ignore_ascii_case(name)).map(|(_, _, histogram)| histogram)
    })
}

fn counter(totals: &Totals, name: &str) -> Option<u64> {
    totals.counter(name).or_else(|| {
        let known = totals.counters().find(|(known, ..)| known.eq_ignore_ascii_case(name))?.0;
        totals.counter(known)
    })
}

/// Of one operation, `None` if nobody ever tried it; or of all.
fn outcomes(totals: &Totals, operation: Option<&String>) -> Option<Outcomes> {
    let mut operations = totals.operations().into_iter().filter(|(name, _)| same(operation, name)).map(|(_, of)| of);
    let first = operations.next()?;
    Some(operations.fold(first, |sum, next| Outcomes {
        succeeded: sum.succeeded + next.succeeded,
        failed: sum.failed + next.failed,
    }))
}

fn same(wanted: Option<&String>, found: &str) -> bool {
    wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(found))
}

impl Operator {
    fn holds(self, actual: f64, limit: f64) -> bool {
        match self {
            Self::Less => actual < limit,
            Self::LessOrEqual => actual <= limit,
            Self::Greater => actual > limit,
            Self::GreaterOrEqual => actual >= limit,
            Self::Equal => actual == limit,
            Self::NotEqual => actual != limit,
        }
    }
}

/// Say nothing while no delivery was owed.
const OF_RECEIVERS: [&str; 6] = ["due", "delivered", "missing", "duplicated", "reordered", "late"];

#[cfg(test)]
mod tests;
