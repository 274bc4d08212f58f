//! One switch, what it can be set to, and a document of them.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

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

/// What a switch can be set to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// 0 to this.
    Millis(f64),
    Seconds(f64),
    /// 0 to 1.
    Share,
    /// How many times as fast: from the one to the other.
    Factor(f64, f64),
    /// A whole number up to this, of this.
    Count(u64, &'static str),
    /// What it is called while it is off, and on.
    Flag(&'static str, &'static str),
    Text,
    /// An address without a path; empty: none.
    Origin,
    /// With which a server can close a WebSocket.
    CloseCode,
    OneOf(&'static [&'static str]),
    /// A document of its own; `None`: as the server is.
    Switches(&'static [Switch]),
}

impl Kind {
    /// Of a number, as people read it; empty: none.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Millis(_) => "ms",
            Self::Seconds(_) => "s",
            Self::Share => "0-1",
            Self::Factor(..) => "x",
            Self::Count(_, unit) => unit,
            _ => "",
        }
    }

    /// The numbers that it can be.
    pub const fn range(self) -> Option<(f64, f64)> {
        match self {
            Self::Millis(most) | Self::Seconds(most) => Some((0.0, most)),
            Self::Share => Some((0.0, 1.0)),
            Self::Factor(least, most) => Some((least, most)),
            _ => None,
        }
    }

    /// What is wrong with a value; `None`: nothing.
    pub fn problem(self, value: &Value) -> Option<String> {
        (!self.holds(value)).then(|| format!("expected {}, found {value}", self.expected()))
    }

    fn holds(self, value: &Value) -> bool {
        if let Some((least, most)) = self.range() {
            return value.as_f64().is_some_and(|number| (least..=most).contains(&number));
        }
        match self {
            Self::Count(most, _) => value.as_u64().is_some_and(|count| count <= most),
            Self::Flag(..) => value.is_boolean(),
            Self::Text => value.is_string(),
            Self::Origin => value.as_str().is_some_and(|text| text.is_empty() || is_origin(text)),
            Self::CloseCode => value.as_u64().is_some_and(can_close_with),
            Self::OneOf(names) => value.as_str().is_some_and(|text| names.contains(&text)),
            Self::Switches(_) => value.is_object() || value.is_null(),
            Self::Millis(_) | Self::Seconds(_) | Self::Share | Self::Factor(..) => false,
        }
    }

    /// In words: `a number of 0 to 1`.
    pub fn expected(self) -> String {
        if let Some((least, most)) = self.range() {
            return format!("a number of {least} to {most}");
        }
        match self {
            Self::Count(most, _) => format!("a whole number of 0 to {most}"),
            Self::Flag(..) => "true or false".to_owned(),
            Self::Origin => "an origin like `http://127.0.0.1:4281`".to_owned(),
            Self::CloseCode => "a code that a server can close with".to_owned(),
            Self::OneOf(names) => format!("one of {}", names.join(", ")),
            Self::Switches(_) => "an object".to_owned(),
            _ => "a text".to_owned(),
        }
    }
}

fn is_origin(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.contains(['/', '?', '#', '@']) && !rest.contains(char::is_whitespace)
    })
}

/// RFC 6455, 7.4: those of applications, and of the registered ones those that may be sent; 1006 is a cut without a word.
const fn can_close_with(code: u64) -> bool {
    matches!(code, 1000 | 1001 | 1006 | 1008 | 1009 | 1011 | 1012 | 1013 | 3000..=4999)
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
