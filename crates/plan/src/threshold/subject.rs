//! What a name, its filter and its statistic speak of, and in which unit.

use super::scanner::quoted;
use super::{Statistic, Subject, Unit, VOICE, VoiceValue};
use catalogue::{Counter, Figure, LEDGER, Metric, STANDING};

/// Which part of the expression a message is about.
#[derive(PartialEq, Eq)]
pub(super) enum Wrong {
    Name,
    Statistic,
}

/// A name with what stands beside it.
pub(super) struct Words<'a> {
    pub name: &'a str,
    pub filter: Option<&'a str>,
    /// In lower case.
    pub statistic: Option<&'a str>,
    /// The number is in percent.
    pub share: bool,
}

impl Words<'_> {
    pub fn subject(&self) -> Result<Subject, (Wrong, String)> {
        let lower = self.name.to_lowercase();
        if let Some(field) = Figure::ledger_field(&lower) {
            return self.delivery(field);
        }
        if let Some(&(_, value)) = VOICE.iter().find(|(figure, _)| figure.name() == lower) {
            return self.voice(value);
        }
        if let Some(figure) = STANDING.into_iter().find(|figure| figure.name() == lower) {
            self.no_filter()?;
            return match self.statistic {
                None | Some("count") => Ok(Subject::Standing(figure)),
                Some(_) => Err(self.wrong_statistic("no statistic")),
            };
        }
        if let Some(metric) = Metric::alias(&lower) {
            return Words { name: &metric, ..*self }.subject();
        }
        match (lower.as_str(), self.statistic) {
            (ERRORS, _) => self.errors(),
            (name, None) if Counter::is_bare(name) => Words { statistic: Some("count"), ..*self }.subject(),
            (DISCONNECTS, None | Some("count")) => {
                let code = self.filter.map(str::parse).transpose();
                let code = code.map_err(|_| (Wrong::Name, "expected a close code like `[1006]`".to_owned()))?;
                Ok(Subject::Disconnects { code })
            }
            (DISCONNECTS, Some(_)) => Err(self.wrong_statistic("`count`")),
            (_, Some("count" | "rate")) => {
                self.no_filter()?;
                Ok(Subject::Count { name: self.name.to_owned(), per_second: self.statistic == Some("rate") })
            }
            (_, statistic) => {
                self.no_filter()?;
                let statistic = statistic.and_then(statistic_of).ok_or_else(|| self.wrong_statistic(ANY_STATISTIC))?;
                Ok(Subject::Time { metric: self.name.to_owned(), statistic })
            }
        }
    }

    fn delivery(&self, field: &str) -> Result<Subject, (Wrong, String)> {
        self.no_filter()?;
        let figure = Figure::of_field(field).ok_or_else(|| {
            (
                Wrong::Name,
                format!("the ledger has no {}, it has {}", quoted(field), LEDGER.map(Figure::field).join(", ")),
            )
        })?;
        match self.statistic {
            None | Some("count") => Ok(Subject::Delivery { figure, share: self.share }),
            Some(_) => Err(self.wrong_statistic("no statistic, or `count`")),
        }
    }

    fn voice(&self, value: VoiceValue) -> Result<Subject, (Wrong, String)> {
        self.no_filter()?;
        match self.statistic {
            None if self.share && value == VoiceValue::Starved => Ok(Subject::Voice(VoiceValue::StarvedShare)),
            None => Ok(Subject::Voice(value)),
            Some(_) => Err(self.wrong_statistic("no statistic")),
        }
    }

    fn errors(&self) -> Result<Subject, (Wrong, String)> {
        match self.statistic {
            Some("rate") if self.filter.is_some_and(|filter| filter.contains('/')) => {
                Err((Wrong::Name, "a rate is of an operation, not of one of its codes".to_owned()))
            }
            Some("rate") => Ok(Subject::ErrorRate { operation: self.filter.map(str::to_owned) }),
            None | Some("count") if self.share => Err(self.wrong_statistic("`rate` for a share")),
            None | Some("count") => {
                let (operation, code) = self.filter.map_or((None, None), |filter| match filter.split_once('/') {
                    Some((operation, code)) => (Some(operation.trim()), Some(code.trim())),
                    None => (Some(filter), None),
                });
                Ok(Subject::Errors { operation: operation.map(str::to_owned), code: code.map(str::to_owned) })
            }
            Some(_) => Err(self.wrong_statistic("`count` or `rate`")),
        }
    }

    fn no_filter(&self) -> Result<(), (Wrong, String)> {
        self.filter.map_or(Ok(()), |_| Err((Wrong::Name, format!("{} takes no filter", quoted(self.name)))))
    }

    fn wrong_statistic(&self, expected: &str) -> (Wrong, String) {
        let found = self.statistic.map_or_else(|| "none".to_owned(), quoted);
        (Wrong::Statistic, format!("expected {expected}, found {found}"))
    }
}

