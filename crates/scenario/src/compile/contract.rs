//! `contract`: the expected shapes of inbound events.

use super::Compiler;
use crate::contract::{Rule, Shape};
use crate::fields::CONTRACT;
use document::Node;

pub(super) fn contract(compiler: &mut Compiler<'_>, node: Option<&Node<'_>>) -> Vec<Shape> {
    let events = node.and_then(|node| node.fields(&CONTRACT)).and_then(|fields| fields.required("events"));
    let entries = events.as_ref().map(Node::entries).unwrap_or_default();
    entries
        .into_iter()
        .map(|(name, shape)| Shape {
            event: compiler.event(name),
            rules: shape.entries().into_iter().filter_map(|(path, types)| rule(path, &types)).collect(),
        })
        .collect()
}

/// Both the path and the types are looked at, so that one mistake does not hide the other.
fn rule(path: &str, types: &Node<'_>) -> Option<Rule> {
    let place = Rule::path(path).map_err(|error| types.problem(error.to_string())).ok();
    let text = types.text()?;
    let (path, optional) = place.unwrap_or_else(|| (".".to_owned(), false));
    Rule::new(&path, optional, text).map_err(|error| types.problem(error.to_string())).ok()
}
