//! One switch, and a document of them.

use document::{Field, Node, Object, Problems, Type, Writing, or};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What the lab can be told to do.
#[derive(Debug, Clone, Copy)]
pub struct Switch {
    /// Its default is JSON; of a document of its own `null`.
    pub field: Field,
    pub group: SwitchGroup,
    /// In a form.
    pub label: &'static str,
    /// What a field says in which nothing stands.
    pub unset: &'static str,
    /// Of one that is off or on: what that is called.
    pub words: (&'static str, &'static str),
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

/// What a switch can be set to.
pub(crate) struct Setting {
    of: Type,
    words: (&'static str, &'static str),
}

pub(crate) const fn of(of: Type) -> Setting {
    Setting { of, words: ("", "") }
}

pub(crate) const fn flag(off: &'static str, on: &'static str) -> Setting {
    Setting { of: Type::Flag, words: (off, on) }
}

impl Setting {
    pub(crate) const fn switch(
        self,
        name: &'static str,
        default: &'static str,
        group: SwitchGroup,
        [label, unset, meaning]: [&'static str; 3],
    ) -> Switch {
        Switch { field: or(name, self.of, default, meaning), group, label, unset, words: self.words }
    }
}

/// The fields of a table, as an object has them.
pub(crate) const fn fields<const COUNT: usize>(switches: &[Switch]) -> [Field; COUNT] {
    let mut fields = [switches[0].field; COUNT];
    let mut at = 0;
    while at < COUNT {
        fields[at] = switches[at].field;
        at += 1;
    }
    fields
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
pub(crate) fn parse<T: DeserializeOwned>(document: &Value, switches: &'static Object) -> Result<T, SwitchError> {
    let problems = Problems::default();
    Node::root(document, &problems).is(&Type::Object(switches));
    match problems.into_vec().into_iter().next() {
        Some(problem) => Err(SwitchError { field: problem.path, message: problem.message }),
        None => T::deserialize(document).map_err(|error| SwitchError::new("", error.to_string())),
    }
}

/// An address without a path; empty: none.
pub(crate) static ORIGIN: Writing =
    Writing::new("origin", "an origin like `http://127.0.0.1:4281`", "^(https?://[^/?#@\\s]+)?$").judged(is_origin);

fn is_origin(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    text.is_empty()
        || rest.is_some_and(|rest| {
            !rest.is_empty() && !rest.contains(['/', '?', '#', '@']) && !rest.contains(char::is_whitespace)
        })
}

/// RFC 6455, 7.4: those of applications, and of the registered ones those that may be sent; 1006 is a cut without a word.
pub(crate) fn can_close_with(code: u64) -> bool {
    matches!(code, 1000 | 1001 | 1006 | 1008 | 1009 | 1011 | 1012 | 1013 | 3000..=4999)
}
