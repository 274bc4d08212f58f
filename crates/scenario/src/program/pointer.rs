//! Where a look into an event or an answer goes, and what it must find there.

use serde_json::Value;

use crate::template::Template;

#[derive(Debug, Clone)]
pub struct Match {
    pub field: Pointer,
    pub test: Test,
}

#[derive(Debug, Clone)]
pub enum Test {
    /// Equal to the template's value.
    Equals(Template),
    NotEquals(Template),
    /// Equal to one of these.
    OneOf(Vec<Template>),
    /// A string that contains the template's text, or an array that contains its value.
    Contains(Template),
    /// Not so; also true for a value that is not there.
    Lacks(Template),
    Exists(bool),
}

/// Where a value stands in an event's arguments or an HTTP answer: an RFC 6901 JSON pointer into one argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// Which argument, counted from 0. Always 0 for HTTP answers.
    pub arg: usize,
    pub path: String,
}

impl Pointer {
    /// The value, if it is there.
    pub fn find<'a>(&self, args: &'a [Value]) -> Option<&'a Value> {
        args.get(self.arg)?.pointer(&self.path)
    }
}
