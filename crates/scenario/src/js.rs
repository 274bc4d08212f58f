//! Templates and values as JavaScript, for scripts that are made of a compiled scenario.

use serde_json::Value;

use super::expression::{Expr, Js, Kind};
use super::program::{Op, Program, Save, VarId};
use super::template::{Form, JsonPart, Template, TextPart};

/// What a program's names are called in a script.
pub struct ScriptNames<'p> {
    program: &'p Program,
    /// The script's object of settings.
    settings: &'p str,
    is_setting: Vec<bool>,
}

/// Between these a text names a secret that stands elsewhere: characters that no text of a plan needs.
pub const SECRET: (char, char) = ('\u{e000}', '\u{e001}');

impl<'p> ScriptNames<'p> {
    pub fn new(program: &'p Program, settings: &'p str) -> Self {
        let mut is_setting: Vec<bool> = program
            .variables
            .iter()
            .map(|variable| variable.default.as_ref().is_some_and(|default| default.as_constant().is_some()))
            .collect();
        for var in assigned(program) {
            is_setting[usize::from(var.0)] = false;
        }
        Self { program, settings, is_setting }
    }

    /// It never changes and is the same for every user.
    pub fn is_setting(&self, var: VarId) -> bool {
        self.is_setting.get(usize::from(var.0)) == Some(&true)
    }

    pub fn settings(&self) -> &str {
        self.settings
    }

    pub(crate) fn variable(&self, var: VarId) -> (String, Kind) {
        let variable = &self.program.variables[usize::from(var.0)];
        if !self.is_setting(var) {
            return (format!("v.{}", variable.name), Kind::Any);
        }
        let kind = match variable.default.as_ref().and_then(Template::as_constant) {
            Some(Value::Number(_)) => Kind::Number,
            Some(Value::Bool(_)) => Kind::Bool,
            Some(Value::String(_)) => Kind::Text,
            _ => Kind::Any,
        };
        (format!("{}.{}", self.settings, variable.name), kind)
    }

    pub(crate) fn counter(&self, index: usize) -> &str {
        self.program.counters.get(index).map_or("", String::as_str)
    }
}

fn assigned(program: &Program) -> Vec<VarId> {
    let saves = |saves: &[Save]| saves.iter().map(|save| save.var).collect::<Vec<_>>();
    let by_op = |op: &Op| match op {
        Op::Set { var, .. } | Op::Push { var, .. } => vec![*var],
        Op::Http(op) => saves(&op.save),
        Op::Emit(op) => op.answer.as_ref().map_or_else(Vec::new, |answer| saves(&answer.save)),
        Op::Wait(op) => saves(&op.answer.save),
        _ => Vec::new(),
    };
    program.ops.iter().flat_map(by_op).collect()
}

impl Template {
    /// A JavaScript expression for the template's value.
    pub fn js(&self, names: &ScriptNames<'_>) -> String {
        self.readable(names).value()
    }

    /// For a condition.
    pub fn js_truth(&self, names: &ScriptNames<'_>) -> String {
        self.readable(names).truth().text
    }

    /// A text, whatever the value is.
    pub fn js_text(&self, names: &ScriptNames<'_>) -> String {
        let js = self.readable(names);
        if js.kind == Kind::Text { js.text } else { format!("text({})", js.text) }
    }

    /// With the names that stand in the document, so that a setting can be changed in the script.
    fn readable(&self, names: &ScriptNames<'_>) -> Js {
        self.open.as_ref().unwrap_or(&self.form).js(names)
    }

    /// It is the same whatever the settings are.
    pub fn is_literal(&self) -> bool {
        matches!(self.open.as_ref().unwrap_or(&self.form), Form::Constant(_))
    }
}

impl Form {
    fn js(&self, names: &ScriptNames<'_>) -> Js {
        match self {
            Self::Constant(constant) => Expr::Constant(constant.value.clone()).js(names),
            Self::Expr(expr) => expr.js(names),
            Self::Text(parts) => {
                let parts = parts.iter().map(|part| match part {
                    TextPart::Literal(text) => inside(text),
                    TextPart::Hole(expr) => hole(&expr.js(names)),
                });
                Js::text(format!("`{}`", parts.collect::<String>()))
            }
            Self::Json(parts) => Js::any(json(parts, names)),
        }
    }
}

