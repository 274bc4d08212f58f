//! A plan as text a person reads and edits: how it is laid out, and on which line a problem stands.

use document::{Object, Type};
use serde_json::Value;

use crate::plan::path::{Path, PathStep};

/// Objects and lists that fit stay on one line, up to this many characters.
const LINE_WIDTH: usize = 88;

/// JSON with two spaces of indent, short values on one line, and fields in the order of their definitions.
pub fn pretty(document: &Value, kind: Type) -> String {
    let mut out = String::new();
    write_value(document, Some(kind), 0, 0, &mut out);
    out.push('\n');
    out
}

/// `used`: characters that already stand on the line before the value.
fn write_value(value: &Value, kind: Option<Type>, indent: usize, used: usize, out: &mut String) {
    let compact = one_line(value, kind);
    if used + compact.len() <= LINE_WIDTH && indent > 0 || !is_nested(value) {
        out.push_str(&compact);
        return;
    }
    let (open, close) = if value.is_object() { ('{', '}') } else { ('[', ']') };
    out.push(open);
    for (at, (key, child, kind)) in children(value, kind).into_iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        let prefix = key.map(|key| format!("{}: ", quoted(key))).unwrap_or_default();
        let spaces = (indent + 1) * 2;
        out.push_str(&" ".repeat(spaces));
        out.push_str(&prefix);
        write_value(child, kind, indent + 1, spaces + prefix.len(), out);
    }
    out.push('\n');
    out.push_str(&" ".repeat(indent * 2));
    out.push(close);
}

fn is_nested(value: &Value) -> bool {
    match value {
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
        _ => false,
    }
}

fn one_line(value: &Value, kind: Option<Type>) -> String {
    if !is_nested(value) {
        return value.to_string();
    }
    let parts: Vec<String> = children(value, kind)
        .into_iter()
        .map(|(key, child, kind)| match key {
            Some(key) => format!("{}: {}", quoted(key), one_line(child, kind)),
            None => one_line(child, kind),
        })
        .collect();
    if value.is_object() { format!("{{ {} }}", parts.join(", ")) } else { format!("[{}]", parts.join(", ")) }
}

/// What stands within a value, each with its name and what it may be; what nobody defined comes last, by its name.
fn children(value: &Value, kind: Option<Type>) -> Vec<(Option<&str>, &Value, Option<Type>)> {
    match value {
        Value::Array(list) => {
            let entry = kind.and_then(|kind| kind.entry());
            list.iter().map(|child| (None, child, entry)).collect()
        }
        Value::Object(object) => {
            let below = |key: &str| kind.and_then(|kind| kind.below(key, object));
            let mut fields: Vec<_> =
                object.iter().map(|(key, child)| (Some(key.as_str()), child, below(key))).collect();
            let order = kind.and_then(|kind| kind.object(object)).map(Object::names).unwrap_or_default();
            let place = |key: Option<&str>| order.iter().position(|known| Some(*known) == key).unwrap_or(order.len());
            fields.sort_by_key(|(key, ..)| place(*key));
            fields
        }
        _ => Vec::new(),
    }
}

fn quoted(key: &str) -> String {
    Value::String(key.to_owned()).to_string()
}

/// The line, from 1, on which the value at `path` begins; if there is no such value, that of the nearest one around it.
pub fn line_of(text: &str, path: &Path) -> usize {
    let mut scanner = Scanner { text: text.as_bytes(), at: 0 };
    let offset = scanner.locate(&path.0);
    1 + text.as_bytes()[..offset.min(text.len())].iter().filter(|byte| **byte == b'\n').count()
}

/// The keys of the object at `path` in the order in which the text names them, which the parsed document forgets.
pub fn keys(text: &str, path: &Path) -> Vec<String> {
    let mut scanner = Scanner { text: text.as_bytes(), at: 0 };
    scanner.locate(&path.0);
    scanner.keys().unwrap_or_default()
}

