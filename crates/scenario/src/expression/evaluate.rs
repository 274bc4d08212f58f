//! Evaluation of an expression for one user.

use std::borrow::Cow;

use fastrand::Rng;
use serde_json::Value;

use super::number::Num;
use super::{Expr, ExpressionOperator, Fact, Val};
use crate::scope::{EvaluationScope, UserFacts};

impl Expr {
    /// Never fails: what makes no sense is null.
    pub(crate) fn evaluate<'v, 'a: 'v>(&'v self, scope: &mut EvaluationScope<'a>) -> Val<'v> {
        match self {
            Self::Constant(value) => Val::Borrowed(value),
            Self::Variable(id) => Val::borrowed(scope.vars.get(usize::from(id.0))),
            Self::Part(whole, pointer) => whole.evaluate(scope).part(pointer),
            Self::Event(pointer) => match scope.event.and_then(|args| args.part(pointer)) {
                Some(Cow::Borrowed(part)) => Val::Borrowed(part),
                Some(Cow::Owned(part)) => Val::Owned(part),
                None => Val::Null,
            },
            Self::Account(column) => {
                let found = scope.user.account.iter().find(|(name, _)| **name == **column);
                found.map_or(Val::Null, |(_, value)| Val::Text(Cow::Borrowed(value)))
            }
            Self::Counter(index) => count(scope.counters.get_mut(*index)),
            Self::Fact(fact) => fact.evaluate(scope),
            Self::Not(of) => Val::Bool(!of.evaluate(scope).is_true()),
            Self::Negative(of) => {
                Val::number(of.evaluate(scope).as_number().and_then(|number| Num::Whole(0).subtract(number)))
            }
            Self::And(sides) => Val::Bool(sides.0.evaluate(scope).is_true() && sides.1.evaluate(scope).is_true()),
            Self::Or(sides) => Val::Bool(sides.0.evaluate(scope).is_true() || sides.1.evaluate(scope).is_true()),
            Self::Binary(operator, sides) => {
                let (left, right) = (sides.0.evaluate(scope), sides.1.evaluate(scope));
                operator.apply(&left, &right)
            }
            Self::If(branches) => {
                if branches.0.evaluate(scope).is_true() {
                    branches.1.evaluate(scope)
                } else {
                    branches.2.evaluate(scope)
                }
            }
            Self::Call(function, arguments) => {
                let arguments = arguments.iter().map(|argument| argument.evaluate(scope)).collect();
                function.call(arguments, scope.random)
            }
        }
    }

    /// The value of an expression that looks at nothing but constants.
    pub(super) fn evaluate_constant(&self) -> Value {
        let user = UserFacts::default();
        let mut scope = EvaluationScope {
            user: &user,
            vars: &[],
            event: None,
            tag: "",
            wall_ms: 0.0,
            counters: &mut [],
            random: &mut Rng::with_seed(0),
        };
        self.evaluate(&mut scope).into_value()
    }
}

/// A counter gives 0, 1, 2 ...: each evaluation moves it on.
fn count<'v>(counter: Option<&mut u64>) -> Val<'v> {
    let Some(counter) = counter else { return Val::Null };
    let value = *counter;
    *counter = counter.wrapping_add(1);
    Val::number(i64::try_from(value).ok().map(Num::Whole))
}

impl Fact {
    fn evaluate<'v, 'a: 'v>(self, scope: &EvaluationScope<'a>) -> Val<'v> {
        let whole = |number: i64| Val::Number(Num::Whole(number));
        match self {
            Self::UserIndex => whole(scope.user.index.into()),
            Self::UserNumber => whole(i64::from(scope.user.index) + 1),
            Self::RunId => Val::Text(Cow::Borrowed(&scope.user.run)),
            Self::RunUsers => whole(scope.user.users.into()),
            Self::Iteration => whole(scope.user.iteration.into()),
            Self::NowMs => Val::number(Num::of(scope.wall_ms.floor())),
            Self::Tag => Val::Text(Cow::Borrowed(scope.tag)),
        }
    }
}

impl ExpressionOperator {
    fn apply<'v>(self, left: &Val<'_>, right: &Val<'_>) -> Val<'v> {
        let numbers = |combine: fn(Num, Num) -> Option<Num>| {
            Val::number(left.as_number().zip(right.as_number()).and_then(|(left, right)| combine(left, right)))
        };
        match self {
            Self::Add => numbers(Num::add),
            Self::Subtract => numbers(Num::subtract),
            Self::Multiply => numbers(Num::multiply),
            Self::Divide => numbers(Num::divide),
            Self::FloorDivide => numbers(Num::floor_divide),
            Self::Remainder => numbers(Num::remainder),
            Self::Equal => Val::Bool(left.equals(right)),
            Self::Unequal => Val::Bool(!left.equals(right)),
            Self::Less => ordered(left, right, std::cmp::Ordering::is_lt),
            Self::LessOrEqual => ordered(left, right, std::cmp::Ordering::is_le),
            Self::Greater => ordered(left, right, std::cmp::Ordering::is_gt),
            Self::GreaterOrEqual => ordered(left, right, std::cmp::Ordering::is_ge),
        }
    }
}

/// Numbers by value, texts by their characters; anything else has no order.
fn ordered<'v>(left: &Val<'_>, right: &Val<'_>, holds: fn(std::cmp::Ordering) -> bool) -> Val<'v> {
    let by_number = || left.as_number()?.partial_cmp(&right.as_number()?);
    let by_text = || Some(left.as_text()?.cmp(right.as_text()?));
    by_number().or_else(by_text).map_or(Val::Null, |ordering| Val::Bool(holds(ordering)))
}
