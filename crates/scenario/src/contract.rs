//! What inbound events should look like: required fields and their types, in a small language that reads like a table.
//!
//! ```json
//! "contract": { "events": { "message": { "_id": "string", "sender.name": "string", "readers[].userId": "string", "file?": "object|null" } } }
//! ```
//!
//! A path names fields of the event's first argument with dots; `[]` means every entry of a list; `.` is the argument itself. A `?`
//! at the end: it may be absent. Anything that is not named is allowed.

use std::fmt;

use serde_json::Value;

use super::ids::EventId;

/// The expected shape of one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    pub event: EventId,
    pub rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// As it was written, without its `?`.
    pub path: String,
    steps: Vec<Step>,
    optional: bool,
    types: Types,
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Field(String),
    Every,
}

/// A set of JSON types, by bits of [`TYPES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Types(u8);

/// What an event had in the place of what its shape asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation<'s> {
    /// Of the rule, so that the entries of a list count as one.
    pub path: &'s str,
    pub expected: String,
    /// A type's name, or `nothing`.
    pub found: &'static str,
    /// The value there as JSON; empty if there is none.
    pub value: String,
}

/// Why a line of a contract is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("expected a path like `sender.name` or `readers[].userId`, found \"{0}\"")]
    Path(String),
    #[error("expected {} (or several with `|`), found \"{}\"", TYPES.join(", "), .0)]
    Type(String),
}

impl Shape {
    /// The first violation of each rule that is broken.
    pub fn violations(&self, argument: &Value) -> Vec<Violation<'_>> {
        self.rules.iter().filter_map(|rule| rule.violation(argument)).collect()
    }
}

impl Rule {
    /// # Errors
    /// What is wrong with the path.
    pub fn path(text: &str) -> Result<(String, bool), RuleError> {
        let (path, optional) = text.strip_suffix('?').map_or((text, false), |path| (path, true));
        steps(path)?;
        Ok((path.to_owned(), optional))
    }

    /// # Errors
    /// What is wrong with the types.
    pub fn new(path: &str, optional: bool, types: &str) -> Result<Self, RuleError> {
        Ok(Self { path: path.to_owned(), steps: steps(path)?, optional, types: Types::read(types)? })
    }

    fn violation(&self, argument: &Value) -> Option<Violation<'_>> {
        let found = self.search(argument, &self.steps).err()?;
        Some(Violation {
            path: &self.path,
            expected: self.types.to_string(),
            found: found.map_or("nothing", type_of),
            value: found.map_or_else(String::new, Value::to_string),
        })
    }

    /// `Err`: the value that is wrong, or `None` where one is missing.
    fn search<'v>(&self, value: &'v Value, steps: &[Step]) -> Result<(), Option<&'v Value>> {
        let Some((step, rest)) = steps.split_first() else {
            return if self.types.has(value) { Ok(()) } else { Err(Some(value)) };
        };
        match (step, value) {
            (Step::Field(name), Value::Object(fields)) => match fields.get(name) {
                Some(field) => self.search(field, rest),
                None if self.optional => Ok(()),
                None => Err(None),
            },
            (Step::Every, Value::Array(list)) => list.iter().try_for_each(|entry| self.search(entry, rest)),
            // What it should be a part of is something else. An optional part of nothing is not missed.
            (_, Value::Null) if self.optional => Ok(()),
            _ => Err(None),
        }
    }
}

impl Types {
    fn read(text: &str) -> Result<Self, RuleError> {
        let mut types = 0;
        for name in text.split('|').map(str::trim) {
            let known = TYPES.iter().position(|known| *known == name);
            let place = known.ok_or_else(|| RuleError::Type(name.to_owned()))?;
            types |= 1 << place;
        }
        Ok(Self(types))
    }

    fn has(self, value: &Value) -> bool {
        let is =
            |name: &str| TYPES.iter().position(|known| *known == name).is_some_and(|place| self.0 & (1 << place) != 0);
        is("any") || is(type_of(value)) || (is("integer") && value.as_f64().is_some_and(|number| number.fract() == 0.0))
    }
}

impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = TYPES.iter().enumerate().filter(|(place, _)| self.0 & (1 << place) != 0);
        f.write_str(&names.map(|(_, name)| *name).collect::<Vec<_>>().join("|"))
    }
}

fn steps(path: &str) -> Result<Vec<Step>, RuleError> {
    if path == "." {
        return Ok(Vec::new());
    }
    let mut steps = Vec::new();
    for part in path.split('.') {
        let name = part.trim_end_matches("[]");
        let lists = (part.len() - name.len()) / 2;
        if name.contains(['[', ']', '?']) || (name.is_empty() && (lists == 0 || !steps.is_empty())) {
            return Err(RuleError::Path(path.to_owned()));
        }
        steps.extend((!name.is_empty()).then(|| Step::Field(name.to_owned())));
        steps.extend(std::iter::repeat_n(Step::Every, lists));
    }
    Ok(steps)
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

const TYPES: [&str; 8] = ["string", "number", "integer", "boolean", "array", "object", "null", "any"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(path: &str, types: &str, argument: Value, expected: Option<(&str, &str)>) {
        let (path, optional) = Rule::path(path).expect("it is a path");
        let rule = Rule::new(&path, optional, types).expect("it is a rule");
        let shape = Shape { event: EventId(0), rules: vec![rule] };
        let found = shape.violations(&argument);
        let found: Vec<_> = found.iter().map(|violation| (violation.found, violation.value.as_str())).collect();
        assert_eq!(found, Vec::from_iter(expected), "{path}: {types} of {argument}");
    }

    #[test]
    fn events_are_held_against_their_shapes() {
        check("id", "string", json!({"id": "a", "more": 1}), None);
        check("id", "string", json!({"id": 7}), Some(("number", "7")));
        check("id", "string", json!({}), Some(("nothing", "")));
        check("id", "string", json!({"id": null}), Some(("null", "null")));
        check("id?", "string", json!({}), None);
        check("id?", "string", json!({"id": 7}), Some(("number", "7")));
        check("id", "string|null", json!({"id": null}), None);
        check("id", "any", json!({"id": [1]}), None);
        check("n", "integer", json!({"n": 3.0}), None);
        check("n", "integer", json!({"n": 3.5}), Some(("number", "3.5")));
        check("n", "number", json!({"n": 3.5}), None);
        check("ok", "boolean", json!({"ok": "true"}), Some(("string", "\"true\"")));
        check("sender.name", "string", json!({"sender": {"name": "a"}}), None);
        check("sender.name", "string", json!({"sender": {}}), Some(("nothing", "")));
        check("sender.name", "string", json!({"sender": 4}), Some(("nothing", "")));
        check("sender.name?", "string", json!({"sender": null}), None);
        check("readers[].id", "string", json!({"readers": []}), None);
        check("readers[].id", "string", json!({"readers": [{"id": "a"}, {"id": 1}, {"id": 2}]}), Some(("number", "1")));
        check("readers[].id", "string", json!({"readers": {}}), Some(("nothing", "")));
        check("at[]", "integer", json!({"at": [1, 2, "x"]}), Some(("string", "\"x\"")));
        check(".", "string", json!("room"), None);
        check(".", "string", json!({}), Some(("object", "{}")));
        check("[].id", "string", json!([{"id": 1}]), Some(("number", "1")));
    }

    #[test]
    fn bad_rules_say_what_was_expected() {
        #[track_caller]
        fn check(path: &str, types: &str, message: &str) {
            let error =
                Rule::path(path).and_then(|(path, optional)| Rule::new(&path, optional, types)).expect_err(path);
            assert!(error.to_string().contains(message), "{error}");
        }
        check("a..b", "string", "found \"a..b\"");
        check("", "string", "expected a path like");
        check("a[0]", "string", "found \"a[0]\"");
        check("a?.b", "string", "found \"a?.b\"");
        check(
            "a",
            "text",
            "expected string, number, integer, boolean, array, object, null, any (or several with `|`), found \"text\"",
        );
        check("a", "string|", "found \"\"");
    }
}
