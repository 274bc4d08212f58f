//! Thresholds, as a plan writes them: `message.round_trip p95 < 300 ms`, `errors[join] == 0`, `delivery.missing < 0.1 %`.
//!
//! ```text
//! threshold = subject [statistic] operator number [unit]
//! subject   = name [ "[" filter "]" ]
//! statistic = min | mean | p50 | p75 | p90 | p95 | p99 | p99.9 | max | count | rate
//! operator  = < | <= | > | >= | == | !=
//! unit      = us | ms | s | min | % | /s
//! ```
//!
//! Case and spaces do not matter. docs/metrics.md says what each subject counts;
//! `metrics` evaluates them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    pub(crate) text: String,
    pub(crate) subject: Subject,
    pub(crate) operator: Operator,
    /// Milliseconds for times, 0 to 1 for shares, else plain.
    pub(crate) limit: f64,
    pub(crate) unit: Unit,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Subject {
    /// A statistic of a histogram.
    Time { metric: String, statistic: Statistic },
    /// Samples of a histogram, or a counter; per second or in all.
    Count { name: String, per_second: bool },
    /// Errors in all, or of one operation, or of one of its codes.
    Errors { operation: Option<String>, code: Option<String> },
    /// Failed attempts per attempt, of all operations or one.
    ErrorRate { operation: Option<String> },
    /// Connections that somebody else than the user's scenario ended; of one close code.
    Disconnects { code: Option<u16> },
    /// A field of the ledger, as it is or per delivery owed.
    Delivery { field: &'static str, share: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Statistic {
    Min,
    Mean,
    P50,
    P75,
    P90,
    P95,
    P99,
    P999,
    Max,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
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
}

/// Why an expression is none, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (column {column})")]
pub struct ThresholdError {
    /// In characters, from 1.
    pub column: usize,
    pub message: String,
}

impl FromStr for Threshold {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Self, ThresholdError> {
        let mut scanner = Scanner { rest: text, text };
        let name_at = scanner.skip_spaces();
        let name = scanner.name().ok_or_else(|| name_at.error("expected a metric like `message.round_trip`"))?;
        let filter = scanner.filter()?;
        let statistic_at = scanner.skip_spaces();
        let statistic = scanner.name().map(str::to_lowercase);
        let operator = scanner.operator()?;
        let (number, number_at) = scanner.number()?;
        let unit_at = scanner.skip_spaces();
        let unit = scanner.unit();
        let end = scanner.skip_spaces();
        if !scanner.rest.is_empty() {
            return Err(end.error(format!("did not expect {} here", quoted(scanner.rest))));
        }
        let share_wanted = unit == Some("%");
        let subject = subject(name, filter, statistic.as_deref(), share_wanted)
            .map_err(|(wrong, message)| if wrong == Wrong::Name { name_at } else { statistic_at }.error(message))?;
        let natural = natural_unit(&subject);
        let factor = factor(natural, unit).map_err(|message| unit_at.error(message))?;
        if natural == Unit::Share && !(0.0..=1.0).contains(&(number * factor)) {
            return Err(number_at.error("a share is from 0 to 1, or 0 % to 100 %"));
        }
        Ok(Self { text: text.trim().to_owned(), subject, operator, limit: number * factor, unit: natural })
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[derive(PartialEq, Eq)]
enum Wrong {
    Name,
    Statistic,
}

fn subject(name: &str, filter: Option<&str>, statistic: Option<&str>, share: bool) -> Result<Subject, (Wrong, String)> {
    let wrong_statistic = |expected: &str| {
        let found = statistic.map_or_else(|| "none".to_owned(), quoted);
        (Wrong::Statistic, format!("expected {expected}, found {found}"))
    };
    let no_filter = || filter.map_or(Ok(()), |_| Err((Wrong::Name, format!("{} takes no filter", quoted(name)))));
    let lower = name.to_lowercase();
    if let Some(field) = lower.strip_prefix("delivery.") {
        no_filter()?;
        let field = DELIVERY.into_iter().find(|known| *known == field).ok_or_else(|| {
            (Wrong::Name, format!("the ledger has no {}, it has {}", quoted(field), DELIVERY.join(", ")))
        })?;
        return match statistic {
            None | Some("count") => Ok(Subject::Delivery { field, share }),
            Some(_) => Err(wrong_statistic("no statistic, or `count`")),
        };
    }
    match (lower.as_str(), statistic) {
        ("errors", Some("rate")) => match filter {
            Some(filter) if filter.contains('/') => {
                Err((Wrong::Name, "a rate is of an operation, not of one of its codes".to_owned()))
            }
            _ => Ok(Subject::ErrorRate { operation: filter.map(str::to_owned) }),
        },
        ("errors", None | Some("count")) if share => Err(wrong_statistic("`rate` for a share")),
        ("errors", None | Some("count")) => {
            let (operation, code) = filter.map_or((None, None), |filter| match filter.split_once('/') {
                Some((operation, code)) => (Some(operation), Some(code)),
                None => (Some(filter), None),
            });
            Ok(Subject::Errors { operation: operation.map(str::to_owned), code: code.map(str::to_owned) })
        }
        ("errors", Some(_)) => Err(wrong_statistic("`count` or `rate`")),
        ("disconnects", None | Some("count")) => {
            let code = filter.map(str::parse).transpose();
            let code = code.map_err(|_| (Wrong::Name, "expected a close code like `[1006]`".to_owned()))?;
            Ok(Subject::Disconnects { code })
        }
        ("disconnects", Some(_)) => Err(wrong_statistic("`count`")),
        (_, Some("count" | "rate")) => {
            no_filter()?;
            Ok(Subject::Count { name: name.to_owned(), per_second: statistic == Some("rate") })
        }
        (_, Some(word)) => {
            no_filter()?;
            let known = STATISTICS.iter().find(|(name, _)| *name == word);
            let &(_, statistic) = known.ok_or_else(|| wrong_statistic(ANY_STATISTIC))?;
            Ok(Subject::Time { metric: name.to_owned(), statistic })
        }
        (_, None) => Err(wrong_statistic(ANY_STATISTIC)),
    }
}

fn natural_unit(subject: &Subject) -> Unit {
    match subject {
        Subject::Time { .. } => Unit::Milliseconds,
        Subject::Count { per_second: true, .. } => Unit::PerSecond,
        Subject::ErrorRate { .. } | Subject::Delivery { share: true, .. } => Unit::Share,
        Subject::Count { .. } | Subject::Errors { .. } | Subject::Disconnects { .. } | Subject::Delivery { .. } => {
            Unit::Count
        }
    }
}

/// What a number in the written unit is multiplied by.
fn factor(natural: Unit, written: Option<&str>) -> Result<f64, String> {
    match (natural, written) {
        (_, None) => Ok(1.0),
        (Unit::Milliseconds, Some("us")) => Ok(1e-3),
        (Unit::Milliseconds, Some("ms")) => Ok(1.0),
        (Unit::Milliseconds, Some("s")) => Ok(1e3),
        (Unit::Milliseconds, Some("min")) => Ok(60e3),
        (Unit::Share, Some("%")) => Ok(0.01),
        (Unit::PerSecond, Some("/s")) => Ok(1.0),
        (Unit::Milliseconds, Some(unit)) => Err(format!("expected us, ms, s or min, found {}", quoted(unit))),
        (Unit::Share, Some(unit)) => Err(format!("expected %, found {}", quoted(unit))),
        (Unit::PerSecond, Some(unit)) => Err(format!("expected /s, found {}", quoted(unit))),
        (Unit::Count, Some(unit)) => Err(format!("a count has no unit, found {}", quoted(unit))),
    }
}

/// Reads an expression from left to right.
struct Scanner<'a> {
    text: &'a str,
    rest: &'a str,
}

#[derive(Clone, Copy)]
struct Column(usize);

impl Column {
    fn error(self, message: impl Into<String>) -> ThresholdError {
        ThresholdError { column: self.0, message: message.into() }
    }
}

impl<'a> Scanner<'a> {
    fn skip_spaces(&mut self) -> Column {
        self.rest = self.rest.trim_start();
        Column(self.text[..self.text.len() - self.rest.len()].chars().count() + 1)
    }

    /// A name, if one stands here.
    fn name(&mut self) -> Option<&'a str> {
        let rest = self.rest;
        let end = rest.find(|c: char| !(c.is_alphanumeric() || "._-".contains(c))).unwrap_or(rest.len());
        self.rest = &rest[end..];
        (end > 0).then_some(&rest[..end])
    }

    fn filter(&mut self) -> Result<Option<&'a str>, ThresholdError> {
        let at = self.skip_spaces();
        let Some(inner) = self.rest.strip_prefix('[') else { return Ok(None) };
        let end = inner.find(']').ok_or_else(|| at.error("`[` without `]`"))?;
        let filter = inner[..end].trim();
        if filter.is_empty() {
            return Err(at.error("expected something between `[` and `]`"));
        }
        self.rest = &inner[end + 1..];
        Ok(Some(filter))
    }

    fn operator(&mut self) -> Result<Operator, ThresholdError> {
        let at = self.skip_spaces();
        for (sign, operator) in OPERATORS {
            if let Some(rest) = self.rest.strip_prefix(sign) {
                self.rest = rest;
                return Ok(operator);
            }
        }
        Err(at.error(format!("expected one of < <= > >= == !=, found {}", quoted(self.rest))))
    }

    fn number(&mut self) -> Result<(f64, Column), ThresholdError> {
        let at = self.skip_spaces();
        let rest = self.rest;
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let number = rest[..end].parse().map_err(|_| at.error(format!("expected a number, found {}", quoted(rest))))?;
        self.rest = &rest[end..];
        Ok((number, at))
    }

    fn unit(&mut self) -> Option<&'static str> {
        let lower = self.rest.to_lowercase();
        let (spelling, unit) = UNITS.into_iter().find(|(spelling, _)| lower.starts_with(spelling))?;
        // A unit ends where letters end: `5 sec` is no `s`.
        if lower[spelling.len()..].starts_with(char::is_alphanumeric) {
            return None;
        }
        let chars = spelling.chars().count();
        self.rest = self.rest.char_indices().nth(chars).map_or("", |(end, _)| &self.rest[end..]);
        Some(unit)
    }
}

