//! An expression as JavaScript: for scripts that people take elsewhere, so it reads as they would write it.
//!
//! What makes no sense is null here and `NaN` or `undefined` there; the script's helpers treat them alike.

use serde_json::Value;

use super::{Expr, ExpressionOperator, Fact, Function};
use crate::js::{ScriptNames, literal, quoted};

/// What is known about a value before anybody runs; decides which helper a use of it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Bool,
    Text,
    Any,
}

/// How tightly the outermost operator binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Choice,
    Or,
    And,
    Compare,
    Sum,
    Product,
    Unary,
    Primary,
}

#[derive(Debug, Clone)]
pub(crate) struct Js {
    pub(crate) text: String,
    pub(crate) kind: Kind,
    level: Level,
    /// Ends in `?.part`: undefined where the part is missing.
    pub(crate) may_be_undefined: bool,
}

impl Js {
    fn new(text: impl Into<String>, kind: Kind, level: Level) -> Self {
        Self { text: text.into(), kind, level, may_be_undefined: false }
    }

    pub(crate) fn text(text: String) -> Self {
        Self::new(text, Kind::Text, Level::Primary)
    }

    pub(crate) fn any(text: String) -> Self {
        Self::new(text, Kind::Any, Level::Primary)
    }

    fn call(function: &str, arguments: &[String], kind: Kind) -> Self {
        Self::new(format!("{function}({})", arguments.join(", ")), kind, Level::Primary)
    }

    fn at(self, level: Level) -> String {
        if self.level < level { format!("({})", self.text) } else { self.text }
    }

    fn number(self) -> Self {
        match self.kind {
            Kind::Number => self,
            _ => Self::call("num", &[self.text], Kind::Number),
        }
    }

    /// As a condition.
    pub(crate) fn truth(self) -> Self {
        match self.kind {
            Kind::Any => Self::call("isTrue", &[self.text], Kind::Bool),
            _ => self,
        }
    }

    /// As a value in JSON, where undefined would make a field vanish.
    pub(crate) fn value(self) -> String {
        if self.may_be_undefined { format!("{} ?? null", self.text) } else { self.text }
    }
}

impl Expr {
    pub(crate) fn js(&self, names: &ScriptNames<'_>) -> Js {
        match self {
            Self::Constant(value) => constant(value),
            Self::Variable(id) => {
                let (text, kind) = names.variable(*id);
                Js::new(text, kind, Level::Primary)
            }
            Self::Part(whole, pointer) => part(&whole.js(names).at(Level::Primary), pointer),
            Self::Event(pointer) => part(&format!("event[{}]", pointer.arg), &pointer.path),
            Self::Account(column) => Js::new(member("user.account", column, false), Kind::Text, Level::Primary),
            Self::Counter(index) => {
                let name = names.counter(*index);
                Js::call("user.count", &[quoted(name)], Kind::Number)
            }
            Self::Fact(fact) => fact.js(),
            Self::Not(of) => Js::new(format!("!{}", of.js(names).truth().at(Level::Unary)), Kind::Bool, Level::Unary),
            Self::Negative(of) => {
                Js::new(format!("-{}", of.js(names).number().at(Level::Unary)), Kind::Number, Level::Unary)
            }
            Self::And(sides) => logic(sides, "&&", Level::And, names),
            Self::Or(sides) => logic(sides, "||", Level::Or, names),
            Self::Binary(operator, sides) => operator.js(&sides.0, &sides.1, names),
            Self::If(branches) => {
                let (condition, yes, no) = (branches.0.js(names).truth(), branches.1.js(names), branches.2.js(names));
                let kind = if yes.kind == no.kind { yes.kind } else { Kind::Any };
                let (yes, no) = (yes.at(Level::Choice), no.at(Level::Choice));
                Js::new(format!("{} ? {yes} : {no}", condition.at(Level::Or)), kind, Level::Choice)
            }
            Self::Call(function, arguments) => function.js(arguments, names),
        }
    }
}

