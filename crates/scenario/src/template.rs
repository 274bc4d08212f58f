//! `${...}` in texts and JSON, compiled once. A template made of constants is a constant.

use std::borrow::Cow;

use serde_json::Value;

use super::expression::{Expr, KnownNames, Val, hole, write_escaped};
use super::ids::VarId;
use super::scope::EvaluationScope;
use base::url;
use document::Node;

/// A compiled template. See docs/scenario.md for the expressions. Evaluation never fails: what makes no sense is null.
#[derive(Debug, Clone)]
pub struct Template {
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    Constant(Box<Constant>),
    /// One single `${...}`: keeps its JSON type.
    Expr(Expr),
    /// Text with holes.
    Text(Vec<TextPart>),
    /// A JSON object or list with holes somewhere inside.
    Json(Vec<JsonPart>),
}

#[derive(Debug, Clone)]
struct Constant {
    value: Value,
    json: String,
}

#[derive(Debug, Clone)]
enum TextPart {
    Literal(Box<str>),
    Hole(Expr),
}

#[derive(Debug, Clone)]
enum JsonPart {
    /// JSON text, serialised when the scenario was compiled.
    Literal(Box<str>),
    /// A whole value.
    Value(Expr),
    /// Inside a string.
    Inside(Expr),
}

impl Template {
    /// A template that always gives this value.
    pub fn constant(value: Value) -> Self {
        let json = value.to_string();
        Self::of(Form::Constant(Box::new(Constant { value, json })))
    }

    fn of(form: Form) -> Self {
        Self { form }
    }

    /// Compiles a value of the document. What is wrong is reported, and null takes its place.
    pub(super) fn compile(node: &Node<'_>, names: &mut KnownNames) -> Self {
        match node.value() {
            Value::String(text) => {
                let mut parts = text_parts(text, node, names);
                match &mut parts[..] {
                    [] => Self::constant(Value::from("")),
                    [TextPart::Literal(text)] => Self::constant(Value::from(&**text)),
                    [TextPart::Hole(_)] => match parts.pop() {
                        Some(TextPart::Hole(Expr::Constant(value))) => Self::constant(value),
                        Some(TextPart::Hole(expr)) => Self::of(Form::Expr(expr)),
                        _ => Self::constant(Value::Null),
                    },
                    _ => Self::of(Form::Text(parts)),
                }
            }
            Value::Array(_) | Value::Object(_) => {
                let mut json = JsonParts::default();
                json.add(node, names);
                json.finish()
            }
            plain => Self::constant(plain.clone()),
        }
    }

    /// The value if it is known before any user runs.
    pub fn as_constant(&self) -> Option<&Value> {
        match &self.form {
            Form::Constant(constant) => Some(&constant.value),
            _ => None,
        }
    }

    /// The text as far as it is known before any user runs, with `unknown` in the place of everything else. `default_of`: what a
    /// variable is from its beginning to its end.
    pub(super) fn sketch<'t>(&'t self, default_of: &dyn Fn(VarId) -> Option<&'t Self>, unknown: char) -> String {
        let mut text = String::new();
        self.write_sketch(default_of, unknown, &mut text);
        text
    }

    fn write_sketch<'t>(&'t self, default_of: &dyn Fn(VarId) -> Option<&'t Self>, unknown: char, out: &mut String) {
        // A default only uses variables before it, so this ends.
        let hole = |expr: &Expr, out: &mut String| match expr {
            Expr::Variable(id) => match default_of(*id) {
                Some(default) => default.write_sketch(default_of, unknown, out),
                None => out.push(unknown),
            },
            _ => out.push(unknown),
        };
        match &self.form {
            Form::Constant(constant) => Val::Borrowed(&constant.value).write_text(out),
            Form::Expr(expr) => hole(expr, out),
            Form::Text(parts) => parts.iter().for_each(|part| {
                let at = out.len();
                match part {
                    TextPart::Literal(text) => out.push_str(text),
                    TextPart::Hole(expr) => hole(expr, out),
                }
                url::join(out, at);
            }),
            Form::Json(_) => out.push(unknown),
        }
    }

    /// The value: a template that is one single expression keeps its JSON type, everything else is text (or, for a
    /// template compiled from a JSON object or array, that JSON).
    pub fn value(&self, scope: &mut EvaluationScope<'_>) -> Value {
        match &self.form {
            Form::Json(_) => {
                let mut json = String::new();
                self.write_json(scope, &mut json);
                serde_json::from_str(&json).unwrap_or(Value::Null)
            }
            _ => self.evaluate(scope).into_value(),
        }
    }

    /// The value as text: a string without quotes, null as the empty string, everything else as JSON.
    pub fn text(&self, scope: &mut EvaluationScope<'_>) -> String {
        let mut text = String::new();
        self.evaluate(scope).write_text(&mut text);
        text
    }

    /// The value as a number, if it is one or is text that reads as one.
    pub fn number(&self, scope: &mut EvaluationScope<'_>) -> Option<f64> {
        self.evaluate(scope).as_number().map(|number| number.as_f64())
    }

    /// Whether the value counts as true: everything but false, null, 0, "", [] and {}.
    pub fn is_true(&self, scope: &mut EvaluationScope<'_>) -> bool {
        self.evaluate(scope).is_true()
    }

    /// Appends the value as JSON text: literal parts were serialised when the scenario was compiled.
    pub fn write_json(&self, scope: &mut EvaluationScope<'_>, out: &mut String) {
        match &self.form {
            Form::Constant(constant) => out.push_str(&constant.json),
            Form::Expr(expr) => expr.evaluate(scope).write_json(out),
            Form::Text(parts) => {
                out.push('"');
                for part in parts {
                    match part {
                        TextPart::Literal(text) => write_escaped(text, out),
                        TextPart::Hole(expr) => expr.evaluate(scope).write_inside(out),
                    }
                }
                out.push('"');
            }
            Form::Json(parts) => {
                for part in parts {
                    match part {
                        JsonPart::Literal(json) => out.push_str(json),
                        JsonPart::Value(expr) => expr.evaluate(scope).write_json(out),
                        JsonPart::Inside(expr) => expr.evaluate(scope).write_inside(out),
                    }
                }
            }
        }
    }

    /// The value without a detour through JSON text, except for objects and lists with holes.
    fn evaluate<'v, 'a: 'v>(&'v self, scope: &mut EvaluationScope<'a>) -> Val<'v> {
        match &self.form {
            Form::Constant(constant) => Val::Borrowed(&constant.value),
            Form::Expr(expr) => expr.evaluate(scope),
            Form::Text(parts) => {
                let mut text = String::new();
                for part in parts {
                    let at = text.len();
                    match part {
                        TextPart::Literal(literal) => text.push_str(literal),
                        TextPart::Hole(expr) => expr.evaluate(scope).write_text(&mut text),
                    }
                    url::join(&mut text, at);
                }
                Val::Text(Cow::Owned(text))
            }
            Form::Json(_) => Val::Owned(self.value(scope)),
        }
    }
}