/// The parts as one JSON text with marks for the holes, read again as a value: so it can be laid out.
fn json(parts: &[JsonPart], names: &ScriptNames<'_>) -> String {
    let mut holes = Vec::new();
    let mut text = String::new();
    for part in parts {
        let (expr, quote) = match part {
            JsonPart::Literal(json) => {
                text.push_str(json);
                continue;
            }
            JsonPart::Value(expr) => (expr, "\""),
            JsonPart::Inside(expr) => (expr, ""),
        };
        text.push_str(&format!("{quote}{}{}{}{quote}", HOLE.0, holes.len(), HOLE.1));
        holes.push(expr.js(names));
    }
    write(&serde_json::from_str(&text).unwrap_or(Value::Null), &holes)
}

fn write(value: &Value, holes: &[Js]) -> String {
    match value {
        Value::String(text) => match cut(text, HOLE).as_slice() {
            [Piece::Mark(hole)] => {
                hole.parse().ok().and_then(|at: usize| holes.get(at)).map_or("null".into(), |js| js.clone().value())
            }
            pieces if pieces.iter().any(|piece| matches!(piece, Piece::Mark(_))) => {
                let pieces = pieces.iter().map(|piece| match piece {
                    Piece::Text(text) => inside(text),
                    Piece::Mark(at) => {
                        at.parse().ok().and_then(|at: usize| holes.get(at)).map_or_else(String::new, hole)
                    }
                });
                format!("`{}`", pieces.collect::<String>())
            }
            _ => quoted(text),
        },
        Value::Array(list) => {
            format!("[{}]", list.iter().map(|entry| write(entry, holes)).collect::<Vec<_>>().join(", "))
        }
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, field)| format!("{}: {}", key(name), write(field, holes)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        plain => plain.to_string(),
    }
}

/// A value that is known.
pub fn literal(value: &Value) -> String {
    write(value, &[])
}

/// A field's name.
pub fn key(name: &str) -> String {
    let identifier = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if identifier { name.to_owned() } else { quoted(name) }
}

/// A text between quotes; one with a secret's mark asks for it instead.
pub fn quoted(text: &str) -> String {
    let pieces = cut(text, SECRET);
    match pieces.as_slice() {
        [] => "''".to_owned(),
        [Piece::Mark(name)] => format!("secret({})", quoted(name)),
        [Piece::Text(text)] => {
            let json = Value::from(*text).to_string();
            let inner = json[1..json.len() - 1].replace("\\\"", "\"").replace('\'', "\\'");
            format!("'{}'", separators(&inner))
        }
        _ => format!("`{}`", inside(text)),
    }
}

/// A stretch of a template literal.
fn inside(text: &str) -> String {
    let pieces = cut(text, SECRET).into_iter().map(|piece| match piece {
        Piece::Mark(name) => format!("${{secret({})}}", quoted(name)),
        Piece::Text(text) => {
            let json = Value::from(text).to_string();
            separators(&json[1..json.len() - 1].replace("\\\"", "\"").replace('`', "\\`").replace("${", "\\${"))
        }
    });
    pieces.collect()
}

fn hole(js: &Js) -> String {
    if js.kind == Kind::Text { format!("${{{}}}", js.text) } else { format!("${{text({})}}", js.text) }
}

/// Line ends in JavaScript that JSON does not escape.
fn separators(text: &str) -> String {
    text.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

enum Piece<'t> {
    Text(&'t str),
    Mark(&'t str),
}

/// Cuts a text at its marks.
fn cut(text: &str, (open, close): (char, char)) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        let Some((mark, after)) = after.split_once(close) else { break };
        pieces.extend((!before.is_empty()).then_some(Piece::Text(before)));
        pieces.push(Piece::Mark(mark));
        rest = after;
    }
    pieces.extend((!rest.is_empty()).then_some(Piece::Text(rest)));
    pieces
}

/// Around the number of a hole while a value is laid out.
const HOLE: (char, char) = ('\u{e002}', '\u{e003}');