/// Steps over JSON without building values. On text that is not JSON it simply stops early.
struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    /// Moves to the value that `steps` lead to and returns where it (or its object's field) begins.
    fn locate(&mut self, steps: &[PathStep]) -> usize {
        self.skip_blank();
        let mut found = self.at;
        for step in steps {
            let inside = match step {
                PathStep::Key(key) => self.enter_field(key),
                PathStep::Index(index) => self.enter_element(*index),
            };
            match inside {
                Some(offset) => found = offset,
                None => break,
            }
        }
        found
    }

    fn keys(&mut self) -> Option<Vec<String>> {
        self.take(b'{')?;
        let mut keys = Vec::new();
        while self.peek()? == b'"' {
            let start = self.at;
            self.skip_string();
            keys.push(serde_json::from_slice(&self.text[start..self.at]).ok()?);
            self.take(b':')?;
            self.skip_value();
            if self.take(b',').is_none() {
                break;
            }
        }
        Some(keys)
    }

    fn enter_field(&mut self, wanted: &str) -> Option<usize> {
        self.take(b'{')?;
        while self.peek()? == b'"' {
            let start = self.at;
            self.skip_string();
            let key = std::str::from_utf8(&self.text[start..self.at]).ok()?;
            self.take(b':')?;
            self.skip_blank();
            if serde_json::from_str::<String>(key).is_ok_and(|key| key == wanted) {
                return Some(start);
            }
            self.skip_value();
            self.take(b',')?;
        }
        None
    }

    fn enter_element(&mut self, wanted: usize) -> Option<usize> {
        self.take(b'[')?;
        for _ in 0..wanted {
            self.peek().filter(|byte| *byte != b']')?;
            self.skip_value();
            self.take(b',')?;
        }
        self.peek().filter(|byte| *byte != b']')?;
        Some(self.at)
    }

    fn skip_value(&mut self) {
        let mut depth = 0usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => self.skip_string(),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' | b',' if depth == 0 => return,
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
    }

    fn skip_string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.text.get(self.at) {
            self.at += if *byte == b'\\' { 2 } else { 1 };
            if *byte == b'"' {
                return;
            }
        }
        self.at = self.text.len();
    }

    fn peek(&mut self) -> Option<u8> {
        self.skip_blank();
        self.text.get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    fn skip_blank(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = r#"{
  "name": "a, { \" ] \\",
  "populations": [
    { "name": "first" },
    {
      "load": {
        "stages": [
          { "target": 1 },
          { "target": "x" }
        ]
      }
    }
  ]
}"#;

    #[track_caller]
    fn check_line(path: &str, line: usize) {
        assert_eq!(line_of(TEXT, &Path::from(path)), line, "{path}");
    }

    #[test]
    fn a_path_has_a_line() {
        check_line("", 1);
        check_line("name", 2);
        check_line("populations", 3);
        check_line("populations[0].name", 4);
        check_line("populations[1]", 5);
        check_line("populations[1].load.stages[1].target", 9);
    }

    #[test]
    fn what_is_missing_is_shown_at_the_nearest_value_around_it() {
        check_line("populations[1].load.model", 6);
        check_line("populations[7].load", 3);
        check_line("seed", 1);
    }

    #[test]
    fn broken_text_never_panics() {
        for end in 0..TEXT.len() {
            line_of(&TEXT[..end], &Path::from("populations[1].load.stages[1].target"));
        }
        line_of("\"\\", &Path::from("a"));
        line_of("{\"a\":}", &Path::from("a.b"));
    }

    #[test]
    fn keys_come_in_the_order_of_the_text() {
        let text = r#"{"variables": {"z": {"default": [1, {"q": 2}]}, "a": "x, y", "m\"n": 0}}"#;
        assert_eq!(keys(text, &Path::from("variables")), ["z", "a", "m\"n"]);
        assert_eq!(keys(text, &Path::from("variables.a")), [""; 0]);
        assert_eq!(keys("{", &Path::default()), [""; 0]);
    }

    #[test]
    fn plans_are_laid_out_for_reading() {
        let document = json!({
            "populations": [{"load": {"stages": [{"target": 50, "duration_s": 30}], "model": "closed"}, "name": "users"}],
            "thresholds": [],
            "name": "smoke",
            "version": 1,
        });
        let expected = r#"{
  "version": 1,
  "name": "smoke",
  "populations": [
    {
      "name": "users",
      "load": { "model": "closed", "stages": [{ "duration_s": 30, "target": 50 }] }
    }
  ],
  "thresholds": []
}
"#;
        assert_eq!(pretty(&document, Type::Object(&plan::PLAN)), expected);
    }

    #[test]
    fn the_layout_changes_no_value() {
        let document: Value = serde_json::from_str(TEXT).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&pretty(&document, Type::Any)).unwrap(), document);
    }
}
