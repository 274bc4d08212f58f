//! Places in a JSON document, written as problems write them: `populations[0].load.stages[2].target`.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

/// One step from a value to a value inside it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PathStep {
    Key(String),
    Index(usize),
}

/// A place in a document; empty: the document itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Path(pub Vec<PathStep>);

impl Path {
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.0.push(PathStep::Key(key.into()));
        self
    }

    pub fn index(mut self, index: usize) -> Self {
        self.0.push(PathStep::Index(index));
        self
    }

    /// A place inside this one, written relative to it.
    pub fn join(mut self, inside: &str) -> Self {
        self.0.extend(Self::from(inside).0);
        self
    }

    pub fn find<'a>(&self, document: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(document, |value, step| match step {
            PathStep::Key(key) => value.get(key),
            PathStep::Index(index) => value.get(index),
        })
    }

    /// Puts `value` there. Objects that are missing on the way are made; a list grows by at most one element, so that
    /// a stale path cannot blow a document up.
    pub fn put(&self, document: &mut Value, value: Value) -> bool {
        let mut place = document;
        for step in &self.0 {
            let Some(next) = enter(place, step) else { return false };
            place = next;
        }
        *place = value;
        true
    }

    /// Takes the value out, if it is there.
    pub fn remove(&self, document: &mut Value) -> Option<Value> {
        let (last, parents) = self.0.split_last()?;
        let mut place = document;
        for step in parents {
            place = match step {
                PathStep::Key(key) => place.get_mut(key)?,
                PathStep::Index(index) => place.get_mut(index)?,
            };
        }
        match (last, place) {
            (PathStep::Key(key), Value::Object(object)) => object.remove(key),
            (PathStep::Index(index), Value::Array(list)) if *index < list.len() => Some(list.remove(*index)),
            _ => None,
        }
    }

    /// `other` is this place or lies inside it.
    pub fn contains(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }
}

fn enter<'a>(place: &'a mut Value, step: &PathStep) -> Option<&'a mut Value> {
    match step {
        PathStep::Key(key) => {
            if place.is_null() {
                *place = Value::Object(Map::new());
            }
            Some(place.as_object_mut()?.entry(key.as_str()).or_insert(Value::Null))
        }
        PathStep::Index(index) => {
            if place.is_null() {
                *place = Value::Array(Vec::new());
            }
            let list = place.as_array_mut()?;
            if *index == list.len() {
                list.push(Value::Null);
            }
            list.get_mut(*index)
        }
    }
}

impl FromStr for Path {
    type Err = std::convert::Infallible;

    /// Reads a path leniently: whatever is no index is part of a name. Names with odd characters are written as JSON
    /// text in brackets: `variables["my room"]`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut path = Self::default();
        let mut rest = text;
        while !rest.is_empty() {
            let (step, length) = first_step(rest);
            path.0.extend(step);
            rest = &rest[length..];
        }
        Ok(path)
    }
}

/// The step at the beginning of a path's text, and how many bytes it takes.
fn first_step(text: &str) -> (Option<PathStep>, usize) {
    if let Some(inside) = text.strip_prefix('[') {
        let mut quoted = serde_json::Deserializer::from_str(inside).into_iter::<Value>();
        let (step, length) = match quoted.next() {
            Some(Ok(Value::String(key))) => (Some(PathStep::Key(key)), quoted.byte_offset()),
            Some(Ok(Value::Number(index))) => {
                (index.as_u64().map(|index| PathStep::Index(index as usize)), quoted.byte_offset())
            }
            _ => (None, inside.find(']').unwrap_or(inside.len())),
        };
        let bracket = usize::from(inside[length..].starts_with(']'));
        return (step, 1 + length + bracket);
    }
    let name = text.strip_prefix('.').unwrap_or(text);
    let length = name.find(['.', '[']).unwrap_or(name.len());
    let step = (length > 0).then(|| PathStep::Key(name[..length].to_owned()));
    (step, text.len() - name.len() + length.max(usize::from(text.len() == name.len() && length == 0)))
}

impl From<&str> for Path {
    fn from(text: &str) -> Self {
        let Ok(path) = text.parse();
        path
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                PathStep::Key(key) if !is_plain(key) => write!(f, "[{}]", Value::from(key.as_str()))?,
                PathStep::Key(key) if at == 0 => f.write_str(key)?,
                PathStep::Key(key) => write!(f, ".{key}")?,
                PathStep::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A name that needs no quotes in a path.
fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// Where a population stands in the document.
pub fn population_path(population: usize) -> Path {
    Path::default().key("populations").index(population)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check_put(path: &str, expected: Option<Value>) {
        let mut document = json!({"name": "a", "load": {"stages": [{"target": 1}]}});
        let done = Path::from(path).put(&mut document, json!(7));
        assert_eq!(done.then_some(document), expected, "{path}");
    }

    #[test]
    fn puts_values_and_makes_what_is_missing() {
        check_put("name", Some(json!({"name": 7, "load": {"stages": [{"target": 1}]}})));
        check_put("load.stages[0].target", Some(json!({"name": "a", "load": {"stages": [{"target": 7}]}})));
        check_put("load.stages[1]", Some(json!({"name": "a", "load": {"stages": [{"target": 1}, 7]}})));
        check_put("x.y", Some(json!({"name": "a", "x": {"y": 7}, "load": {"stages": [{"target": 1}]}})));
        check_put("load.stages[5]", None);
        check_put("name.x", None);
    }

    #[test]
    fn reads_what_it_writes() {
        for text in [
            "",
            "name",
            "populations[0].load.stages[2].target",
            "a[1][2].b",
            "a[\"x.y[0]\"].b",
            "[\"odd \\\"name\"][3]",
        ] {
            assert_eq!(Path::from(text).to_string(), text);
        }
    }

    #[test]
    fn odd_texts_end() {
        for text in ["[", "]", ".", "..", "a[", "[x", "[]", "[\"", "a..b", "[-1]", "[1.5]", "a]b"] {
            let _ = Path::from(text);
        }
        assert_eq!(Path::from("a..b[1]"), Path::from("a.b[1]"));
    }

    #[test]
    fn finds_and_removes() {
        let mut document = json!({"a": [1, {"b": 2}]});
        assert_eq!(Path::from("a[1].b").find(&document), Some(&json!(2)));
        assert_eq!(Path::from("a[9].b").find(&document), None);
        assert_eq!(Path::from("a[0]").remove(&mut document), Some(json!(1)));
        assert_eq!(Path::from("a[0].c").remove(&mut document), None);
        assert_eq!(document, json!({"a": [{"b": 2}]}));
    }

    #[test]
    fn a_place_contains_what_lies_inside_it() {
        assert!(Path::from("a.b").contains(&Path::from("a.b[0]")));
        assert!(!Path::from("a.b").contains(&Path::from("a.bc")));
    }
}
