//! Reads an expression from left to right, and knows the column it is at.

use super::{Operator, ThresholdError};

pub(super) struct Scanner<'a> {
    text: &'a str,
    rest: &'a str,
}

#[derive(Clone, Copy)]
pub(super) struct Column(usize);

impl Column {
    pub fn error(self, message: impl Into<String>) -> ThresholdError {
        ThresholdError { column: self.0, message: message.into() }
    }
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, rest: text }
    }

    pub fn rest(&self) -> &'a str {
        self.rest
    }

    pub fn skip_spaces(&mut self) -> Column {
        self.rest = self.rest.trim_start();
        Column(self.text[..self.text.len() - self.rest.len()].chars().count() + 1)
    }

    /// A name, if one stands here.
    pub fn name(&mut self) -> Option<&'a str> {
        let rest = self.rest;
        let end = rest.find(|c: char| !(c.is_alphanumeric() || "._-".contains(c))).unwrap_or(rest.len());
        self.rest = &rest[end..];
        (end > 0).then_some(&rest[..end])
    }

    /// Takes the word if it stands here, as a whole.
    pub fn word(&mut self, word: &str) -> bool {
        self.skip_spaces();
        let Some(found) = self.rest.get(..word.len()).filter(|found| found.eq_ignore_ascii_case(word)) else {
            return false;
        };
        let rest = &self.rest[found.len()..];
        let is_whole = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if is_whole {
            self.rest = rest;
        }
        is_whole
    }

    /// Takes the sign if it stands here.
    pub fn sign(&mut self, sign: char) -> bool {
        self.skip_spaces();
        self.rest.strip_prefix(sign).inspect(|rest| self.rest = rest).is_some()
    }

    /// What stands between two brackets, if the first one stands here.
    pub fn between(&mut self, [open, close]: [char; 2]) -> Result<Option<(&'a str, Column)>, ThresholdError> {
        let at = self.skip_spaces();
        let Some(inner) = self.rest.strip_prefix(open) else { return Ok(None) };
        let end = inner.find(close).ok_or_else(|| at.error(format!("`{open}` without `{close}`")))?;
        let found = inner[..end].trim();
        if found.is_empty() {
            return Err(at.error(format!("expected something between `{open}` and `{close}`")));
        }
        self.rest = &inner[end + close.len_utf8()..];
        Ok(Some((found, at)))
    }

    pub fn operator(&mut self) -> Result<Operator, ThresholdError> {
        let at = self.skip_spaces();
        for (sign, operator) in OPERATORS {
            if let Some(rest) = self.rest.strip_prefix(sign) {
                self.rest = rest;
                return Ok(operator);
            }
        }
        Err(at.error(format!("expected one of < <= > >= == !=, found {}", quoted(self.rest))))
    }

    pub fn number(&mut self) -> Result<(f64, Column), ThresholdError> {
        let at = self.skip_spaces();
        let rest = self.rest;
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let number = rest[..end].parse().map_err(|_| at.error(format!("expected a number, found {}", quoted(rest))))?;
        self.rest = &rest[end..];
        Ok((number, at))
    }

    pub fn unit(&mut self) -> Option<&'static str> {
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
pub(super) fn quoted(text: &str) -> String {
    match text.trim() {
        "" => "the end".to_owned(),
        text => format!("`{}`", text.chars().take(30).collect::<String>()),
    }
}

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
