//! Which variables steps set: these can change, all others are as they were declared.

use std::collections::BTreeMap;

use serde_json::Value;

/// Every variable that a step sets, with whether a step of `once` does.
pub(super) fn assigned(document: &Value) -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    for (block, shared) in [("once", true), ("before", false), ("flow", false), ("rejoin", false), ("finish", false)] {
        in_steps(document.get(block), shared, &mut found);
    }
    for handlers in ["every", "on"] {
        for handler in document.get(handlers).and_then(Value::as_array).into_iter().flatten() {
            in_steps(handler.get("steps"), false, &mut found);
        }
    }
    found
}

fn in_steps(steps: Option<&Value>, shared: bool, found: &mut BTreeMap<String, bool>) {
    for step in steps.and_then(Value::as_array).into_iter().flatten() {
        for branch in ["then", "else", "steps"] {
            in_steps(step.get(branch), shared, found);
        }
        in_steps(step.pointer("/listen/barge_in/steps"), shared, found);
        for branch in step.get("choose").and_then(Value::as_array).into_iter().flatten() {
            in_steps(branch.get("steps"), shared, found);
        }
        let mut add = |name: &str| *found.entry(name.to_owned()).or_default() |= shared;
        let saves = ["/http/save", "/wait/save", "/emit/answer/save", "/set"];
        for place in saves {
            step.pointer(place).and_then(Value::as_object).into_iter().flatten().for_each(|(name, _)| add(name));
        }
        if let Some(name) = step.pointer("/push/var").and_then(Value::as_str) {
            add(name);
        }
    }
}
