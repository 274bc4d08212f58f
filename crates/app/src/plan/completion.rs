//! What may be typed at the cursor of the plan's text: the fields that its object has room for, or the names that a field takes.

use std::ops::Range;

use document::{Field, Need, Type};
use serde_json::{Map, Value};

/// Something that may stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub name: &'static str,
    /// What it is for.
    pub meaning: &'static str,
    pub is_required: bool,
    /// What is put into the text, and instead of which bytes of it.
    pub insert: String,
    pub instead_of: Range<usize>,
}

/// Those that fit at byte `cursor` of a plan's text, which may be unfinished; most wanted first.
pub fn proposals(text: &str, cursor: usize) -> Vec<Proposal> {
    let Some(before) = text.get(..cursor) else { return Vec::new() };
    let mut reader = Reader { text: before, ..Reader::default() };
    reader.read_on();
    let Some((top, above)) = reader.open.split_last() else { return Vec::new() };
    let root = Type::Object(&plan::PLAN);
    let Some(kind) = above.iter().try_fold(root, |kind, open| open.inside(kind)) else { return Vec::new() };
    match &top.awaited {
        Awaited::Key => fields(text, &reader, top, kind),
        // Where a value stands already, a second one would be too many.
        Awaited::Value if reader.word.is_none() && !ends(&text[reader.at..]) => Vec::new(),
        Awaited::Value => values(text, &reader, &names(top, kind)),
        Awaited::Nothing => Vec::new(),
    }
}

fn fields(text: &str, reader: &Reader<'_>, top: &Open, kind: Type) -> Vec<Proposal> {
    let mut after = Reader { open: vec![top.clone()], word: reader.word, at: reader.at, text, closed: None };
    after.read_on();
    let taken = after.closed.as_ref().or(after.open.first()).map(|open| &open.fields).unwrap_or(&top.fields);
    let typed = reader.typed();
    let instead_of = reader.word_range(text);
    let is_followed = text[instead_of.end..].trim_start().starts_with('"');
    let fits = |field: &&Field| {
        let is_typed = field.name == typed;
        field.name.starts_with(&*typed) && !field.name.starts_with('$') && (is_typed || !taken.contains_key(field.name))
    };
    let has_value = text[instead_of.end..].trim_start().starts_with(':');
    let mut wanted: Vec<&Field> = Vec::new();
    for field in kind.candidates(&top.fields).into_iter().flat_map(|object| object.fields).filter(fits) {
        if wanted.iter().all(|known| known.name != field.name) {
            wanted.push(field);
        }
    }
    // Its value means something under the name that it has.
    let written = text[instead_of.clone()].trim_matches('"');
    if has_value && kind.candidates(&top.fields).iter().any(|object| object.names().contains(&written)) {
        return Vec::new();
    }
    wanted.sort_by_key(|field| !matches!(field.need, Need::Required));
    let proposal = |field: &Field| {
        let value = if has_value { String::new() } else { format!(": {}", sample(field)) };
        let comma = if is_followed && !has_value { ", " } else { "" };
        Proposal {
            name: field.name,
            meaning: field.meaning,
            is_required: matches!(field.need, Need::Required),
            insert: format!("\"{}\"{value}{comma}", field.name),
            instead_of: instead_of.clone(),
        }
    };
    wanted.into_iter().map(proposal).collect()
}

/// The names that may stand where this has got to; the field that tells objects apart may have those of all of them.
fn names(top: &Open, kind: Type) -> Vec<&'static str> {
    if !top.is_object {
        return kind.entry().and_then(|kind| kind.names()).unwrap_or_default().to_vec();
    }
    let candidates = kind.candidates(&top.fields);
    let fields = candidates.iter().flat_map(|object| object.fields).filter(|field| field.name == top.key);
    fields.flat_map(|field| field.of.names().unwrap_or_default().iter().copied()).collect()
}

/// Nothing more belongs to what stands in front of it.
fn ends(rest: &str) -> bool {
    rest.trim_start().chars().next().is_none_or(|next| matches!(next, ',' | '}' | ']'))
}

fn values(text: &str, reader: &Reader<'_>, names: &[&'static str]) -> Vec<Proposal> {
    let (typed, instead_of) = (reader.typed(), reader.word_range(text));
    let fitting = names.iter().filter(|name| name.starts_with(&*typed));
    let proposal = |name: &&'static str| Proposal {
        name,
        meaning: "",
        is_required: false,
        insert: format!("\"{name}\""),
        instead_of: instead_of.clone(),
    };
    fitting.map(proposal).collect()
}

