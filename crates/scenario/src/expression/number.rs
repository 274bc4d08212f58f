//! Arithmetic of expressions: whole numbers as long as they stay whole and fit, floating point beyond.

use serde_json::{Number, Value};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Num {
    Whole(i64),
    /// Finite, and not whole (or beyond the whole numbers that a float holds exactly).
    Real(f64),
}

impl Num {
    /// `None` for infinities and what is not a number. A float without a fraction becomes a whole number.
    pub(crate) fn of(value: f64) -> Option<Self> {
        if !value.is_finite() {
            None
        } else if value.fract() == 0.0 && value.abs() <= LARGEST_EXACT {
            Some(Self::Whole(value as i64))
        } else {
            Some(Self::Real(value))
        }
    }

    pub(crate) fn of_json(number: &Number) -> Option<Self> {
        number.as_i64().map(Self::Whole).or_else(|| number.as_f64().and_then(Self::of))
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        text.parse().map(Self::Whole).ok().or_else(|| text.parse().ok().and_then(Self::of))
    }

    pub(crate) const fn as_f64(self) -> f64 {
        match self {
            Self::Whole(value) => value as f64,
            Self::Real(value) => value,
        }
    }

    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Whole(value) => value.into(),
            Self::Real(value) => value.into(),
        }
    }

    pub(crate) fn add(self, other: Self) -> Option<Self> {
        self.combine(other, i64::checked_add, |a, b| a + b)
    }

    pub(crate) fn subtract(self, other: Self) -> Option<Self> {
        self.combine(other, i64::checked_sub, |a, b| a - b)
    }

    pub(crate) fn multiply(self, other: Self) -> Option<Self> {
        self.combine(other, i64::checked_mul, |a, b| a * b)
    }

    /// Exact for whole numbers that divide evenly; `None` for a division by zero.
    pub(crate) fn divide(self, other: Self) -> Option<Self> {
        let even = |a: i64, b: i64| if a.checked_rem(b)? == 0 { a.checked_div(b) } else { None };
        self.combine(other, even, |a, b| a / b)
    }

    /// Rounded towards minus infinity.
    pub(crate) fn floor_divide(self, other: Self) -> Option<Self> {
        let floor = |a: i64, b: i64| {
            let quotient = a.checked_div(b)?;
            Some(if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
        };
        self.combine(other, floor, |a, b| (a / b).floor())
    }

    /// What [`floor_divide`](Self::floor_divide) leaves: it has the sign of the divisor.
    pub(crate) fn remainder(self, other: Self) -> Option<Self> {
        let floor = |a: i64, b: i64| {
            let rest = a.checked_rem(b)?;
            Some(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
        };
        self.combine(other, floor, |a, b| a - b * (a / b).floor())
    }

    fn combine(
        self,
        other: Self,
        whole: impl FnOnce(i64, i64) -> Option<i64>,
        real: impl FnOnce(f64, f64) -> f64,
    ) -> Option<Self> {
        if let (Self::Whole(a), Self::Whole(b)) = (self, other)
            && let Some(result) = whole(a, b)
        {
            return Some(Self::Whole(result));
        }
        Self::of(real(self.as_f64(), other.as_f64()))
    }
}

impl PartialOrd for Num {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => Some(a.cmp(b)),
            _ => self.as_f64().partial_cmp(&other.as_f64()),
        }
    }
}

/// 2^53: up to here a float holds every whole number.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;
