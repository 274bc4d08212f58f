//! The addresses that a scenario's users open, as far as they are known before a run.

use super::ids::VarId;
use super::program::{Op, Program, Variable};

/// An address that users open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The operation that opens it; `connect` for the connection itself.
    pub operation: String,
    /// What is known of it.
    pub text: String,
}

impl Program {
    /// The connection's address first; `unknown` stands for what only a running user knows.
    pub fn addresses(&self, unknown: char) -> Vec<Address> {
        let default_of = |id: VarId| match &self.variables[usize::from(id.0)] {
            Variable { default: Some(default), is_set: false, live: None, .. } => Some(default),
            _ => None,
        };
        let connect = Address { operation: "connect".to_owned(), text: self.connect.url.sketch(&default_of, unknown) };
        let requests = self.ops.iter().filter_map(|op| match op {
            Op::Http(op) => Some(Address {
                operation: self.operations[op.operation.0 as usize].clone(),
                text: op.url.sketch(&default_of, unknown),
            }),
            _ => None,
        });
        std::iter::once(connect).chain(requests).collect()
    }
}

/// A template's text as it stands in a document, with `unknown` in the place of each `${...}`.
pub fn without_holes(text: &str, unknown: char) -> String {
    let mut pieces = text.split("${");
    let mut known = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        known.push(unknown);
        known.push_str(piece.split_once('}').map_or("", |(_, rest)| rest));
    }
    known
}
