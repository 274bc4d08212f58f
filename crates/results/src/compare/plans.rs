//! Plans side by side.

use std::collections::BTreeMap;

use faults::LabFaults;
use serde_json::{Value, json};

use super::load::defaults;

/// One value of the plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRow {
    /// Like `populations[0].load.users`.
    pub path: String,
    /// As each plan has it, or what holds where it says nothing; `None`: neither.
    pub values: Vec<Option<String>>,
    pub differs: bool,
}

/// Every value of the plans, in the order of their paths, with those marked that are not the same in all. Who says a default aloud wants
/// the same as who does not.
pub fn differences(plans: &[&Value]) -> Vec<PlanRow> {
    let mut found: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
    for (at, plan) in plans.iter().enumerate() {
        let mut put = |path: &str, value: &Value| {
            found.entry(path.to_owned()).or_insert_with(|| vec![None; plans.len()])[at] = Some(text(value));
        };
        walk(plan, &mut String::new(), &mut put);
    }
    let unsaid: Vec<BTreeMap<String, String>> = plans.iter().map(|plan| unsaid(plan)).collect();
    let row = |(path, values): (String, Vec<Option<String>>)| {
        let meant = |(at, value): (usize, &Option<String>)| value.clone().or_else(|| unsaid[at].get(&path).cloned());
        let meant: Vec<Option<String>> = values.iter().enumerate().map(meant).collect();
        let differs = meant.windows(2).any(|pair| pair[0] != pair[1]);
        let shown = |(value, meant): (Option<String>, Option<String>)| match value {
            None => meant.map(|meant| format!("{meant} (default)")),
            said => said,
        };
        let values = values.into_iter().zip(meant).map(shown).collect();
        PlanRow { path, values, differs }
    };
    found.into_iter().map(row).collect()
}

/// What holds where a plan says nothing: of its scenarios' variables, and of a lab's faults.
fn unsaid(plan: &Value) -> BTreeMap<String, String> {
    let variables = |population: &Value| {
        let defaults = defaults(population.get("scenario").unwrap_or(&Value::Null));
        json!({ "variables": defaults })
    };
    let populations = plan.get("populations").and_then(Value::as_array).into_iter().flatten().map(variables);
    let whole = json!({ "lab": LabFaults::default(), "populations": populations.collect::<Vec<_>>() });
    let mut found = BTreeMap::new();
    walk(&whole, &mut String::new(), &mut |path, value| drop(found.insert(path.to_owned(), text(value))));
    found
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn walk(value: &Value, path: &mut String, put: &mut impl FnMut(&str, &Value)) {
    let length = path.len();
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, field) in fields {
                if length > 0 {
                    path.push('.');
                }
                path.push_str(name);
                walk(field, path, put);
                path.truncate(length);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for (at, entry) in list.iter().enumerate() {
                path.push_str(&format!("[{at}]"));
                walk(entry, path, put);
                path.truncate(length);
            }
        }
        _ => put(path, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_stands_beside_the_others() {
        let (a, b) =
            (json!({"name": "a", "load": [{"users": 3}, {}]}), json!({"name": "a", "load": [{"users": 4}], "seed": 1}));
        let row = |path: &str, values: [Option<&str>; 2], differs| PlanRow {
            path: path.into(),
            values: values.map(|value| value.map(str::to_owned)).to_vec(),
            differs,
        };
        let expected = [
            row("load[0].users", [Some("3"), Some("4")], true),
            row("load[1]", [Some("{}"), None], true),
            row("name", [Some("a"), Some("a")], false),
            row("seed", [None, Some("1")], true),
        ];
        assert_eq!(differences(&[&a, &b]), expected);
    }

    #[test]
    fn a_default_that_is_said_aloud_is_no_difference() {
        let with = |variables: Value, lab: Value| json!({"lab": lab, "populations": [{"scenario": "ktb-chat", "variables": variables}]});
        let default = defaults(&json!("ktb-chat"))["room_size"].clone();
        let said =
            with(json!({ "room_size": default, "send_min_ms": 7 }), json!({"lose_share": 0.0, "jitter_ms": 3.0}));
        let rows = differences(&[&said, &with(json!({}), Value::Null)]);
        let of = |path: &str| rows.iter().find(|row| row.path == path).unwrap();
        let size = of("populations[0].variables.room_size");
        assert_eq!((size.differs, size.values[1].clone()), (false, Some(format!("{default} (default)"))));
        assert!(of("populations[0].variables.send_min_ms").differs);
        assert!(!of("lab.lose_share").differs && of("lab.jitter_ms").differs);
    }
}