/// A value to begin with.
fn sample(field: &Field) -> String {
    if let Some(usual) = field.usual() {
        return usual.to_owned();
    }
    let of = |kind: &Type| match kind {
        Type::OneOf(names) => names.first().map_or_else(String::new, |name| format!("\"{name}\"")),
        Type::Flag => "true".to_owned(),
        Type::Whole(least, _) | Type::Such(least, ..) => least.to_string(),
        Type::Number(least, _) => if least.is_finite() && *least > f64::MIN { *least } else { 0.0 }.to_string(),
        Type::List(..) | Type::Set(_) | Type::Again(_) => "[]".to_owned(),
        Type::Map(..) | Type::Object(_) | Type::Document(_) => "{}".to_owned(),
        Type::Null | Type::Any => "null".to_owned(),
        Type::Text | Type::Name | Type::Written(_) | Type::AnyOf(_) => "\"\"".to_owned(),
    };
    match field.of {
        Type::AnyOf([first, ..]) => of(first),
        kind => of(&kind),
    }
}

/// An object or a list that has begun.
#[derive(Debug, Clone)]
struct Open {
    is_object: bool,
    /// Its fields so far; of what is no text only that it is there.
    fields: Map<String, Value>,
    key: String,
    awaited: Awaited,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaited {
    Key,
    Value,
    Nothing,
}

impl Open {
    fn new(is_object: bool) -> Self {
        let awaited = if is_object { Awaited::Key } else { Awaited::Value };
        Self { is_object, fields: Map::new(), key: String::new(), awaited }
    }

    /// What may stand where this has got to.
    fn inside(&self, kind: Type) -> Option<Type> {
        if self.is_object { kind.below(&self.key, &self.fields) } else { kind.entry() }
    }

    /// A value has ended.
    fn had(&mut self, value: Value) {
        if self.is_object {
            self.fields.insert(std::mem::take(&mut self.key), value);
        }
        self.awaited = Awaited::Nothing;
    }
}

/// Reads JSON as far as it goes, and knows where it is then.
#[derive(Debug, Default)]
struct Reader<'t> {
    text: &'t str,
    open: Vec<Open>,
    /// The last one that has ended.
    closed: Option<Open>,
    /// The word that has begun and not ended: where, and whether it is a text.
    word: Option<(usize, bool)>,
    at: usize,
}

impl Reader<'_> {
    /// To the text's end, or until the outermost value has ended.
    fn read_on(&mut self) {
        let (from, mut is_escaped) = (self.at, false);
        for (at, c) in self.text[from..].char_indices().map(|(at, c)| (from + at, c)) {
            self.at = at + c.len_utf8();
            match self.word {
                Some((_, true)) if is_escaped => is_escaped = false,
                Some((_, true)) if c == '\\' => is_escaped = true,
                Some((start, true)) if c == '"' => self.text_ended(start),
                Some((_, true)) => {}
                Some((_, false)) if !is_mark(c) => {}
                word => {
                    if word.is_some() {
                        self.word = None;
                        self.value_ended(Value::Null);
                    }
                    self.mark(at, c);
                    if self.open.is_empty() && self.closed.is_some() {
                        return;
                    }
                }
            }
        }
    }

    fn mark(&mut self, at: usize, c: char) {
        match c {
            '{' | '[' => self.open.push(Open::new(c == '{')),
            '}' | ']' => {
                self.closed = self.open.pop();
                self.value_ended(Value::Null);
            }
            ',' => {
                if let Some(open) = self.open.last_mut() {
                    open.awaited = if open.is_object { Awaited::Key } else { Awaited::Value };
                }
            }
            ':' => {
                if let Some(open) = self.open.last_mut() {
                    open.awaited = Awaited::Value;
                }
            }
            '"' => self.word = Some((at, true)),
            _ if c.is_whitespace() => {}
            _ => self.word = Some((at, false)),
        }
    }

    fn text_ended(&mut self, start: usize) {
        self.word = None;
        let text = serde_json::from_str::<String>(&self.text[start..self.at]).unwrap_or_default();
        match self.open.last_mut() {
            Some(open) if open.awaited == Awaited::Key => {
                open.key = text;
                open.awaited = Awaited::Nothing;
            }
            _ => self.value_ended(text.into()),
        }
    }

    fn value_ended(&mut self, value: Value) {
        if let Some(open) = self.open.last_mut() {
            open.had(value);
        }
    }

    /// What stands in front of the cursor of the word in which it is.
    fn typed(&self) -> String {
        let word = self.word.map_or("", |(start, _)| &self.text[start..]);
        word.trim_start_matches('"').to_owned()
    }

    /// The word in which the cursor is, its rest included.
    fn word_range(&self, text: &str) -> Range<usize> {
        let Some((start, is_text)) = self.word else { return self.at..self.at };
        let rest = &text[self.at..];
        let line = rest.find('\n').map_or(rest, |end| &rest[..end]);
        let end = match (is_text, line.find('"')) {
            (true, Some(end)) if !line[..end].contains([':', ',', '}', ']']) => end + 1,
            _ => line.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(line.len()),
        };
        start..self.at + end
    }
}

