//! Thresholds, as a plan writes them: `message.round_trip p95 < 300 ms`, `errors[join] == 0`, `delivery.missing < 0.1 %`.
//!
//! ```text
//! threshold  = subject [statistic] operator bound clause*
//! subject    = name [ "[" filter "]" ] [ "{" population "}" ]
//! statistic  = min | mean | median | p1 … p100 | max | count | rate
//! operator   = < | <= | > | >= | == | !=
//! bound      = number [unit] | baseline [ ("+" | "-") number "%" | "*" number ]
//! unit       = us | ms | s | min | % | /s
//! clause     = "for" time | "whole run" | "after warm-up" | "abort" [ "after" time ]
//! ```
//!
//! Case and spaces do not matter. docs/metrics.md says what each subject counts; `metrics` evaluates them.

mod meaning;
mod parse;
mod scanner;
mod subject;

use serde::{Deserialize, Serialize};

use base::time::Span;
use catalogue::{Counter, Falsifier, Figure, Metric};

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    pub text: String,
    pub subject: Subject,
    /// Only what this population did.
    pub population: Option<String>,
    pub operator: Operator,
    pub bound: Bound,
    pub unit: Unit,
    pub scope: Scope,
    /// It must hold in every window of this length, in whole seconds.
    pub window: Option<Span>,
    /// A run that breaks it is stopped, though not before so much time has passed since its start.
    pub abort: Option<Span>,
}

impl Threshold {
    /// What of the generator's own can make its number: a threshold is judged by what was free of that.
    pub fn falsified_by(&self) -> &'static [Falsifier] {
        // Names in thresholds have no case.
        let lower = |name: &str| name.to_lowercase();
        match &self.subject {
            Subject::Time { metric, .. } => Metric::read(&lower(metric)).definition().falsified_by,
            // A rate is so much in a time that may have been late itself.
            Subject::Count { per_second: true, .. } => &[Falsifier::Lateness],
            Subject::Count { name, .. } => {
                Counter::definition_of(&lower(name)).map_or(&[], |counter| counter.falsified_by)
            }
            Subject::Errors { .. } | Subject::ErrorRate { .. } => Figure::Errors.definition().falsified_by,
            Subject::Disconnects { .. } => Figure::Disconnects.definition().falsified_by,
            Subject::Delivery { figure, .. } => figure.definition().falsified_by,
            Subject::Standing(figure) => figure.definition().falsified_by,
            Subject::Voice(value) => {
                let wanted = if *value == VoiceValue::StarvedShare { VoiceValue::Starved } else { *value };
                let found = VOICE.iter().find(|(_, known)| *known == wanted);
                found.map_or(&[], |(figure, _)| figure.definition().falsified_by)
            }
        }
    }

    /// It sets a number a limit that only rises as a run goes on, and this value is beyond it: what is still to come cannot mend it.
    pub fn stays_broken(&self, actual: f64) -> bool {
        let Bound::Fixed(limit) = self.bound else { return false };
        let is_upper = matches!(self.operator, Operator::Less | Operator::LessOrEqual | Operator::Equal);
        self.rises() && is_upper && actual >= limit && !self.operator.holds(actual, limit)
    }

    /// It wants a number that only rises as a run goes on to be as high as its limit, and this value is not yet.
    pub fn may_still_hold(&self, actual: f64) -> bool {
        let Bound::Fixed(limit) = self.bound else { return false };
        let is_lower = matches!(self.operator, Operator::Greater | Operator::GreaterOrEqual | Operator::Equal);
        self.window.is_none() && self.rises() && is_lower && actual <= limit && !self.operator.holds(actual, limit)
    }

    fn rises(&self) -> bool {
        match &self.subject {
            Subject::Time { statistic, .. } => *statistic == Statistic::Max,
            Subject::Count { per_second, .. } => !per_second,
            Subject::Errors { .. } | Subject::Disconnects { .. } => true,
            Subject::Standing(figure) => *figure != Figure::Played,
            Subject::Delivery { figure, share } => !share && *figure == Figure::Delivered,
            Subject::Voice(value) => *value == VoiceValue::Answers,
            Subject::ErrorRate { .. } => false,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A statistic of a histogram.
    Time { metric: String, statistic: Statistic },
    /// Samples of a histogram, or a counter; per second or in all.
    Count { name: String, per_second: bool },
    /// Errors in all, or of one operation, or of one of its codes.
    Errors { operation: Option<String>, code: Option<String> },
    /// Failed attempts per attempt, of all operations or one.
    ErrorRate { operation: Option<String> },
    /// Connections that were lost and nobody planned it; of one close code.
    Disconnects { code: Option<u16> },
    /// A field of the ledger, as it is or per delivery owed.
    Delivery { figure: Figure, share: bool },
    /// How a voice service was to listen to, over all answers.
    Voice(VoiceValue),
    /// What became of the users, or of the run itself.
    Standing(Figure),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    Min,
    Mean,
    /// From 0 to 1.
    Quantile(f64),
    Max,
}

/// Of the answers that users listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoiceValue {
    Answers,
    Received,
    Underruns,
    /// Time in underruns.
    Starved,
    /// Time in underruns per audio received.
    StarvedShare,
    /// Audio behind the first chunks per time it took to arrive.
    RealTimeFactor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// What is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Milliseconds for times, 0 to 1 for shares, else plain.
    Fixed(f64),
    /// So many times what an earlier run had.
    Baseline(f64),
}

