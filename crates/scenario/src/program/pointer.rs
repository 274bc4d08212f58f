//! Where a look into an event or an answer goes, and what it must find there.

use crate::ids::Pointer;
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