/// Text as an error names it.
fn quoted(text: &str) -> String {
    match text.trim() {
        "" => "the end".to_owned(),
        text => format!("`{}`", text.chars().take(30).collect::<String>()),
    }
}

const STATISTICS: [(&str, Statistic); 12] = [
    ("min", Statistic::Min),
    ("mean", Statistic::Mean),
    ("avg", Statistic::Mean),
    ("p50", Statistic::P50),
    ("median", Statistic::P50),
    ("p75", Statistic::P75),
    ("p90", Statistic::P90),
    ("p95", Statistic::P95),
    ("p99", Statistic::P99),
    ("p99.9", Statistic::P999),
    ("p999", Statistic::P999),
    ("max", Statistic::Max),
];
const ANY_STATISTIC: &str = "min, mean, p50, p75, p90, p95, p99, p99.9, max, count or rate";

/// Longer signs before those that they begin with.
const OPERATORS: [(&str, Operator); 9] = [
    ("<=", Operator::LessOrEqual),
    ("≤", Operator::LessOrEqual),
    ("<", Operator::Less),
    (">=", Operator::GreaterOrEqual),
    ("≥", Operator::GreaterOrEqual),
    (">", Operator::Greater),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("=", Operator::Equal),
];

const UNITS: [(&str, &str); 8] = [
    ("us", "us"),
    ("µs", "us"),
    ("ms", "ms"),
    ("min", "min"),
    ("s", "s"),
    ("%", "%"),
    ("/s", "/s"),
    ("per second", "/s"),
];

