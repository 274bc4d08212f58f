//! Walks a typed-in JSON document. Every value knows its path, and a wrong one is reported and then treated as absent,
//! so that one walk finds all problems of a document.
//!
//! Scenarios and plans are both read with it: the same mistake gets the same message in either.

use std::fmt;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};
use strsim::levenshtein;

use crate::choice::Choice;
use crate::field::{Field, Object, Type};
use crate::problem::{Problem, Problems};

/// Parses JSON text; a syntax error is one problem without a path that names line and column.
pub fn parse_json(text: &str) -> Result<Value, Vec<Problem>> {
    if text.trim().is_empty() {
        return Err(vec![Problem { path: String::new(), message: "not JSON: the text is empty".into() }]);
    }
    serde_json::from_str(text).map_err(|error| {
        let said = error.to_string();
        let cause = said.split(" at line ").next().unwrap_or(&said);
        let message = format!("not JSON: {cause} (line {}, column {})", error.line(), error.column());
        vec![Problem { path: String::new(), message }]
    })
}

/// One value of a document, with its path.
#[derive(Clone)]
pub struct Node<'a> {
    value: &'a Value,
    path: String,
    problems: &'a Problems,
}

impl<'a> Node<'a> {
    pub fn root(value: &'a Value, problems: &'a Problems) -> Self {
        Self::at(value, String::new(), problems)
    }

    /// A value that stands at `path` of the document, for one that was not reached by walking.
    pub fn at(value: &'a Value, path: String, problems: &'a Problems) -> Self {
        Self { value, path, problems }
    }

    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// Like `every[0].steps[1].emit`; empty for the document itself.
    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn problem(&self, message: impl Into<String>) {
        self.problems.add(self.path.as_str(), message);
    }

    /// Reports that the value is not what it should be: "expected `what`, found ...".
    pub fn expected(&self, what: impl fmt::Display) {
        self.problem(format!("expected {what}, found {}", found(self.value)));
    }