fn constant(value: &Value) -> Js {
    let kind = match value {
        Value::Number(_) => Kind::Number,
        Value::Bool(_) => Kind::Bool,
        Value::String(_) => Kind::Text,
        _ => Kind::Any,
    };
    let level = if value.as_f64().is_some_and(|number| number < 0.0) { Level::Unary } else { Level::Primary };
    Js::new(literal(value), kind, level)
}

/// `a?.b?.[0]`. A name that every JavaScript value has needs the helper that looks at own fields only.
fn part(whole: &str, pointer: &str) -> Js {
    let keys: Vec<String> = pointer.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")).collect();
    if keys.iter().any(|key| INHERITED.contains(&key.as_str())) {
        return Js::call("pointer", &[whole.to_owned(), quoted(pointer)], Kind::Any);
    }
    let text = keys.iter().fold(whole.to_owned(), |whole, key| member(&whole, key, true));
    Js { may_be_undefined: true, ..Js::new(text, Kind::Any, Level::Primary) }
}

/// A field, or an entry of a list.
fn member(whole: &str, key: &str, optional: bool) -> String {
    let identifier = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    let index = key.bytes().all(|byte| byte.is_ascii_digit()) && key.parse::<u32>().is_ok_and(|n| n.to_string() == key);
    match (identifier, optional) {
        _ if index => format!("{whole}?.[{key}]"),
        (true, true) => format!("{whole}?.{key}"),
        (true, false) => format!("{whole}.{key}"),
        (false, true) => format!("{whole}?.[{}]", quoted(key)),
        (false, false) => format!("{whole}[{}]", quoted(key)),
    }
}

fn logic(sides: &(Expr, Expr), symbol: &str, level: Level, names: &ScriptNames<'_>) -> Js {
    let (left, right) = (sides.0.js(names).truth(), sides.1.js(names).truth());
    let kind = if left.kind == Kind::Bool && right.kind == Kind::Bool { Kind::Bool } else { Kind::Any };
    let js = Js::new(format!("{} {symbol} {}", left.at(level), right.at(level)), kind, level);
    // Of numbers and texts JavaScript gives one of them, not true or false.
    if kind == Kind::Bool { js } else { Js::call("Boolean", &[js.text], Kind::Bool) }
}

impl ExpressionOperator {
    fn js(self, left: &Expr, right: &Expr, names: &ScriptNames<'_>) -> Js {
        let (first, second) = (left.js(names), right.js(names));
        let plain = first.kind == second.kind && first.kind != Kind::Any;
        match self {
            Self::Add => sum(first, "+", second, Level::Sum),
            Self::Subtract => sum(first, "-", second, Level::Product),
            Self::Multiply => {
                binary(&first.number().at(Level::Product), "*", &second.number().at(Level::Unary), Level::Product)
            }
            Self::Divide | Self::FloorDivide => {
                let known = right.constant().and_then(Value::as_f64).is_some_and(|by| by != 0.0);
                let (first, second) = (first.number(), second.number());
                let exact = if known {
                    binary(&first.at(Level::Product), "/", &second.at(Level::Unary), Level::Product)
                } else {
                    Js::call("quotient", &[first.text, second.text], Kind::Number)
                };
                if self == Self::Divide { exact } else { Js::call("Math.floor", &[exact.text], Kind::Number) }
            }
            Self::Remainder => Js::call("mod", &[first.number().text, second.number().text], Kind::Number),
            Self::Equal | Self::Unequal => {
                let unequal = self == Self::Unequal;
                let scalar = |expr: &Expr| expr.constant().is_some_and(|value| !value.is_array() && !value.is_object());
                let null = |expr: &Expr| expr.constant().is_some_and(Value::is_null);
                let symbol = match (null(left) || null(right), unequal) {
                    (true, false) => "==",
                    (true, true) => "!=",
                    (false, false) => "===",
                    (false, true) => "!==",
                };
                if plain || scalar(left) || scalar(right) {
                    return compare(first, symbol, second);
                }
                let not = if unequal { "!" } else { "" };
                Js::new(format!("{not}same({}, {})", first.text, second.text), Kind::Bool, Level::Unary)
            }
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => {
                let symbol = match self {
                    Self::Less => "<",
                    Self::LessOrEqual => "<=",
                    Self::Greater => ">",
                    _ => ">=",
                };
                if plain {
                    return compare(first, symbol, second);
                }
                if second.kind == Kind::Number || first.kind == Kind::Number {
                    return compare(first.number(), symbol, second.number());
                }
                Js::new(format!("order({}, {}) {symbol} 0", first.text, second.text), Kind::Bool, Level::Compare)
            }
        }
    }
}

