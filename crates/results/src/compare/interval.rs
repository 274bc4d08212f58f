//! Intervals of one run's numbers, and from them intervals of the change between two runs.

use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal, StudentsT};

use super::effective::Effective;

/// A number and where the true one is, with a stated probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// The probability that an interval holds the true value, as the share of errors on each side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Confidence {
    tail: f64,
}

impl Confidence {
    /// What each interval is given for.
    pub const EACH: Self = Self { tail: 0.025 };

    /// So that `comparisons` intervals hold all together as surely as one does alone (Bonferroni).
    pub fn together(comparisons: usize) -> Self {
        Self { tail: Self::EACH.tail / comparisons.max(1) as f64 }
    }

    /// Standard errors on each side, when the spread is known.
    pub fn normal(self) -> f64 {
        Normal::standard().inverse_cdf(1.0 - self.tail)
    }

    /// The same when the spread is taken from so many independent values (Student).
    pub fn student(self, values: f64) -> f64 {
        StudentsT::new(0.0, 1.0, (values - 1.0).max(1.0)).map_or(f64::INFINITY, |t| t.inverse_cdf(1.0 - self.tail))
    }

    /// Samples as if their spread were known: fewer, because it was taken from a few seconds.
    pub fn samples(self, effective: &Effective) -> f64 {
        effective.samples * (self.normal() / self.student(effective.seconds)).powi(2)
    }

    /// Between which ranks of `samples` independent ones the true quantile lies, as shares; `None`: there are too few.
    ///
    /// Distribution-free: how many samples are below the true quantile is binomial, whatever the samples are.
    pub fn ranks(self, quantile: f64, samples: f64) -> Option<(f64, f64)> {
        let count = samples.floor();
        let below = Binomial::new(quantile, count as u64).ok()?;
        let first = smallest(&below, self.tail) as f64;
        let last = smallest(&below, 1.0 - self.tail) as f64 + 1.0;
        (first >= 1.0 && last <= count).then(|| (first / (count + 1.0), last / (count + 1.0)))
    }
}

/// The smallest count that is reached or stayed below with at least this probability.
fn smallest(below: &Binomial, probability: f64) -> u64 {
    let (mut low, mut high) = (0, below.n());
    while low < high {
        let middle = low + (high - low) / 2;
        if below.cdf(middle) >= probability { high = middle } else { low = middle + 1 }
    }
    low
}

impl Interval {
    /// A share of so many independent trials (Wilson's score interval).
    pub fn of_share(share: f64, trials: f64, level: Confidence) -> Self {
        let (z, n) = (level.normal(), trials.max(1.0));
        let spread = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
        let (middle, scale) = (share + z * z / (2.0 * n), 1.0 + z * z / n);
        // At 0 and 1 rounding must not push the bound past the share itself.
        let low = ((middle - spread) / scale).clamp(0.0, share);
        Self { value: share, low, high: ((middle + spread) / scale).clamp(share, 1.0) }
    }

    /// How much more the second is than the first (MOVER: the variance estimates are recovered from the two intervals).
    pub fn difference(first: Self, second: Self) -> Self {
        let value = second.value - first.value;
        Self {
            value,
            low: value - (second.value - second.low).hypot(first.high - first.value),
            high: value + (second.high - second.value).hypot(first.value - first.low),
        }
    }

    /// How many times the first the second is, less one: MOVER on logarithms. `None`: one of them may be 0.
    pub fn relative(first: Self, second: Self) -> Option<Self> {
        if first.low <= 0.0 || second.low <= 0.0 {
            return None;
        }
        let log = |of: Self| Self { value: of.value.ln(), low: of.low.ln(), high: of.high.ln() };
        Some(Self::difference(log(first), log(second)).exp_m1())
    }

    /// Of a logarithm of a ratio: the ratio, less one.
    pub fn exp_m1(self) -> Self {
        Self { value: self.value.exp_m1(), low: self.low.exp_m1(), high: self.high.exp_m1() }
    }

    /// What cannot be less.
    pub fn at_least(self, least: f64) -> Self {
        Self { value: self.value.max(least), low: self.low.max(least), high: self.high.max(least) }
    }

    /// What is known no better than to `error` on each side.
    pub fn blurred(self, error: f64) -> Self {
        Self { low: (self.low - error).max(0.0), high: self.high + error, ..self }
    }

    pub fn scaled(self, factor: f64) -> Self {
        Self { value: self.value * factor, low: self.low * factor, high: self.high * factor }
    }

    /// Zero is outside: there is a change, and it has this sign.
    pub fn sign(&self) -> f64 {
        if self.low > 0.0 {
            1.0
        } else if self.high < 0.0 {
            -1.0
        } else {
            0.0
        }
    }
}
