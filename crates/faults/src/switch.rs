//! One switch, and a document of them.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Kind;

/// What the lab can be told to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Switch {
    pub name: &'static str,
    pub kind: Kind,
    pub group: SwitchGroup,
    /// In a form.
    pub label: &'static str,
    /// What a field says in which nothing stands.
    pub unset: &'static str,
    pub meaning: &'static str,
    /// JSON; of a document of its own `null`.
    pub default: &'static str,
}

/// What a switch is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchGroup {
    Delivery,
    Contents,
    Connections,
    Rules,
    Voice,
}

/// Why a document was refused: the field (like `rules.login_ms`), and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchError {
    pub field: String,
    pub message: String,
}

impl SwitchError {
    pub fn new(field: &str, message: impl Into<String>) -> Self {
        Self { field: field.to_owned(), message: message.into() }
    }
}

/// JSON of which every field may be absent, held against its table.
pub fn parse<T: DeserializeOwned>(body: &[u8], switches: &[Switch]) -> Result<T, SwitchError> {
    let fields: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| SwitchError::new("", error.to_string()))?;
    check(&fields, switches, "")?;
    serde_json::from_value(fields.into()).map_err(|error| SwitchError::new("", error.to_string()))
}

fn check(fields: &Map<String, Value>, switches: &[Switch], above: &str) -> Result<(), SwitchError> {
    for (name, value) in fields {
        let path = format!("{above}{name}");
        let Some(switch) = switches.iter().find(|switch| switch.name == name) else {
            let known: Vec<_> = switches.iter().map(|switch| switch.name).collect();
            return Err(SwitchError::new(&path, format!("unknown field, expected one of {}", known.join(", "))));
        };
        if let Some(problem) = switch.kind.problem(value) {
            return Err(SwitchError::new(&path, problem));
        }
        if let (Kind::Switches(below), Value::Object(fields)) = (switch.kind, value) {
            check(fields, below, &format!("{path}."))?;
        }
    }
    Ok(())
}