fn sum(left: Js, symbol: &str, right: Js, inner: Level) -> Js {
    binary(&left.number().at(Level::Sum), symbol, &right.number().at(inner), Level::Sum)
}

fn binary(left: &str, symbol: &str, right: &str, level: Level) -> Js {
    Js::new(format!("{left} {symbol} {right}"), Kind::Number, level)
}

fn compare(left: Js, symbol: &str, right: Js) -> Js {
    Js::new(format!("{} {symbol} {}", left.at(Level::Sum), right.at(Level::Sum)), Kind::Bool, Level::Compare)
}

impl Fact {
    fn js(self) -> Js {
        let (text, kind) = match self {
            Self::UserIndex => ("user.index", Kind::Number),
            Self::UserNumber => ("user.number", Kind::Number),
            Self::RunId => ("user.run", Kind::Text),
            Self::RunUsers => ("user.users", Kind::Number),
            Self::Iteration => ("user.iteration", Kind::Number),
            Self::NowMs => ("Date.now()", Kind::Number),
            Self::Tag => ("tag", Kind::Text),
        };
        Js::new(text, kind, Level::Primary)
    }
}

impl Function {
    fn js(self, arguments: &[Expr], names: &ScriptNames<'_>) -> Js {
        let plain = || arguments.iter().map(|argument| argument.js(names).text).collect::<Vec<_>>();
        let numbers = || arguments.iter().map(|argument| argument.js(names).number().text).collect::<Vec<_>>();
        match self {
            Self::Abs => Js::call("Math.abs", &numbers(), Kind::Number),
            Self::Ceil => Js::call("Math.ceil", &numbers(), Kind::Number),
            Self::Floor => Js::call("Math.floor", &numbers(), Kind::Number),
            Self::Round => Js::call("Math.round", &numbers(), Kind::Number),
            Self::Max => Js::call("Math.max", &numbers(), Kind::Number),
            Self::Min => Js::call("Math.min", &numbers(), Kind::Number),
            Self::Random => Js::call("random", &numbers(), Kind::Any),
            Self::Filler => Js::call("filler", &numbers(), Kind::Text),
            Self::Hex => Js::call("hex", &numbers(), Kind::Text),
            Self::Len => Js::call("len", &plain(), Kind::Number),
            Self::Contains => Js::call("contains", &plain(), Kind::Bool),
            Self::At => {
                let index = arguments[1].js(names).number().text;
                Js::call("at", &[arguments[0].js(names).text, index], Kind::Any)
            }
            Self::Last => Js::call("last", &plain(), Kind::Any),
            Self::Pick => Js::call("pick", &plain(), Kind::Any),
            Self::Choice => Js::call("pick", &[format!("[{}]", plain().join(", "))], Kind::Any),
            Self::Get => Js::call("pointer", &plain(), Kind::Any),
        }
    }
}

/// Fields that are found on every JavaScript object, list or text without being its own.
const INHERITED: &[&str] = &[
    "length",
    "constructor",
    "toString",
    "valueOf",
    "hasOwnProperty",
    "keys",
    "values",
    "entries",
    "at",
    "concat",
    "find",
    "filter",
    "map",
    "includes",
    "indexOf",
    "slice",
    "push",
    "pop",
    "join",
    "sort",
    "reverse",
    "repeat",
    "replace",
    "search",
    "match",
    "link",
    "bold",
    "big",
    "small",
    "sub",
    "sup",
    "blink",
    "fixed",
    "strike",
    "anchor",
    "fill",
    "flat",
    "some",
    "every",
    "reduce",
    "shift",
    "splice",
    "split",
    "trim",
    "normalize",
    "with",
    "__proto__",
];