impl Subject {
    pub fn unit(&self) -> Unit {
        match self {
            Self::Time { .. } | Self::Voice(VoiceValue::Received | VoiceValue::Starved) => Unit::Milliseconds,
            Self::Count { per_second: true, .. } => Unit::PerSecond,
            Self::ErrorRate { .. }
            | Self::Delivery { share: true, .. }
            | Self::Voice(VoiceValue::StarvedShare)
            | Self::Standing(Figure::Played) => Unit::Share,
            Self::Voice(VoiceValue::RealTimeFactor) => Unit::Ratio,
            Self::Count { .. }
            | Self::Errors { .. }
            | Self::Disconnects { .. }
            | Self::Delivery { .. }
            | Self::Standing(_)
            | Self::Voice(VoiceValue::Answers | VoiceValue::Underruns) => Unit::Count,
        }
    }
}

/// A unit that what is measured does not have, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum UnitError {
    #[error("expected us, ms, s or min, found {}", quoted(.0))]
    NoTime(String),
    #[error("expected %, found {}", quoted(.0))]
    NoShare(String),
    #[error("expected /s, found {}", quoted(.0))]
    NotPerSecond(String),
    #[error("a count has no unit, found {}", quoted(.0))]
    OfCount(String),
    #[error("a ratio has no unit, found {}", quoted(.0))]
    OfRatio(String),
}

impl Unit {
    /// What a number in the written unit is multiplied by.
    pub(super) fn factor(self, written: Option<&str>) -> Result<f64, UnitError> {
        let Some(unit) = written else { return Ok(1.0) };
        let known = match self {
            Self::Milliseconds => TIMES.iter().find(|(known, _)| *known == unit).map(|(_, factor)| *factor),
            Self::Share => (unit == "%").then_some(0.01),
            Self::PerSecond => (unit == "/s").then_some(1.0),
            Self::Count | Self::Ratio => None,
        };
        let error = match self {
            Self::Milliseconds => UnitError::NoTime,
            Self::Share => UnitError::NoShare,
            Self::PerSecond => UnitError::NotPerSecond,
            Self::Count => UnitError::OfCount,
            Self::Ratio => UnitError::OfRatio,
        };
        known.ok_or_else(|| error(unit.to_owned()))
    }
}

fn statistic_of(word: &str) -> Option<Statistic> {
    match word {
        "min" => Some(Statistic::Min),
        "mean" | "avg" => Some(Statistic::Mean),
        "median" => Some(Statistic::Quantile(0.5)),
        "p999" => Some(Statistic::Quantile(0.999)),
        "max" => Some(Statistic::Max),
        _ => {
            let digits = word.strip_prefix('p')?.strip_prefix(|c: char| c.is_ascii_digit()).and(word.get(1..))?;
            let percent: f64 = digits.parse().ok()?;
            // Through the decimal text, so that p99.9 is 0.999 and not a hair beside it.
            let quantile = (percent * 1e4).round() / 1e6;
            (percent > 0.0 && percent <= 100.0).then_some(Statistic::Quantile(quantile))
        }
    }
}

/// Milliseconds.
pub(super) const TIMES: [(&str, f64); 4] = [("us", 1e-3), ("ms", 1.0), ("s", 1e3), ("min", 60e3)];

const ERRORS: &str = Figure::Errors.name();
const DISCONNECTS: &str = Figure::Disconnects.name();

const ANY_STATISTIC: &str = "min, mean, p50, p95 or another percentile, max, count or rate";
