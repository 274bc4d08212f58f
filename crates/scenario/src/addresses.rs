//! The addresses that a scenario's users open, as far as they are known before a run.

use super::program::{Op, Program};
use super::template::Template;

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
        let sketch = |template: &Template| {
            let mut text = String::new();
            template.sketch(&self.variables, unknown, &mut text);
            text
        };
        let connect = Address { operation: "connect".to_owned(), text: sketch(&self.connect.url) };
        let requests = self.ops.iter().filter_map(|op| match op {
            Op::Http(op) => {
                Some(Address { operation: self.operations[op.operation.0 as usize].clone(), text: sketch(&op.url) })
            }
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
