//! Text to expression: a small recursive-descent parser that resolves names while it reads.
//!
//! ```text
//! or      := and ("||" and)*
//! and     := compare ("&&" compare)*
//! compare := sum (("==" | "!=" | "<=" | ">=" | "<" | ">") sum)?
//! sum     := product (("+" | "-") product)*
//! product := unary (("*" | "//" | "/" | "%") unary)*
//! unary   := ("-" | "!") unary | primary
//! primary := number | 'text' | "text" | "(" or ")" | name
//! ```

use std::collections::BTreeMap;

use serde_json::Value;

use super::number::Num;
use super::{Expr, ExpressionOperator, Fact, Function};
use crate::ids::{Pointer, VarId};
use document::{did_you_mean, quoted};

/// What the names in expressions mean, and which of them were used.
#[derive(Debug, Default)]
pub(crate) struct KnownNames {
    pub(crate) variables: BTreeMap<String, VarId>,
    /// Values of variables that are the same for every user and never change; by [`VarId`].
    pub(crate) constants: Vec<Option<Value>>,
    pub(crate) counters: Vec<String>,
    pub(crate) account_columns: Vec<String>,
    /// An event started the block in which the expression stands.
    pub(crate) event: bool,
    /// The expression stands in the arguments of a ledgered message.
    pub(crate) tag: bool,
    /// How often `tag` was used.
    pub(crate) tags_used: usize,
    /// Variables that were used, in order of their use, for ordering defaults.
    pub(crate) used: Vec<VarId>,
}

/// What is wrong, and at which character of the text (from 0).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ParseError {
    pub(crate) at: usize,
    pub(crate) message: String,
}

/// Words that no variable can have as its name.
pub(crate) const RESERVED: &[&str] =
    &["account", "counter", "event", "false", "if", "iteration", "now_ms", "null", "run", "tag", "true", "user"];

/// Deeper nesting is a mistake, and would take the stack.
const DEEPEST: usize = 50;

pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// Reads the expression that starts at byte `start` of `text`, behind `${`. Gives it with the byte behind its `}`.
pub(crate) fn hole(text: &str, start: usize, names: &mut KnownNames) -> Result<(Expr, usize), ParseError> {
    let mut parser = Parser { text, at: start, depth: 0, names };
    parser.space();
    if parser.rest().starts_with('}') {
        return Err(parser.error("expected an expression, found `}`"));
    }
    let read = parser.or().and_then(|expr| {
        parser.space();
        if parser.take("}") { Ok((expr, parser.at)) } else { Err(parser.unexpected("`}` or an operator")) }
    });
    read.map_err(|error| ParseError { at: text[..error.at].chars().count(), ..error })
}

struct Parser<'t> {
    text: &'t str,
    /// Byte offset.
    at: usize,
    depth: usize,
    names: &'t mut KnownNames,
}

type Parsed = Result<Expr, ParseError>;

