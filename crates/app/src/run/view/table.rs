//! A table as data: what stands in its cells is decided here, how it looks in one component.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Mood;

/// A column's head, and what kind of content stands under it.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub title: &'static str,
    pub kind: ColumnKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Says what the row is about; the first column of each table.
    Name,
    Text,
    Number,
    Code,
    /// Of minor interest.
    Quiet,
}

impl ColumnKind {
    /// How style sheets call its cells.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Text => "",
            Self::Number => "num",
            Self::Code => "code-cell",
            Self::Quiet => "hint",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// Tells rows apart while their numbers change.
    pub key: String,
    /// Part of the row above it.
    pub is_part: bool,
    /// One for each column.
    pub cells: Vec<Cell>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    pub text: String,
    pub mood: Mood,
    /// What the text means, where it needs to be said.
    pub about: Cow<'static, str>,
    /// There is more behind it: it is shown as a button.
    pub opens: bool,
}

/// What a row is counted under, as its key.
pub(super) fn key_of(counted_under: &impl Serialize) -> String {
    serde_json::to_string(counted_under).expect("plain data")
}

/// What was counted under that; `None`: it is no such key.
pub(super) fn read_key<K: DeserializeOwned>(key: &str) -> Option<K> {
    serde_json::from_str(key).ok()
}

impl Column {
    pub const fn name(title: &'static str) -> Self {
        Self { title, kind: ColumnKind::Name }
    }

    pub const fn text(title: &'static str) -> Self {
        Self { title, kind: ColumnKind::Text }
    }

    pub const fn number(title: &'static str) -> Self {
        Self { title, kind: ColumnKind::Number }
    }

    pub const fn code(title: &'static str) -> Self {
        Self { title, kind: ColumnKind::Code }
    }

    pub const fn quiet(title: &'static str) -> Self {
        Self { title, kind: ColumnKind::Quiet }
    }
}

impl Cell {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub fn with_mood(self, mood: Mood) -> Self {
        Self { mood, ..self }
    }

    pub fn opening(self) -> Self {
        self.opening_if(true)
    }

    pub fn opening_if(self, opens: bool) -> Self {
        Self { opens, ..self }
    }

    pub fn about(self, about: impl Into<Cow<'static, str>>) -> Self {
        Self { about: about.into(), ..self }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}