const DELIVERY: [&str; 13] = [
    "sent",
    "accepted",
    "rejected",
    "unconfirmed",
    "abandoned",
    "due",
    "delivered",
    "missing",
    "duplicated",
    "reordered",
    "late",
    "arrived",
    "extra",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_error(text: &str, expected: &str) {
        assert_eq!(text.parse::<Threshold>().unwrap_err().to_string(), expected, "{text}");
    }

    #[test]
    fn mistakes_are_named_with_their_column() {
        check_error("", "expected a metric like `message.round_trip` (column 1)");
        check_error("  < 5", "expected a metric like `message.round_trip` (column 3)");
        check_error("join", "expected one of < <= > >= == !=, found the end (column 5)");
        check_error("join p95", "expected one of < <= > >= == !=, found the end (column 9)");
        check_error(
            "join < 5",
            "expected min, mean, p50, p75, p90, p95, p99, p99.9, max, count or rate, found none (column 6)",
        );
        check_error(
            "join p97 < 5",
            "expected min, mean, p50, p75, p90, p95, p99, p99.9, max, count or rate, found `p97` (column 6)",
        );
        check_error("join p95 ~ 5", "expected one of < <= > >= == !=, found `~ 5` (column 10)");
        check_error("join p95 < fast", "expected a number, found `fast` (column 12)");
        check_error("join p95 < -5", "expected a number, found `-5` (column 12)");
        check_error("join p95 < 5 %", "expected us, ms, s or min, found `%` (column 14)");
        check_error("join p95 < 5 sec", "did not expect `sec` here (column 14)");
        check_error("join p95 < 5 ms for 30 s", "did not expect `for 30 s` here (column 17)");
        check_error("join count < 5 ms", "a count has no unit, found `ms` (column 16)");
        check_error("join rate < 5 %", "expected /s, found `%` (column 15)");
        check_error("join[x] p95 < 5", "`join` takes no filter (column 1)");
        check_error("errors[join == 0", "`[` without `]` (column 7)");
        check_error("errors[ ] == 0", "expected something between `[` and `]` (column 7)");
        check_error("errors p95 < 5", "expected `count` or `rate`, found `p95` (column 8)");
        check_error("errors < 5 %", "expected `rate` for a share, found none (column 8)");
        check_error("errors rate < 5", "a share is from 0 to 1, or 0 % to 100 % (column 15)");
        check_error("errors[join/timeout] rate < 5 %", "a rate is of an operation, not of one of its codes (column 1)");
        check_error("disconnects[abnormal] == 0", "expected a close code like `[1006]` (column 1)");
        check_error(
            "delivery.lost == 0",
            "the ledger has no `lost`, it has sent, accepted, rejected, unconfirmed, abandoned, due, delivered, missing, \
         duplicated, reordered, late, arrived, extra (column 1)",
        );
        check_error(
            "ünïcode pü < 5",
            "expected min, mean, p50, p75, p90, p95, p99, p99.9, max, count or rate, found `pü` (column 9)",
        );
    }
}
