//! One input of a form: what it shows, and what typing into it means.

use document::{Field, Type};
use serde_json::Value;

use crate::plan::path::Path;

/// What an input holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    Number,
    /// A variable's value: a number when it reads as one, JSON when it is a list or an object, else text.
    Loose,
}

impl FieldKind {
    /// What an input for this field of a document holds.
    pub fn of(field: &Field) -> Self {
        let is_number = field.of.numbers().is_some() || field.of.wholes().is_some();
        match field.of {
            _ if is_number => Self::Number,
            Type::Any => Self::Loose,
            _ => Self::Text,
        }
    }
}

/// Typed text as a value; `None` when the field was emptied. What should be a number and is not stays text, so that
/// the one checker of plans reports it like every other problem.
pub fn read(kind: FieldKind, text: &str) -> Option<Value> {
    let trimmed = text.trim();
    match kind {
        _ if trimmed.is_empty() => None,
        FieldKind::Text => Some(text.into()),
        FieldKind::Number => Some(number(trimmed).unwrap_or_else(|| text.into())),
        FieldKind::Loose => Some(number(trimmed).or_else(|| structured(trimmed)).unwrap_or_else(|| text.into())),
    }
}

/// A value as the text an input shows.
pub fn show(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        // JSON has one kind of number: a whole one is shown without its `.0`.
        Some(Value::Number(number)) => number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string()),
        Some(other) => other.to_string(),
    }
}

/// The value in a document as an input shows it.
pub fn show_at(document: &Value, path: &Path) -> String {
    show(path.find(document))
}

fn number(text: &str) -> Option<Value> {
    // "1e3", "NaN" and "007" are not what people mean by a number here.
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-');
    let canonical = !text.trim_start_matches('-').starts_with('0') || text.len() == 1 || text.contains("0.");
    if !plain || !canonical {
        return None;
    }
    text.parse::<i64>().map(Value::from).ok().or_else(|| {
        let number = text.parse::<f64>().ok()?;
        serde_json::Number::from_f64(number).map(Value::Number)
    })
}

fn structured(text: &str) -> Option<Value> {
    match text {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        _ if text.starts_with(['[', '{']) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(kind: FieldKind, text: &str, expected: Option<Value>) {
        assert_eq!(read(kind, text), expected, "{text:?}");
    }

    #[test]
    fn typed_text_becomes_a_value() {
        check(FieldKind::Number, " 42 ", Some(json!(42)));
        check(FieldKind::Number, "0.5", Some(json!(0.5)));
        check(FieldKind::Number, "0", Some(json!(0)));
        check(FieldKind::Number, "-3", Some(json!(-3)));
        check(FieldKind::Number, "many", Some(json!("many")));
        check(FieldKind::Number, "1e9", Some(json!("1e9")));
        check(FieldKind::Number, "", None);
        check(FieldKind::Text, "42", Some(json!("42")));
        check(FieldKind::Loose, "007", Some(json!("007")));
        check(FieldKind::Loose, "true", Some(json!(true)));
        check(FieldKind::Loose, "[1, \"a\"]", Some(json!([1, "a"])));
        check(FieldKind::Loose, "[broken", Some(json!("[broken")));
        check(FieldKind::Loose, "room {n}", Some(json!("room {n}")));
    }

    #[test]
    fn values_become_text_an_input_shows() {
        for (value, text) in [
            (json!(null), ""),
            (json!("a"), "a"),
            (json!(30.0), "30"),
            (json!(0.25), "0.25"),
            (json!(4280), "4280"),
            (json!(["a"]), "[\"a\"]"),
        ] {
            assert_eq!(show(Some(&value)), text);
        }
        assert_eq!(show(None), "");
    }
}
