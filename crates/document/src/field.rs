//! What a document may say.

use std::ops::RangeInclusive;

use serde_json::Value;

/// An object with named fields.
#[derive(Debug)]
pub struct Object {
    /// Its name in the JSON Schema.
    pub name: &'static str,
    pub meaning: &'static str,
    pub fields: &'static [Field],
    pub constraints: &'static [Constraint],
}

/// What no field can say for itself.
#[derive(Debug)]
pub enum Constraint {
    /// At most one of these fields is there.
    AtMostOne(&'static [&'static str]),
    /// Exactly one of these.
    OneOf(&'static [&'static str]),
    /// One field is there, whichever.
    One,
}

/// One field of an [`Object`].
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub of: Type,
    pub need: Need,
    /// For people, in Markdown without links; empty where the name says it.
    pub meaning: &'static str,
}

/// What the absence of a field means.
#[derive(Debug, Clone, Copy)]
pub enum Need {
    /// It is a mistake.
    Required,
    /// The same as this value, as JSON.
    Default(&'static str),
    /// In words.
    Absent(&'static str),
}

/// What a value may be.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    Any,
    Null,
    Flag,
    Text,
    /// Text that is not empty.
    Name,
    Written(&'static Writing),
    OneOf(&'static [&'static str]),
    /// A whole number, from one to the other.
    Whole(u64, u64),
    /// One of those numbers that are so, and what they are called.
    Such(u64, u64, fn(u64) -> bool, &'static str),
    Number(f64, f64),
    /// So many at least, and at most.
    List(&'static Type, usize, usize),
    /// A list in which nothing stands twice.
    Set(&'static Type),
    /// An object whose names are free; at most so many.
    Map(&'static Type, &'static Type, usize),
    Object(&'static Object),
    /// A document with a schema of its own.
    Document(&'static Object),
    AnyOf(&'static [Type]),
    /// What may stand within itself.
    Again(fn() -> Type),
}

/// Text of a certain form.
#[derive(Debug)]
pub struct Writing {
    pub name: &'static str,
    pub meaning: &'static str,
    /// As JSON Schema has them: ECMA-262.
    pub pattern: &'static str,
    /// What fits the pattern and is refused nevertheless: the name's own business.
    pub refused: fn() -> Vec<String>,
    /// Whether a text is of this form, for the reader; `None`: its owner judges that.
    pub holds: Option<fn(&str) -> bool>,
}

impl Writing {
    pub const fn new(name: &'static str, meaning: &'static str, pattern: &'static str) -> Self {
        Self { name, meaning, pattern, refused: Vec::new, holds: None }
    }

    /// Texts that are not so are "expected `meaning`".
    pub const fn judged(self, holds: fn(&str) -> bool) -> Self {
        Self { holds: Some(holds), ..self }
    }

    /// But none of these patterns.
    pub const fn but(self, refused: fn() -> Vec<String>) -> Self {
        Self { refused, ..self }
    }
}

impl Object {
    pub const fn new(name: &'static str, meaning: &'static str, fields: &'static [Field]) -> Self {
        Self { name, meaning, fields, constraints: &[] }
    }

    #[must_use]
    pub const fn with(self, constraints: &'static [Constraint]) -> Self {
        Self { constraints, ..self }
    }

    pub fn names(&self) -> Vec<&'static str> {
        self.fields.iter().map(|field| field.name).collect()
    }

    /// # Panics
    /// Where there is none of this name: whoever asks is mistaken, not the document.
    #[track_caller]
    pub fn field(&self, name: &str) -> &'static Field {
        let found = self.fields.iter().find(|field| field.name == name);
        found.unwrap_or_else(|| panic!("{} has no field {name}", self.name))
    }

    /// The number that an absent field means.
    #[track_caller]
    pub fn usual(&self, name: &str) -> f64 {
        self.field(name).usual_number().unwrap_or_else(|| panic!("{name} of {} has no usual number", self.name))
    }
}

pub const fn required(name: &'static str, of: Type, meaning: &'static str) -> Field {
    Field { name, of, need: Need::Required, meaning }
}

/// A field whose absence means the same as this JSON.
pub const fn or(name: &'static str, of: Type, usual: &'static str, meaning: &'static str) -> Field {
    Field { name, of, need: Need::Default(usual), meaning }
}

pub const fn optional(name: &'static str, of: Type, meaning: &'static str) -> Field {
    Field { name, of, need: Need::Absent("none"), meaning }
}

impl Field {
    /// What its absence means, in words.
    #[must_use]
    pub const fn absent(self, words: &'static str) -> Self {
        Self { need: Need::Absent(words), ..self }
    }

    pub fn usual_number(&self) -> Option<f64> {
        self.usual().and_then(|usual| usual.parse().ok())
    }

    /// What its absence means, as a value; null where that is only said in words.
    pub fn usual_value(&self) -> Value {
        self.usual().and_then(|usual| serde_json::from_str(usual).ok()).unwrap_or_default()
    }

    /// The JSON that its absence means.
    pub fn usual(&self) -> Option<&'static str> {
        match self.need {
            Need::Default(usual) => Some(usual),
            Need::Required | Need::Absent(_) => None,
        }
    }

    /// What a form says below it.
    pub fn hint(&self) -> String {
        let mut plain = self.meaning.replace('`', "");
        if let Some(first) = plain.get_mut(..1) {
            first.make_ascii_uppercase();
            plain.push('.');
        }
        plain
    }

    /// Of its number, as the end of its name says; empty where it has none.
    pub fn unit(&self) -> &'static str {
        let units = [
            ("_ms", "ms"),
            ("_s", "s"),
            ("_mib", "MiB"),
            ("_db", "dB"),
            ("_bytes", "B"),
            ("_share", "0-1"),
            ("_per_min", "/min"),
        ];
        units.iter().find(|(end, _)| self.name.ends_with(end)).map_or("", |(_, unit)| unit)
    }
}

impl Type {
    /// The range of numbers among what it may be.
    pub fn numbers(&self) -> Option<RangeInclusive<f64>> {
        match *self {
            Self::Number(least, most) => Some(least..=most),
            Self::AnyOf(types) => types.iter().find_map(Self::numbers),
            _ => None,
        }
    }

    /// The range of whole numbers among what it may be.
    pub fn wholes(&self) -> Option<RangeInclusive<u64>> {
        match *self {
            Self::Whole(least, most) | Self::Such(least, most, ..) => Some(least..=most),
            Self::AnyOf(types) => types.iter().find_map(Self::wholes),
            _ => None,
        }
    }

    /// The names among what it may be.
    pub fn names(&self) -> Option<&'static [&'static str]> {
        match *self {
            Self::OneOf(names) => Some(names),
            Self::AnyOf(types) => types.iter().find_map(Self::names),
            _ => None,
        }
    }
}