    pub fn text(&self) -> Option<&'a str> {
        self.reading("text", self.value.as_str())
    }

    /// Text that is not empty.
    pub fn name(&self) -> Option<&'a str> {
        self.reading("text that is not empty", self.value.as_str().filter(|text| !text.trim().is_empty()))
    }

    pub fn boolean(&self) -> Option<bool> {
        self.reading("true or false", self.value.as_bool())
    }

    pub fn number(&self, range: RangeInclusive<f64>) -> Option<f64> {
        let read = self.value.as_f64().filter(|number| range.contains(number));
        self.reading(format_args!("a number{}", bounds(&range, Some(f64::MIN), f64::INFINITY)), read)
    }

    pub fn integer(&self, range: RangeInclusive<u64>) -> Option<u64> {
        let read = self.value.as_u64().filter(|number| range.contains(number));
        self.reading(format_args!("a whole number{}", bounds(&range, None, u64::MAX)), read)
    }

    /// A number in the range of the type.
    #[track_caller]
    pub fn number_of(&self, kind: &Type) -> Option<f64> {
        self.number(kind.numbers().expect("the type has numbers"))
    }

    /// A whole number in the range of the type.
    #[track_caller]
    pub fn whole_of(&self, kind: &Type) -> Option<u64> {
        self.integer(kind.wholes().expect("the type has whole numbers"))
    }

    /// Whether it is of this type, all the way down; what is not is reported. What has to be there, and how much of it, is for its owner
    /// to judge: absent fields, the lengths of lists and [constraints](crate::Constraint).
    pub fn is(&self, kind: &Type) -> bool {
        match *kind {
            Type::Any => true,
            Type::Null => self.reading("null", self.value.as_null()).is_some(),
            Type::Flag => self.boolean().is_some(),
            Type::Text => self.text().is_some(),
            Type::Written(writing) => {
                let holds = self.value.as_str().is_some_and(|text| writing.holds.is_none_or(|holds| holds(text)));
                self.reading(writing.meaning, holds.then_some(())).is_some()
            }
            Type::Name => self.name().is_some(),
            Type::OneOf(names) => self.one_of(&names.iter().map(|name| (*name, ())).collect::<Vec<_>>()).is_some(),
            Type::Whole(least, most) => self.integer(least..=most).is_some(),
            Type::Such(least, most, holds, what) => {
                let read = self.value.as_u64().filter(|number| (least..=most).contains(number) && holds(*number));
                self.reading(what, read).is_some()
            }
            Type::Number(least, most) => self.number(least..=most).is_some(),
            Type::List(entry, ..) | Type::Set(entry) => {
                let entries = self.list();
                self.value.is_array() & all(entries.iter().map(|node| node.is(entry)))
            }
            Type::Map(_, entry, _) => {
                let entries = self.entries();
                self.value.is_object() & all(entries.iter().map(|(_, node)| node.is(entry)))
            }
            Type::Object(object) | Type::Document(object) => {
                let before = self.problems.len();
                let Some(fields) = self.fields(object) else { return false };
                let there = object.fields.iter().filter_map(|field| Some((fields.optional(field.name)?, &field.of)));
                all(there.map(|(node, kind)| node.is(kind))) & (self.problems.len() == before)
            }
            Type::Again(kind) => self.is(&kind()),
            Type::AnyOf(types) => {
                let silent = Problems::default();
                let quiet = Node::at(self.value, String::new(), &silent);
                types.iter().any(|kind| quiet.is(kind)) || self.is(types.first().unwrap_or(&Type::Any))
            }
        }
    }

    /// One of the names of a choice.
    pub fn choice<T: Choice>(&self) -> Option<T> {
        let names: Vec<_> = T::NAMES.iter().copied().zip(T::ALL.iter().copied()).collect();
        self.one_of(&names)
    }

    /// One of some names.
    pub fn one_of<T: Copy>(&self, names: &[(&str, T)]) -> Option<T> {
        let read = self.value.as_str().and_then(|text| names.iter().find(|(name, _)| *name == text));
        if read.is_none() {
            let known: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
            let hint = self.value.as_str().map_or_else(String::new, |text| did_you_mean(text, &known));
            self.problem(format!("expected {}, found {}{hint}", list_of(&known), found(self.value)));
        }
        read.map(|(_, value)| *value)
    }

    /// The list's entries; none, and a problem, when it is no list.
    pub fn list(&self) -> Vec<Self> {
        let entries = self.reading("a list", self.value.as_array());
        entries
            .into_iter()
            .flatten()
            .enumerate()
            .map(|(index, value)| self.child(value, format!("[{index}]")))
            .collect()
    }

    /// The fields of an object whose names are free; none, and a problem, when it is no object.
    pub fn entries(&self) -> Vec<(&'a str, Self)> {
        let fields = self.reading("an object", self.value.as_object());
        fields.into_iter().flatten().map(|(name, value)| (name.as_str(), self.field(name, value))).collect()
    }

    /// The fields of an object that may only have the ones of `of`; others are reported.
    pub fn fields(&self, of: &'static Object) -> Option<Fields<'a>> {
        let map = self.reading("an object", self.value.as_object())?;
        for (name, value) in map {
            if of.fields.iter().all(|field| field.name != name) {
                self.field(name, value).unknown(name, &of.names());
            }
        }
        Some(Fields { node: self.clone(), map, of })
    }

    /// Nobody knows this field of an object that may have these.
    pub fn unknown(&self, name: &str, known: &[&str]) {
        let hint = did_you_mean(name, known);
        self.problem(format!("unknown field{}", if hint.is_empty() { unknown(known) } else { hint }));
    }

    fn reading<T>(&self, what: impl fmt::Display, read: Option<T>) -> Option<T> {
        if read.is_none() {
            self.expected(what);
        }
        read
    }

    fn field(&self, name: &str, value: &'a Value) -> Self {
        let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') && !name.is_empty();
        self.child(
            value,
            match (plain, self.path.is_empty()) {
                (true, true) => name.to_owned(),
                (true, false) => format!(".{name}"),
                (false, _) => format!("[{}]", Value::from(name)),
            },
        )
    }

    fn child(&self, value: &'a Value, step: String) -> Self {
        Self { value, path: format!("{}{step}", self.path), problems: self.problems }
    }
}

