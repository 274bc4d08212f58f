//! An expression in plain words.

use super::{Bound, Operator, Scope, Statistic, Subject, Threshold, Unit, VoiceValue};
use base::time::Span;

impl Threshold {
    /// What must hold, as a sentence without its full stop.
    pub fn meaning(&self) -> String {
        let of = self.population.as_ref().map_or_else(String::new, |name| format!(" of {name}"));
        let window = self.window.map_or_else(String::new, |window| format!(" in every {}", seconds(window)));
        let abort = match self.abort {
            None => String::new(),
            Some(Span::ZERO) => "; else the run stops".to_owned(),
            Some(delay) => format!("; else the run stops, not before {}", seconds(delay)),
        };
        format!("{}{of}{}{window} {} {}{abort}", self.subject.words(), self.scope(), self.operator.sign(), self.bound())
    }

    fn scope(&self) -> &'static str {
        match self.scope {
            // Whether it counts samples or is a counter is known when it is counted.
            Scope::Usual if matches!(self.subject, Subject::Count { .. } | Subject::Standing(_)) => "",
            Scope::Usual if !matches!(self.subject, Subject::Time { .. }) => " over the whole run",
            Scope::WholeRun => " over the whole run",
            Scope::Usual | Scope::AfterWarmup => " after the warm-up",
        }
    }

    fn bound(&self) -> String {
        match self.bound {
            Bound::Fixed(limit) => with_unit(limit, self.unit),
            Bound::Baseline(1.0) => "the baseline's".to_owned(),
            Bound::Baseline(factor) => format!("{} times the baseline's", trimmed(factor)),
        }
    }
}

impl Subject {
    fn words(&self) -> String {
        match self {
            Self::Time { metric, statistic } => format!("{} of {metric}", statistic.name()),
            Self::Count { name, per_second: false } => format!("number of {name}"),
            Self::Count { name, per_second: true } => format!("{name} per second"),
            Self::Errors { operation: None, .. } => "errors".to_owned(),
            Self::Errors { operation: Some(operation), code: None } => format!("errors of {operation}"),
            Self::Errors { operation: Some(operation), code: Some(code) } => format!("errors {code} of {operation}"),
            Self::ErrorRate { operation: None } => "errors per attempt".to_owned(),
            Self::ErrorRate { operation: Some(operation) } => format!("errors per attempt of {operation}"),
            Self::Disconnects { code: None } => "disconnects".to_owned(),
            Self::Disconnects { code: Some(code) } => format!("disconnects with {code}"),
            Self::Delivery { figure, share: false } => format!("deliveries {}", figure.field()),
            Self::Delivery { figure, share: true } => format!("share of deliveries {}", figure.field()),
            Self::Voice(value) => value.words().to_owned(),
            Self::Standing(figure) => figure.definition().help.to_owned(),
        }
    }
}

impl Statistic {
    /// As expressions and tables write it.
    pub fn name(self) -> String {
        match self {
            Self::Min => "min".to_owned(),
            Self::Mean => "mean".to_owned(),
            Self::Quantile(quantile) => format!("p{}", trimmed(quantile * 100.0)),
            Self::Max => "max".to_owned(),
        }
    }
}

impl VoiceValue {
    const fn words(self) -> &'static str {
        match self {
            Self::Answers => "answers heard",
            Self::Received => "audio received",
            Self::Underruns => "underruns",
            Self::Starved => "time in underruns",
            Self::StarvedShare => "time in underruns per audio received",
            Self::RealTimeFactor => "real-time factor",
        }
    }
}

impl Operator {
    pub fn holds(self, actual: f64, limit: f64) -> bool {
        match self {
            Self::Less => actual < limit,
            Self::LessOrEqual => actual <= limit,
            Self::Greater => actual > limit,
            Self::GreaterOrEqual => actual >= limit,
            Self::Equal => actual == limit,
            Self::NotEqual => actual != limit,
        }
    }

    /// Whether whatever is more than this holds; `None`: some does and some does not.
    pub fn holds_beyond(self, at_least: f64, limit: f64) -> Option<bool> {
        (at_least >= limit).then_some(matches!(self, Self::Greater | Self::GreaterOrEqual | Self::NotEqual))
    }

    pub const fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
        }
    }
}

fn with_unit(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Milliseconds => format!("{} ms", trimmed(value)),
        Unit::Share => format!("{} %", trimmed(value * 100.0)),
        Unit::PerSecond => format!("{} /s", trimmed(value)),
        Unit::Count | Unit::Ratio => trimmed(value),
    }
}

fn seconds(time: Span) -> String {
    format!("{} s", trimmed(time.as_secs_f64()))
}

/// At most six decimals: arithmetic's last digits are nobody's words.
fn trimmed(value: f64) -> String {
    ((value * 1e6).round() / 1e6).to_string()
}
