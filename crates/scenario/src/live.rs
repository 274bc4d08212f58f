//! A variable that a tester may set while users run: it is not folded into the program, and knows which values it takes.

use serde_json::Value;

use document::{found, list_of};

/// The values that a live variable takes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Live {
    pub least: Option<f64>,
    pub most: Option<f64>,
    /// Empty: any.
    pub one_of: Vec<Value>,
    /// What it is for, for people.
    pub doc: String,
}

impl Live {
    /// Why it cannot have this value; `None`: it can.
    pub fn refusal(&self, value: &Value) -> Option<String> {
        if !self.one_of.is_empty() {
            let known: Vec<_> = self.one_of.iter().map(|value| value.as_str().unwrap_or_default()).collect();
            return (!self.one_of.contains(value))
                .then(|| format!("expected {}, found {}", list_of(&known), found(value)));
        }
        let is_in =
            |number: f64| self.least.is_none_or(|least| number >= least) && self.most.is_none_or(|most| number <= most);
        if value.as_f64().is_some_and(is_in) {
            return None;
        }
        let bounds = match (self.least, self.most) {
            (Some(least), Some(most)) => format!(" from {least} to {most}"),
            (Some(least), None) => format!(" of at least {least}"),
            (None, Some(most)) => format!(" of at most {most}"),
            (None, None) => String::new(),
        };
        Some(format!("expected a number{bounds}, found {}", found(value)))
    }
}
