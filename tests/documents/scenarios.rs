//! A table of bad scenarios, each with every message it gets.

use document::{Problem, parse_json};
use scenario::compile;
use serde_json::{Map, Value};

use super::{read, schema};

#[test]
fn each_bad_scenario_is_told_everything_that_is_wrong() {
    let table = read("tests/bad_input/scenarios.json");
    let cases = table["cases"].as_array().expect("it is a list");
    let schema = schema();
    assert_eq!(problems(table["good"].clone(), &Map::new()), Vec::<String>::new(), "the good document");
    assert!(schema.is_valid(&table["good"]));
    let failures: Vec<String> = cases.iter().filter_map(|case| check(case, &table["good"], &schema).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// What a case got instead of what it should get.
fn check(case: &Value, good: &Value, schema: &jsonschema::Validator) -> Result<(), String> {
    let what = case["what"].as_str().expect("every case says what it is");
    let expected: Vec<&str> = case["problems"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let overrides = case["overrides"].as_object().cloned().unwrap_or_default();
    let document = match case["text"].as_str() {
        Some(text) => parse_json(text),
        None => Ok(merged(good.clone(), &case["change"])),
    };
    let (refused, found) = match document {
        Ok(document) => (!schema.is_valid(&document), problems(document, &overrides)),
        Err(problems) => (false, texts(&problems)),
    };
    if refused != (case["schema"] == true) {
        return Err(format!("{what}: the schema {}", if refused { "refuses it" } else { "accepts it" }));
    }
    if found != expected {
        return Err(format!("{what}:\nexpected {expected:#?}\nfound {found:#?}"));
    }
    Ok(())
}

fn problems(document: Value, overrides: &Map<String, Value>) -> Vec<String> {
    compile(&document, overrides).map_or_else(|problems| texts(&problems), |_| Vec::new())
}

fn texts(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

/// RFC 7396: objects are merged, null removes, everything else replaces.
fn merged(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return if patch.is_null() { target } else { patch.clone() } };
    let mut fields = if let Value::Object(fields) = target { fields } else { Map::new() };
    for (name, change) in patch {
        let before = fields.remove(name).unwrap_or_default();
        if !change.is_null() {
            fields.insert(name.clone(), merged(before, change));
        }
    }
    Value::Object(fields)
}