/// An object's fields, by name. Ranges, names and what an absent one means are those of its [`Object`].
pub struct Fields<'a> {
    node: Node<'a>,
    map: &'a Map<String, Value>,
    of: &'static Object,
}

impl<'a> Fields<'a> {
    /// The object itself.
    pub fn node(&self) -> &Node<'a> {
        &self.node
    }

    /// How the field is defined.
    #[track_caller]
    pub fn definition(&self, name: &str) -> &'static Field {
        self.of.field(name)
    }

    #[track_caller]
    pub fn optional(&self, name: &'static str) -> Option<Node<'a>> {
        debug_assert!(self.of.fields.iter().any(|field| field.name == name), "{name} is a field of {}", self.of.name);
        self.map.get(name).map(|value| self.node.field(name, value))
    }

    /// Like [`Self::optional`], and null means the same as its absence.
    pub fn unless_null(&self, name: &'static str) -> Option<Node<'a>> {
        self.optional(name).filter(|node| !node.value().is_null())
    }

    /// Reports its absence at the object's path.
    pub fn required(&self, name: &'static str) -> Option<Node<'a>> {
        let field = self.optional(name);
        if field.is_none() {
            self.node.problem(format!("`{name}` is missing"));
        }
        field
    }

    /// A number in its range, or what its absence means.
    #[track_caller]
    pub fn number(&self, name: &'static str) -> Option<f64> {
        let definition = self.definition(name);
        self.given(definition, |node| node.number_of(&definition.of), Field::usual_number)
    }

    #[track_caller]
    pub fn whole(&self, name: &'static str) -> Option<u64> {
        let definition = self.definition(name);
        let usual = |field: &Field| field.usual().and_then(|usual| usual.parse().ok());
        self.given(definition, |node| node.whole_of(&definition.of), usual)
    }

    pub fn choice<T: Choice>(&self, name: &'static str) -> Option<T> {
        let usual = |field: &Field| {
            let usual = field.usual()?.trim_matches('"');
            T::NAMES.iter().position(|name| *name == usual).map(|place| T::ALL[place])
        };
        self.given(self.definition(name), Node::choice, usual)
    }

    fn given<T>(
        &self,
        field: &'static Field,
        read: impl FnOnce(&Node<'a>) -> Option<T>,
        usual: impl FnOnce(&Field) -> Option<T>,
    ) -> Option<T> {
        match self.optional(field.name) {
            Some(node) => read(&node),
            None if field.usual().is_some() => usual(field),
            None => {
                self.required(field.name);
                None
            }
        }
    }
}

/// None waits for the one before it: each says what is wrong.
fn all(are: impl Iterator<Item = bool>) -> bool {
    are.fold(true, |all, one| all & one)
}

/// How a message names a value: its kind and, where short enough, the value.
pub fn found(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.is_empty() => "an empty text".into(),
        Value::String(text) => format!("the text {}", quoted(text)),
        Value::Array(list) if list.is_empty() => "an empty list".into(),
        Value::Array(list) => format!("a list of {}", list.len()),
        Value::Object(fields) if fields.is_empty() => "an empty object".into(),
        Value::Object(fields) => {
            let names: Vec<&str> = fields.keys().take(3).map(String::as_str).collect();
            format!("an object with {}{}", names.join(", "), if fields.len() > 3 { ", ..." } else { "" })
        }
    }
}

/// Text in quotes, cut to a readable length.
pub fn quoted(text: &str) -> String {
    let mut cut: String = text.chars().take(LONGEST_QUOTE).collect();
    if cut.len() < text.len() {
        cut.push_str("...");
    }
    Value::from(cut).to_string()
}

/// ", did you mean `x`?" for the nearest of the known names, or nothing if none is near.
pub fn did_you_mean<S: AsRef<str>>(name: &str, known: &[S]) -> String {
    let (lower, length) = (name.to_lowercase(), name.chars().count());
    let nearest = known.iter().map(|known| (levenshtein(&lower, &known.as_ref().to_lowercase()), known.as_ref())).min();
    match nearest {
        Some((distance, known)) if distance < length && distance <= length.div_ceil(3) => {
            format!(", did you mean `{known}`?")
        }
        _ => String::new(),
    }
}

fn unknown(known: &[&str]) -> String {
    format!(", expected {}", list_of(known))
}

/// "a, b or c", each in backticks.
pub fn list_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => "nothing".into(),
    }
}

