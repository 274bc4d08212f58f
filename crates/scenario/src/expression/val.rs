//! A value while an expression is evaluated: borrows from variables and events where it can.

use std::borrow::Cow;
use std::fmt::Write;

use serde_json::Value;

use super::number::Num;

#[derive(Debug, Clone)]
pub(crate) enum Val<'v> {
    Null,
    Bool(bool),
    Number(Num),
    Text(Cow<'v, str>),
    Borrowed(&'v Value),
    Owned(Value),
}

impl<'v> Val<'v> {
    pub(crate) fn number(number: Option<Num>) -> Self {
        number.map_or(Self::Null, Self::Number)
    }

    pub(crate) fn borrowed(value: Option<&'v Value>) -> Self {
        value.map_or(Self::Null, Self::Borrowed)
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null | Self::Borrowed(Value::Null) | Self::Owned(Value::Null))
    }

    /// Everything is true but false, null, 0 and what is empty.
    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(value) => *value,
            Self::Number(number) => number.as_f64() != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Borrowed(value) => value_is_true(value),
            Self::Owned(value) => value_is_true(value),
        }
    }

    /// The number it is, or that its text reads as; true and false are 1 and 0.
    pub(crate) fn as_number(&self) -> Option<Num> {
        match self {
            Self::Null => None,
            Self::Bool(value) => Some(Num::Whole((*value).into())),
            Self::Number(number) => Some(*number),
            Self::Text(text) => Num::parse(text),
            Self::Borrowed(value) => value_as_number(value),
            Self::Owned(value) => value_as_number(value),
        }
    }

    /// As a whole number, rounded down.
    pub(crate) fn as_whole(&self) -> Option<i64> {
        match self.as_number()? {
            Num::Whole(value) => Some(value),
            Num::Real(value) => Some(value.floor() as i64),
        }
    }

    /// The text, if it is one.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Borrowed(Value::String(text)) => Some(text),
            Self::Owned(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::Borrowed(Value::Array(list)) => Some(list),
            Self::Owned(Value::Array(list)) => Some(list),
            _ => None,
        }
    }

    /// The part that a JSON pointer leads to.
    pub(crate) fn part(self, pointer: &str) -> Self {
        match self {
            Self::Borrowed(value) => Self::borrowed(value.pointer(pointer)),
            Self::Owned(mut value) => value.pointer_mut(pointer).map_or(Self::Null, |part| Self::Owned(part.take())),
            whole if pointer.is_empty() => whole,
            _ => Self::Null,
        }
    }

    pub(crate) fn at(self, index: usize) -> Self {
        match self {
            Self::Borrowed(Value::Array(list)) => Self::borrowed(list.get(index)),
            Self::Owned(Value::Array(mut list)) if index < list.len() => Self::Owned(list.swap_remove(index)),
            _ => Self::Null,
        }
    }

    /// Equal as JSON, numbers by their value.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        if let (Some(a), Some(b)) = (self.as_text(), other.as_text()) {
            return a == b;
        }
        match (self.as_json_number(), other.as_json_number()) {
            (Some(a), Some(b)) => a.partial_cmp(&b).is_some_and(std::cmp::Ordering::is_eq),
            (None, None) => self.clone().into_value() == other.clone().into_value(),
            _ => false,
        }
    }

    fn as_json_number(&self) -> Option<Num> {
        match self {
            Self::Number(_) | Self::Borrowed(Value::Number(_)) | Self::Owned(Value::Number(_)) => self.as_number(),
            _ => None,
        }
    }

    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => value.into(),
            Self::Number(number) => number.into_value(),
            Self::Text(text) => text.into_owned().into(),
            Self::Borrowed(value) => value.clone(),
            Self::Owned(value) => value,
        }
    }

    /// Appends it as JSON text.
    pub(crate) fn write_json(&self, out: &mut String) {
        if let Some(text) = self.as_text() {
            out.push('"');
            write_escaped(text, out);
            out.push('"');
        } else if self.is_null() {
            out.push_str("null");
        } else {
            self.write_plain(out);
        }
    }

    /// Appends it as plain text: texts without quotes, null as nothing, everything else as JSON.
    pub(crate) fn write_text(&self, out: &mut String) {
        match self.as_text() {
            Some(text) => out.push_str(text),
            None => self.write_plain(out),
        }
    }

    /// Appends its plain text as the inside of a JSON string.
    pub(crate) fn write_inside(&self, out: &mut String) {
        match self.as_text() {
            Some(text) => write_escaped(text, out),
            None if self.has_parts() => {
                let mut json = String::new();
                self.write_plain(&mut json);
                write_escaped(&json, out);
            }
            None => self.write_plain(out),
        }
    }

    fn has_parts(&self) -> bool {
        matches!(
            self,
            Self::Borrowed(Value::Array(_) | Value::Object(_)) | Self::Owned(Value::Array(_) | Value::Object(_))
        )
    }

    fn write_plain(&self, out: &mut String) {
        let written = match self {
            Self::Null | Self::Borrowed(Value::Null) | Self::Owned(Value::Null) => Ok(()),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Number(Num::Whole(value)) => write!(out, "{value}"),
            Self::Number(Num::Real(value)) => write!(out, "{}", Value::from(*value)),
            Self::Text(text) => {
                out.push_str(text);
                Ok(())
            }
            Self::Borrowed(value) => write!(out, "{value}"),
            Self::Owned(value) => write!(out, "{value}"),
        };
        written.expect("writing to a String does not fail");
    }
}

fn value_is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

fn value_as_number(value: &Value) -> Option<Num> {
    match value {
        Value::Bool(value) => Some(Num::Whole((*value).into())),
        Value::Number(number) => Num::of_json(number),
        Value::String(text) => Num::parse(text),
        _ => None,
    }
}

/// Appends text as the inside of a JSON string. Stretches that need no escape are copied whole.
pub(crate) fn write_escaped(text: &str, out: &mut String) {
    let mut copied = 0;
    for (index, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[copied..index]);
        copied = index + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => write!(out, "\\u{byte:04x}").expect("writing to a String does not fail"),
        }
    }
    out.push_str(&text[copied..]);
}
