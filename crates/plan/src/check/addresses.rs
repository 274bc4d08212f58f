//! Whether it is known before a run which hosts its addresses lead to: people are asked about hosts, not about templates.

use std::collections::BTreeSet;

use super::super::fields::MOST_HOSTS;
use super::super::hosts::opened;
use super::super::model::Population;
use base::url::{self, Sketch};
use document::Node;

/// The hosts that a population names, as browsers write them.
pub(super) fn hosts(node: &Node<'_>) -> Option<Vec<String>> {
    let entries = node.list();
    if entries.len() > MOST_HOSTS {
        node.problem(format!("at most {MOST_HOSTS} hosts, found {}", entries.len()));
        return None;
    }
    let read = |entry: Node<'_>| {
        let host = url::named_host(entry.text()?);
        if host.is_none() {
            entry.expected("a host like chat.example or 192.0.2.7, without scheme, port and path");
        }
        host
    };
    let read: Vec<_> = entries.into_iter().map(read).collect();
    read.into_iter().collect()
}

/// Every address leads to a host that is known, or to one of those that the population names.
pub(super) fn check(node: &Node<'_>, population: &Population) {
    let Ok(program) = population.program() else { return };
    let mut told = BTreeSet::new();
    for address in opened(&program) {
        let operation = &address.operation;
        let problem = match address.host {
            _ if url::has_credentials(&address.full) => format!(
                "the address of {operation} carries a user or a password before its @, and browsers open no such address: leave \
                 them out, here that is {}",
                url::origin(&address.full)
            ),
            Sketch::Computed if population.hosts.is_empty() => format!(
                "the host of {operation} is made up while the run goes, so nobody can be asked about it before: name every host \
                 that it can be, as \"hosts\": [\"chat.example\"] in {}",
                node.path()
            ),
            Sketch::Nothing if !address.text.is_ascii() => format!(
                "the address of {operation}, {}, has letters beyond ASCII in its host: write it in its form that begins with xn--",
                address.text
            ),
            _ => continue,
        };
        if told.insert(address.operation.clone()) {
            node.problem(problem);
        }
    }
}