/// How a message names a range; `lowest` and `highest` are the ends that mean none.
fn bounds<T: fmt::Display + PartialEq>(range: &RangeInclusive<T>, lowest: Option<T>, highest: T) -> String {
    let (low, high) = (range.start(), range.end());
    match (lowest.is_some_and(|lowest| *low == lowest), *high == highest) {
        (_, true) => format!(" of at least {low}"),
        (true, false) => format!(" of at most {high}"),
        (false, false) => format!(" from {low} to {high}"),
    }
}

/// Characters of a text that a message quotes.
const LONGEST_QUOTE: usize = 40;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::field::{or, required};

    static EVENT: Object = Object::new(
        "event",
        "",
        &[required("event", Type::Name, ""), or("timeout_s", Type::Number(0.0, 60.0), "5", "")],
    );

    #[track_caller]
    fn check(value: Value, read: impl FnOnce(&Node<'_>), expected: &[&str]) {
        let problems = Problems::default();
        read(&Node::root(&value, &problems));
        let found: Vec<String> = problems.into_vec().iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_wrong_value_is_named_with_what_was_expected() {
        check(json!(5), |node| assert_eq!(node.text(), None), &["expected text, found the number 5"]);
        check(
            json!("yes"),
            |node| assert_eq!(node.boolean(), None),
            &[r#"expected true or false, found the text "yes""#],
        );
        check(
            json!(1.5),
            |node| assert_eq!(node.number(0.0..=1.0), None),
            &["expected a number from 0 to 1, found the number 1.5"],
        );
        check(
            json!(-1),
            |node| assert_eq!(node.integer(1..=u64::MAX), None),
            &["expected a whole number of at least 1, found the number -1"],
        );
        check(json!({}), |node| assert!(node.list().is_empty()), &["expected a list, found an empty object"]);
        check(
            json!("sockeio"),
            |node| assert_eq!(node.one_of(&[("socketio", 1), ("websocket", 2)]), None),
            &[r#"expected `socketio` or `websocket`, found the text "sockeio", did you mean `socketio`?"#],
        );
    }

    #[test]
    fn paths_lead_to_the_value() {
        let deep = json!({"every": [{"steps": [0, {"emit": {"odd key": 1}}]}]});
        let walk = |node: &Node<'_>| {
            let every = node.entries().remove(0).1;
            let steps = every.list().remove(0).entries().remove(0).1;
            steps.list().remove(1).entries().remove(0).1.fields(&EVENT);
        };
        check(deep, walk, &[r#"every[0].steps[1].emit["odd key"]: unknown field, expected `event` or `timeout_s`"#]);
    }

    #[test]
    fn unknown_fields_are_reported_with_the_nearest_known_one() {
        let read = |node: &Node<'_>| {
            let fields = node.fields(&EVENT).expect("it is an object");
            assert!(fields.required("event").is_none());
        };
        check(
            json!({"timeout": 5, "zzz": 1}),
            read,
            &[
                "timeout: unknown field, did you mean `timeout_s`?",
                "zzz: unknown field, expected `event` or `timeout_s`",
                "`event` is missing",
            ],
        );
    }

    #[test]
    fn syntax_errors_name_line_and_column() {
        let said = |text: &str| parse_json(text).expect_err("it is not JSON")[0].message.clone();
        assert_eq!(said("{\n  \"a\": 1,\n}"), "not JSON: trailing comma (line 3, column 1)");
        assert_eq!(said("{\"a\""), "not JSON: EOF while parsing an object (line 1, column 4)");
        assert_eq!(said(" \n"), "not JSON: the text is empty");
    }
}
