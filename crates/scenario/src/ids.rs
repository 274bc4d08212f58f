//! How parts of a program, and parts of what arrives, are told.

use serde_json::Value;

/// Index into [`Program::variables`](super::Program::variables).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VarId(pub u16);
/// Index into [`Program::events`](super::Program::events).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub u16);
/// Index into [`Program::operations`](super::Program::operations): the name under which a step is measured and its errors are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationId(pub u16);
/// Index into [`Program::ops`](super::Program::ops).
pub type Pc = u32;

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
