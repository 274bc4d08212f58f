//! What stands between `${` and `}`: parsed once, folded as far as constants reach, evaluated for each user.
//!
//! An evaluation never fails: what makes no sense (a sum of lists, an index beyond the end) is null.

mod evaluate;
mod function;
mod number;
mod parse;
mod val;

use serde_json::Value;

use super::ids::{Pointer, VarId};
pub(super) use function::Function;
pub(super) use parse::{KnownNames, RESERVED, hole, is_name, is_reserved};
pub(super) use val::{Val, write_escaped};

#[derive(Debug, Clone)]
pub(super) enum Expr {
    Constant(Value),
    Variable(VarId),
    /// The part of a value that a JSON pointer leads to.
    Part(Box<Expr>, Box<str>),
    Event(Pointer),
    Account(Box<str>),
    /// Index into the program's counters.
    Counter(usize),
    Fact(Fact),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    /// The second operand is only evaluated when the first does not decide.
    And(Box<(Expr, Expr)>),
    Or(Box<(Expr, Expr)>),
    Binary(ExpressionOperator, Box<(Expr, Expr)>),
    /// Condition, value if it holds, value if not; only the one that counts is evaluated.
    If(Box<(Expr, Expr, Expr)>),
    Call(Function, Vec<Expr>),
}

/// What an expression can name besides variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fact {
    UserIndex,
    UserNumber,
    RunId,
    RunUsers,
    Iteration,
    NowMs,
    Tag,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExpressionOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Expr {
    pub(super) const fn constant(&self) -> Option<&Value> {
        match self {
            Self::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// Replaces an expression whose operands are constants by its value.
    fn fold(self) -> Self {
        let decided = match &self {
            Self::Part(of, _) | Self::Not(of) | Self::Negative(of) => of.constant().is_some(),
            Self::Binary(_, operands) => operands.0.constant().is_some() && operands.1.constant().is_some(),
            Self::Call(function, arguments) => {
                function.is_pure() && arguments.iter().all(|argument| argument.constant().is_some())
            }
            Self::And(operands) => match operands.0.constant() {
                Some(first) => !Val::Borrowed(first).is_true() || operands.1.constant().is_some(),
                None => false,
            },
            Self::Or(operands) => match operands.0.constant() {
                Some(first) => Val::Borrowed(first).is_true() || operands.1.constant().is_some(),
                None => false,
            },
            _ => false,
        };
        match self {
            Self::If(branches) => match branches.0.constant().map(|condition| Val::Borrowed(condition).is_true()) {
                Some(true) => branches.1,
                Some(false) => branches.2,
                None => Self::If(branches),
            },
            expr if decided => Self::Constant(expr.evaluate_constant()),
            expr => expr,
        }
    }
}
