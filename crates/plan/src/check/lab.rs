//! Faults for `lab`, by the tables that define them.

use document::Node;
use faults::{Kind, LabFaults, Switch};
use serde_json::{Map, Value};

pub(super) fn lab_faults(node: &Node<'_>) -> Option<LabFaults> {
    let switches = switches(node, LabFaults::SWITCHES)?;
    let faults: LabFaults = serde_json::from_value(switches.into()).ok()?;
    if let Some((_, message)) = faults.problem() {
        node.problem(message);
    }
    Some(faults)
}

/// What is set, if nothing of it is wrong. All problems are told, as everywhere: no field waits for the one before it.
fn switches(node: &Node<'_>, table: &'static [Switch]) -> Option<Map<String, Value>> {
    let (names, fields): (Vec<_>, _) = (table.iter().map(|switch| switch.name).collect(), node.entries());
    for (name, field) in fields.iter().filter(|(name, _)| !names.contains(name)) {
        field.unknown(name, &names);
    }
    let found = table.iter().filter_map(|switch| Some((switch, fields.iter().find(|(name, _)| *name == switch.name)?)));
    let read: Vec<_> =
        found.map(|(switch, (name, field))| Some(((*name).to_owned(), value(field, switch.kind)?))).collect();
    if node.value().is_object() { read.into_iter().collect() } else { None }
}

fn value(field: &Node<'_>, kind: Kind) -> Option<Value> {
    if let Some((least, most)) = kind.range() {
        return field.number(least..=most).map(Value::from);
    }
    match kind {
        Kind::Count(most, _) => field.integer(0..=most).map(Value::from),
        Kind::Flag(..) => field.boolean().map(Value::from),
        Kind::Text => field.text().map(Value::from),
        Kind::OneOf(names) => {
            let names: Vec<_> = names.iter().map(|name| (*name, *name)).collect();
            field.one_of(&names).map(Value::from)
        }
        Kind::Switches(_) if field.value().is_null() => Some(Value::Null),
        Kind::Switches(below) => switches(field, below).map(Value::from),
        Kind::Origin | Kind::CloseCode | Kind::Millis(_) | Kind::Seconds(_) | Kind::Share | Kind::Factor(..) => {
            let problem = kind.problem(field.value());
            problem.is_none().then(|| field.value().clone()).or_else(|| {
                field.expected(kind.expected());
                None
            })
        }
    }
}