/// The time that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Samples after the warm-up; counts of the whole run.
    #[default]
    Usual,
    WholeRun,
    AfterWarmup,
}

/// What a threshold's two numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    #[serde(rename = "ms")]
    Milliseconds,
    /// 0 to 1.
    #[serde(rename = "share")]
    Share,
    #[serde(rename = "count")]
    Count,
    #[serde(rename = "per_second")]
    PerSecond,
    /// One quantity per another of its kind, 1 is as much.
    #[serde(rename = "ratio")]
    Ratio,
}

/// Why an expression is none, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (column {column})")]
pub struct ThresholdError {
    /// In characters, from 1.
    pub column: usize,
    pub message: String,
}

impl Threshold {
    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A run that breaks it is stopped.
    pub fn aborts(&self) -> bool {
        self.abort.is_some()
    }

    /// Why it does not fit a run of these populations that lasts so long.
    pub fn problem_in(&self, populations: &[&str], load_s: f64, warmup_s: f64) -> Option<ThresholdError> {
        if let Some(name) = &self.population
            && !populations.iter().any(|known| known.eq_ignore_ascii_case(name))
        {
            let message = format!("there is no population `{name}`, only {}", populations.join(", "));
            return Some(ThresholdError { column: self.column_of('{'), message });
        }
        let start = if self.scope == Scope::WholeRun { 0.0 } else { warmup_s.ceil() };
        let window = self.window?.as_secs_f64();
        let message = format!("a window of {window} s never fits into the {} s that are measured", load_s - start);
        let lower = self.text.to_lowercase();
        let column = lower.rfind("for").map_or(1, |at| lower[..at].chars().count() + 1);
        (start + window > load_s).then_some(ThresholdError { column, message })
    }

    fn column_of(&self, sign: char) -> usize {
        self.text.chars().position(|c| c == sign).map_or(1, |at| at + 1)
    }
}

impl std::fmt::Display for Threshold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Values of voice services.
pub const VOICE: [(Figure, VoiceValue); 5] = [
    (Figure::AnswersHeard, VoiceValue::Answers),
    (Figure::AudioHeard, VoiceValue::Received),
    (Figure::Underruns, VoiceValue::Underruns),
    (Figure::Starved, VoiceValue::Starved),
    (Figure::RealTimeFactor, VoiceValue::RealTimeFactor),
];

#[cfg(test)]
mod tests;