impl<'t> Parser<'t> {
    fn or(&mut self) -> Parsed {
        let mut left = self.and()?;
        while self.operator(&["||"]).is_some() {
            left = Expr::Or(Box::new((left, self.and()?))).fold();
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed {
        let mut left = self.compare()?;
        while self.operator(&["&&"]).is_some() {
            left = Expr::And(Box::new((left, self.compare()?))).fold();
        }
        Ok(left)
    }

    fn compare(&mut self) -> Parsed {
        let left = self.sum()?;
        let operator = match self.operator(&["==", "!=", "<=", ">=", "<", ">"]) {
            Some("==") => ExpressionOperator::Equal,
            Some("!=") => ExpressionOperator::Unequal,
            Some("<=") => ExpressionOperator::LessOrEqual,
            Some(">=") => ExpressionOperator::GreaterOrEqual,
            Some("<") => ExpressionOperator::Less,
            Some(_) => ExpressionOperator::Greater,
            None => return Ok(left),
        };
        Ok(Expr::Binary(operator, Box::new((left, self.sum()?))).fold())
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.product()?;
        while let Some(symbol) = self.operator(&["+", "-"]) {
            let operator = if symbol == "+" { ExpressionOperator::Add } else { ExpressionOperator::Subtract };
            left = Expr::Binary(operator, Box::new((left, self.product()?))).fold();
        }
        Ok(left)
    }

    fn product(&mut self) -> Parsed {
        let mut left = self.unary()?;
        while let Some(symbol) = self.operator(&["*", "//", "/", "%"]) {
            let operator = match symbol {
                "*" => ExpressionOperator::Multiply,
                "//" => ExpressionOperator::FloorDivide,
                "/" => ExpressionOperator::Divide,
                _ => ExpressionOperator::Remainder,
            };
            left = Expr::Binary(operator, Box::new((left, self.unary()?))).fold();
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error("the expression is nested too deeply"));
        }
        let parsed = match self.operator(&["-", "!"]) {
            Some("-") => self.unary().map(|of| Expr::Negative(Box::new(of)).fold()),
            Some(_) => self.unary().map(|of| Expr::Not(Box::new(of)).fold()),
            None => self.primary(),
        };
        self.depth -= 1;
        parsed
    }

    fn primary(&mut self) -> Parsed {
        self.space();
        match self.rest().chars().next() {
            Some('(') => {
                self.at += 1;
                let inner = self.or()?;
                self.expect(")")?;
                Ok(inner)
            }
            Some(quote @ ('"' | '\'')) => self.string(quote),
            Some('0'..='9') => self.number(),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => self.named(),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn string(&mut self, quote: char) -> Parsed {
        let inside = &self.rest()[1..];
        let Some(end) = inside.find(quote) else {
            return Err(self.error(format!("the text has no closing {quote}")));
        };
        self.at += end + 2;
        Ok(Expr::Constant(inside[..end].into()))
    }

    fn number(&mut self) -> Parsed {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
        let Some(number) = Num::parse(&rest[..end]) else {
            return Err(self.error(format!("{} is no number", quoted(&rest[..end]))));
        };
        self.at += end;
        Ok(Expr::Constant(number.into_value()))
    }

    fn named(&mut self) -> Parsed {
        let start = self.at;
        let name = self.word();
        if self.rest().starts_with('(') {
            return self.call(name, start);
        }
        let whole = match name {
            "true" | "false" => return Ok(Expr::Constant((name == "true").into())),
            "null" => return Ok(Expr::Constant(Value::Null)),
            "iteration" => Expr::Fact(Fact::Iteration),
            "now_ms" => Expr::Fact(Fact::NowMs),
            "tag" => self.tag(start)?,
            "event" => return self.event(start),
            "user" => self.fact(&[("index", Fact::UserIndex), ("number", Fact::UserNumber)])?,
            "run" => self.fact(&[("id", Fact::RunId), ("users", Fact::RunUsers)])?,
            "account" => {
                let column = self.member("a column's name")?;
                remember(&mut self.names.account_columns, column);
                Expr::Account(column.into())
            }
            "counter" => {
                let counter = self.member("the counter's name")?;
                Expr::Counter(remember(&mut self.names.counters, counter))
            }
            _ => self.variable(name, start)?,
        };
        if self.take("./") {
            self.at -= 1;
            let pointer = self.pointer().to_owned();
            return Ok(Expr::Part(Box::new(whole), pointer.into()).fold());
        }
        if self.rest().starts_with('.') {
            return Err(self.error(format!("a part of `{name}` is written `{name}./part`")));
        }
        Ok(whole)
    }

    fn variable(&mut self, name: &str, start: usize) -> Parsed {
        let Some(&id) = self.names.variables.get(name) else {
            let mut known: Vec<&str> = self.names.variables.keys().map(String::as_str).collect();
            known.extend(RESERVED);
            let hint = did_you_mean(name, &known);
            return Err(ParseError { at: start, message: format!("unknown variable `{name}`{hint}") });
        };
        self.names.used.push(id);
        let constant = self.names.constants.get(usize::from(id.0)).cloned().flatten();
        Ok(constant.map_or(Expr::Variable(id), Expr::Constant))
    }

    fn tag(&mut self, start: usize) -> Parsed {
        if !self.names.tag {
            let message = "`tag` is only known in the arguments of an emit with `message`".into();
            return Err(ParseError { at: start, message });
        }
        self.names.tags_used += 1;
        Ok(Expr::Fact(Fact::Tag))
    }

    fn event(&mut self, start: usize) -> Parsed {
        if !self.names.event {
            let message = "`event` is only known in an entry of `on`: no event started this".into();
            return Err(ParseError { at: start, message });
        }
        if !self.take(".") {
            return Ok(Expr::Event(Pointer { arg: 0, path: String::new() }));
        }
        let rest = self.rest();
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let arg = if digits == 0 { Ok(0) } else { rest[..digits].parse() };
        let Ok(arg) = arg else { return Err(self.error("the argument's number is too large")) };
        self.at += digits;
        let path = self.pointer().to_owned();
        if digits == 0 && path.is_empty() {
            return Err(self.unexpected("a pointer like `event./content`"));
        }
        Ok(Expr::Event(Pointer { arg, path }))
    }

    fn fact(&mut self, known: &[(&str, Fact)]) -> Parsed {
        let names: Vec<String> = known.iter().map(|(name, _)| format!("`{name}`")).collect();
        let names = names.join(" or ");
        let start = self.at + 1;
        let member = self.member(&names)?;
        match known.iter().find(|(name, _)| *name == member) {
            Some((_, fact)) => Ok(Expr::Fact(*fact)),
            None => Err(ParseError { at: start, message: format!("expected {names}, found `{member}`") }),
        }
    }

    fn member(&mut self, what: &str) -> Result<&'t str, ParseError> {
        if !self.take(".") {
            return Err(self.unexpected(&format!("`.` and {what}")));
        }
        let member = self.word();
        if member.is_empty() { Err(self.unexpected(what)) } else { Ok(member) }
    }

    fn call(&mut self, name: &str, start: usize) -> Parsed {
        let function = Function::named(name);
        if function.is_none() && name != "if" {
            let hint = did_you_mean(name, &Function::names());
            return Err(ParseError { at: start, message: format!("unknown function `{name}`{hint}") });
        }
        self.at += 1;
        let mut arguments = Vec::new();
        self.space();
        if !self.take(")") {
            loop {
                arguments.push(self.or()?);
                self.space();
                if self.take(")") {
                    break;
                }
                if !self.take(",") {
                    return Err(self.unexpected("`,` or `)`"));
                }
            }
        }
        let Some(function) = function else { return condition(arguments, start) };
        match function.complaint(arguments.len()) {
            Some(message) => Err(ParseError { at: start, message }),
            None => Ok(Expr::Call(function, arguments).fold()),
        }
    }

    /// The JSON pointer that starts here: `/name/0/other`. Names with other characters need `get(value, '/a-b')`.
    fn pointer(&mut self) -> &'t str {
        let rest = self.rest();
        let mut end = 0;
        while let Some(token) = rest[end..].strip_prefix('/') {
            let length = token.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '~' | '$' | '@' | ':')));
            let length = length.unwrap_or(token.len());
            if length == 0 {
                break;
            }
            end += 1 + length;
        }
        self.at += end;
        &rest[..end]
    }

    fn word(&mut self) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// The first of the operators that stands here; longer ones must come before their beginnings.
    fn operator(&mut self, symbols: &[&'static str]) -> Option<&'static str> {
        self.space();
        let symbol = symbols.iter().find(|symbol| self.rest().starts_with(**symbol))?;
        self.at += symbol.len();
        Some(symbol)
    }

    fn expect(&mut self, symbol: &str) -> Result<(), ParseError> {
        self.space();
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected(&format!("`{symbol}`"))) }
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = self.rest().starts_with(symbol);
        if found {
            self.at += symbol.len();
        }
        found
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn error(&self, message: impl Into<String>) -> ParseError {
        ParseError { at: self.at, message: message.into() }
    }

    fn unexpected(&self, what: &str) -> ParseError {
        match self.rest().chars().next() {
            Some(found) => self.error(format!("expected {what}, found `{found}`")),
            None => self.error(format!("expected {what}, found the end of the text")),
        }
    }
}

fn condition(arguments: Vec<Expr>, start: usize) -> Parsed {
    let given = arguments.len();
    let mut arguments = arguments.into_iter();
    match (arguments.next(), arguments.next(), arguments.next()) {
        (Some(condition), Some(yes), Some(no)) if given == 3 => Ok(Expr::If(Box::new((condition, yes, no))).fold()),
        _ => Err(ParseError { at: start, message: format!("`if` takes 3 arguments, not {given}") }),
    }
}

/// The name's index in the list, added if it is new.
fn remember(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}