/// Cuts text at its holes. `$${` is a literal `${`.
fn text_parts(text: &str, node: &Node<'_>, names: &mut KnownNames) -> Vec<TextPart> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("${") {
        let dollar = at + found;
        if text[at..dollar].ends_with('$') {
            literal.push_str(&text[at..dollar]);
            literal.push('{');
            at = dollar + 2;
            continue;
        }
        literal.push_str(&text[at..dollar]);
        match hole(text, dollar + 2, names) {
            Ok((expr, end)) => {
                at = end;
                if !literal.is_empty() {
                    parts.push(TextPart::Literal(std::mem::take(&mut literal).into()));
                }
                parts.push(TextPart::Hole(expr));
            }
            Err(error) => {
                node.problem(format!("{} (at character {})", error.message, error.at + 1));
                return Vec::new();
            }
        }
    }
    literal.push_str(&text[at..]);
    if !literal.is_empty() {
        parts.push(TextPart::Literal(literal.into()));
    }
    merge_constants(parts)
}

/// A hole in the middle of a text whose value is known becomes part of the text.
fn merge_constants(parts: Vec<TextPart>) -> Vec<TextPart> {
    if parts.len() < 2 {
        return parts;
    }
    let mut merged: Vec<TextPart> = Vec::new();
    for part in parts {
        let literal = match part {
            TextPart::Literal(text) => text.into_string(),
            TextPart::Hole(Expr::Constant(value)) => {
                let mut text = String::new();
                Val::Owned(value).write_text(&mut text);
                text
            }
            hole => {
                merged.push(hole);
                continue;
            }
        };
        match merged.last_mut() {
            Some(TextPart::Literal(before)) => {
                let mut text = format!("{before}{literal}");
                url::join(&mut text, before.len());
                *before = text.into();
            }
            _ => merged.push(TextPart::Literal(literal.into())),
        }
    }
    merged
}

/// Flattens a JSON value into its serialised literal stretches and its holes.
#[derive(Default)]
struct JsonParts {
    parts: Vec<JsonPart>,
    literal: String,
}

impl JsonParts {
    fn add(&mut self, node: &Node<'_>, names: &mut KnownNames) {
        match node.value() {
            Value::Array(_) => {
                self.literal.push('[');
                for (index, entry) in node.list().iter().enumerate() {
                    if index > 0 {
                        self.literal.push(',');
                    }
                    self.add(entry, names);
                }
                self.literal.push(']');
            }
            Value::Object(_) => {
                self.literal.push('{');
                for (index, (name, entry)) in node.entries().iter().enumerate() {
                    if index > 0 {
                        self.literal.push(',');
                    }
                    if name.contains("${") {
                        entry.problem("a field's name cannot contain `${`: only values are templates");
                    }
                    self.literal.push_str(&Value::from(*name).to_string());
                    self.literal.push(':');
                    self.add(entry, names);
                }
                self.literal.push('}');
            }
            Value::String(_) => self.add_template(Template::compile(node, names)),
            plain => self.literal.push_str(&plain.to_string()),
        }
    }

    fn add_template(&mut self, template: Template) {
        match template.form {
            Form::Constant(constant) => self.literal.push_str(&constant.json),
            Form::Expr(expr) => self.push(JsonPart::Value(expr)),
            Form::Text(parts) => {
                self.literal.push('"');
                for part in parts {
                    match part {
                        TextPart::Literal(text) => write_escaped(&text, &mut self.literal),
                        TextPart::Hole(expr) => self.push(JsonPart::Inside(expr)),
                    }
                }
                self.literal.push('"');
            }
            Form::Json(parts) => self.parts.extend(parts),
        }
    }

    fn push(&mut self, part: JsonPart) {
        if !self.literal.is_empty() {
            self.parts.push(JsonPart::Literal(std::mem::take(&mut self.literal).into()));
        }
        self.parts.push(part);
    }

    fn finish(mut self) -> Template {
        if self.parts.is_empty() {
            return Template::constant(serde_json::from_str(&self.literal).unwrap_or(Value::Null));
        }
        if !self.literal.is_empty() {
            self.parts.push(JsonPart::Literal(self.literal.into()));
        }
        Template::of(Form::Json(self.parts))
    }
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