/// It is no part of a number or of a word like `true`.
fn is_mark(c: char) -> bool {
    c.is_whitespace() || matches!(c, '{' | '}' | '[' | ']' | ',' | ':' | '"')
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Proposal {
        fn put_into(&self, text: &str) -> String {
            format!("{}{}{}", &text[..self.instead_of.start], self.insert, &text[self.instead_of.end..])
        }
    }

    /// `|` is the cursor. The names that are proposed, and the text with the first of them.
    #[track_caller]
    fn check(marked: &str, names: &[&str], expected: &str) {
        let cursor = marked.find('|').expect("there is a cursor");
        let text = marked.replacen('|', "", 1);
        let found = proposals(&text, cursor);
        let found_names: Vec<_> = found.iter().map(|proposal| proposal.name).collect();
        let head = &found_names[..found_names.len().min(names.len())];
        assert_eq!(head, names, "{marked}: {found_names:?}");
        if let Some(first) = found.first() {
            assert_eq!(first.put_into(&text), expected, "{marked}");
        } else {
            assert_eq!(text, expected, "{marked}");
        }
    }

    #[test]
    fn fields_that_are_missing_are_proposed_and_those_that_must_be_there_come_first() {
        check(r#"{ "version": 1, | }"#, &["name", "populations", "seed"], r#"{ "version": 1, "name": "" }"#);
        check(r#"{ |"name": "x" }"#, &["version", "populations"], r#"{ "version": 1, "name": "x" }"#);
        check(r#"{ "sett|" }"#, &["settle_s"], r#"{ "settle_s": 3 }"#);
        check(r#"{ "sett|": 5 }"#, &["settle_s"], r#"{ "settle_s": 5 }"#);
        // A value that is there keeps the name that it has.
        check(r#"{ "se|ed": 5 }"#, &[], r#"{ "seed": 5 }"#);
        check(r#"{ "|seed": 5 }"#, &[], r#"{ "seed": 5 }"#);
        check(r#"{ "verdict": { | } }"#, &["lag_ms", "pacing_ms"], r#"{ "verdict": { "lag_ms": 50 } }"#);
    }

    #[test]
    fn what_stands_beside_says_which_object_it_is() {
        let load = r#"{ "populations": [{ "name": "a" }, { "load": { "model": "batch", | } }] }"#;
        check(load, &["users", "size", "every_s", "hold_s"], &load.replace('|', r#""users": 1"#));
        let action = r#"{ "actions": [{ "do": "stop_reading", | }"#;
        check(action, &["for_s", "at_s", "population", "share"], &action.replace('|', r#""for_s": 0.1"#));
    }

    #[test]
    fn a_scenario_in_the_plan_has_its_fields() {
        let step = r#"{ "populations": [{ "scenario": { "flow": [{ "emit": { "event": "x", | } }] } }] }"#;
        check(step, &["args", "ack", "operation", "answer"], &step.replace('|', r#""args": []"#));
        let kinds = r#"{ "populations": [{ "scenario": { "flow": [{ | }] } }] }"#;
        check(kinds, &["http", "emit", "wait", "think"], &kinds.replace('|', r#""http": {}"#));
        let note = r#"{ "populations": [{ "scenario": { "flow": [{ "repeat": 3, | }] } }] }"#;
        check(note, &["steps", "note"], &note.replace('|', r#""steps": []"#));
    }

    #[test]
    fn names_are_proposed_where_a_field_takes_them() {
        check(r#"{ "mark": | }"#, &["public", "query", "auth", "none"], r#"{ "mark": "public" }"#);
        check(r#"{ "mark":| "auth" }"#, &[], r#"{ "mark": "auth" }"#);
        check(r#"{ "expect": [|"planned_end"] }"#, &[], r#"{ "expect": ["planned_end"] }"#);
        let model = r#"{ "populations": [{ "load": { "model": "|" } }] }"#;
        check(model, &["closed", "open", "shape", "batch"], &model.replace("\"|\"", "\"closed\""));
        check(r#"{ "mark": "qu|" }"#, &["query"], r#"{ "mark": "query" }"#);
        check(
            r#"{ "expect": ["no_failed_users", "pl|"] }"#,
            &["planned_end"],
            r#"{ "expect": ["no_failed_users", "planned_end"] }"#,
        );
    }

    #[test]
    fn nothing_is_proposed_where_nothing_is_known() {
        for text in [
            r#"{ "name": "|" }"#,
            r#"{ "name": "x"| }"#,
            "|",
            "{}|",
            r#"{ "zzz": { | } }"#,
            r#"{ "name": "say \"{|" }"#,
        ] {
            check(text, &[], &text.replacen('|', "", 1));
        }
    }

    #[test]
    fn no_text_makes_it_panic() {
        let text = "{ \"naïve\": [1, {\"populations\": [{ \"load\": {\"model\": \"open\\\"\", é }, ]]}}, \"";
        for cursor in 0..=text.len() + 1 {
            for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
                proposals(&text[..end], cursor);
            }
        }
    }
}
