//! Plans side by side.

use std::collections::BTreeMap;

use serde_json::Value;

/// One value of the plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRow {
    /// Like `populations[0].load.users`.
    pub path: String,
    /// As each plan has it; `None`: it has not.
    pub values: Vec<Option<String>>,
    pub differs: bool,
}

/// Every value of the plans, in the order of their paths, with those marked that are not the same in all.
pub fn differences(plans: &[&Value]) -> Vec<PlanRow> {
    let mut found: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
    for (at, plan) in plans.iter().enumerate() {
        let mut put = |path: &str, value: &Value| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            found.entry(path.to_owned()).or_insert_with(|| vec![None; plans.len()])[at] = Some(text);
        };
        walk(plan, &mut String::new(), &mut put);
    }
    let row = |(path, values): (String, Vec<Option<String>>)| {
        let differs = values.windows(2).any(|pair| pair[0] != pair[1]);
        PlanRow { path, values, differs }
    };
    found.into_iter().map(row).collect()
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
    use serde_json::json;

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
}
