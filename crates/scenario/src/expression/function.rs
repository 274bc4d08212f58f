//! The functions of expressions. What makes no sense gives null.

use std::borrow::Cow;

use fastrand::Rng;
use serde_json::Value;

use super::number::Num;
use super::val::Val;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Abs,
    At,
    Ceil,
    Choice,
    Contains,
    Filler,
    Floor,
    Get,
    Hex,
    Last,
    Len,
    Max,
    Min,
    Pick,
    Random,
    Round,
}

/// Name, function, and how many arguments it takes at least and at most. `if` is no function: it does not evaluate
/// all of its arguments.
const TABLE: &[(&str, Function, usize, usize)] = &[
    ("abs", Function::Abs, 1, 1),
    ("at", Function::At, 2, 2),
    ("ceil", Function::Ceil, 1, 1),
    ("choice", Function::Choice, 1, MANY),
    ("contains", Function::Contains, 2, 2),
    ("filler", Function::Filler, 1, 1),
    ("floor", Function::Floor, 1, 1),
    ("get", Function::Get, 2, 2),
    ("hex", Function::Hex, 1, 1),
    ("last", Function::Last, 1, 1),
    ("len", Function::Len, 1, 1),
    ("max", Function::Max, 1, MANY),
    ("min", Function::Min, 1, MANY),
    ("pick", Function::Pick, 1, 1),
    ("random", Function::Random, 2, 2),
    ("round", Function::Round, 1, 1),
];

impl Function {
    pub(crate) fn named(name: &str) -> Option<Self> {
        TABLE.iter().find(|(known, ..)| *known == name).map(|(_, function, ..)| *function)
    }

    pub(crate) fn names() -> Vec<&'static str> {
        TABLE.iter().map(|(name, ..)| *name).chain(["if"]).collect()
    }

    /// What is wrong with this number of arguments, if anything is.
    pub(crate) fn complaint(self, given: usize) -> Option<String> {
        let (name, _, least, most) = *TABLE.iter().find(|(_, function, ..)| *function == self)?;
        let takes = match (least, most) {
            _ if (least..=most).contains(&given) => return None,
            (_, MANY) => "at least 1 argument".to_owned(),
            (1, _) => "1 argument".to_owned(),
            _ => format!("{least} arguments"),
        };
        Some(format!("`{name}` takes {takes}, not {given}"))
    }

    /// Gives the same for the same arguments.
    pub(crate) const fn is_pure(self) -> bool {
        !matches!(self, Self::Choice | Self::Hex | Self::Pick | Self::Random)
    }

    pub(crate) fn call<'v>(self, mut arguments: Vec<Val<'v>>, random: &mut Rng) -> Val<'v> {
        if matches!(self, Self::Choice) {
            let picked = random.usize(..arguments.len().max(1));
            return if picked < arguments.len() { arguments.swap_remove(picked) } else { Val::Null };
        }
        if matches!(self, Self::Max | Self::Min) {
            return extreme(&arguments, matches!(self, Self::Max));
        }
        let mut arguments = arguments.drain(..);
        let first = arguments.next().unwrap_or(Val::Null);
        let second = arguments.next().unwrap_or(Val::Null);
        match self {
            Self::Abs => rounded(&first, f64::abs),
            Self::Ceil => rounded(&first, f64::ceil),
            Self::Floor => rounded(&first, f64::floor),
            Self::Round => rounded(&first, f64::round),
            Self::At => match second.as_whole().and_then(|index| usize::try_from(index).ok()) {
                Some(index) => first.at(index),
                None => Val::Null,
            },
            Self::Last => match first.as_list().map(<[Value]>::len) {
                Some(length @ 1..) => first.at(length - 1),
                _ => Val::Null,
            },
            Self::Pick => match first.as_list().map(<[Value]>::len) {
                Some(length @ 1..) => first.at(random.usize(..length)),
                _ => Val::Null,
            },
            Self::Contains => Val::Bool(contains(&first, &second)),
            Self::Get => match second.as_text() {
                Some(pointer) => first.part(pointer),
                None => Val::Null,
            },
            Self::Len => Val::Number(Num::Whole(length(&first))),
            Self::Filler => Val::Text(Cow::Owned(filler(characters(&first)))),
            Self::Hex => {
                let digit = |_| char::from_digit(random.u32(..16), 16).expect("it is below 16");
                Val::Text(Cow::Owned((0..characters(&first)).map(digit).collect()))
            }
            Self::Random => between(&first, &second, random),
            Self::Choice | Self::Max | Self::Min => Val::Null,
        }
    }
}

fn rounded<'v>(value: &Val<'_>, round: fn(f64) -> f64) -> Val<'v> {
    Val::number(value.as_number().and_then(|number| Num::of(round(number.as_f64()))))
}

fn extreme<'v>(values: &[Val<'v>], largest: bool) -> Val<'v> {
    let mut found: Option<Num> = None;
    for value in values {
        let Some(number) = value.as_number() else { return Val::Null };
        if found.is_none_or(|found| if largest { number > found } else { number < found }) {
            found = Some(number);
        }
    }
    Val::number(found)
}

/// Whether a list has the value, a text the text, or an object the field.
pub(crate) fn contains(whole: &Val<'_>, part: &Val<'_>) -> bool {
    if let Some(list) = whole.as_list() {
        return list.iter().any(|entry| Val::Borrowed(entry).equals(part));
    }
    let Some(part) = part.as_text() else { return false };
    match whole {
        Val::Borrowed(Value::Object(fields)) => fields.contains_key(part),
        Val::Owned(Value::Object(fields)) => fields.contains_key(part),
        _ => whole.as_text().is_some_and(|text| text.contains(part)),
    }
}

fn length(value: &Val<'_>) -> i64 {
    let length = match value {
        Val::Borrowed(Value::Object(fields)) => fields.len(),
        Val::Owned(Value::Object(fields)) => fields.len(),
        _ => match (value.as_list(), value.as_text()) {
            (Some(list), _) => list.len(),
            (_, Some(text)) => text.chars().count(),
            _ => 0,
        },
    };
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn between<'v>(low: &Val<'_>, high: &Val<'_>, random: &mut Rng) -> Val<'v> {
    match (low.as_number(), high.as_number()) {
        (Some(low), Some(high)) if low > high => Val::Null,
        (Some(Num::Whole(low)), Some(Num::Whole(high))) => Val::Number(Num::Whole(random.i64(low..=high))),
        (Some(low), Some(high)) => Val::number(Num::of(low.as_f64() + random.f64() * (high.as_f64() - low.as_f64()))),
        _ => Val::Null,
    }
}

fn characters(count: &Val<'_>) -> usize {
    count.as_whole().and_then(|count| usize::try_from(count).ok()).unwrap_or(0).min(LONGEST_TEXT)
}

/// Fixed text of that many characters in which never more than three letters stand together, because banned-word
/// filters match parts of words of four and more. It does not end in a space, which servers trim.
fn filler(count: usize) -> String {
    let mut text = FILLER.repeat(count / FILLER.len() + 1);
    text.truncate(count);
    if text.ends_with(' ') {
        text.pop();
        text.push('.');
    }
    text
}

const FILLER: &str = "it is a big day and we go by bus to the sea, ";
const MANY: usize = usize::MAX;
/// Keeps a mistyped length from taking a worker's memory.
const LONGEST_TEXT: usize = 1_000_000;
