//! How much the samples of a run really say.
//!
//! Samples of one second share that second's fate, and a second is like the one before it. A thousand of them say less than a
//! thousand independent ones, and an interval that ignores this finds differences between equal runs.

/// As many independent samples, from as many independent seconds, would say the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effective {
    pub samples: f64,
    pub seconds: f64,
}

/// Out of `trials` in one second, `hits` were of the kind that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Second {
    pub trials: f64,
    pub hits: f64,
}

/// Of the share that hits are of all trials; `None`: the run is too short to tell how its seconds differ.
///
/// What seconds have too much or too little of hits (the residuals of a ratio estimate over clusters) is compared with what
/// independent trials would have.
pub fn of_share(seconds: &[Second]) -> Option<Effective> {
    let trials: f64 = seconds.iter().map(|second| second.trials).sum();
    let share = seconds.iter().map(|second| second.hits).sum::<f64>() / trials;
    if trials <= 0.0 {
        return None;
    }
    let rest: Vec<f64> = seconds.iter().map(|second| second.hits - share * second.trials).collect();
    let spread = Spread::of(&rest)?;
    let independent = share * (1.0 - share) * trials;
    let effect = if independent > 0.0 { (spread.of_sum / independent).max(1.0) } else { 1.0 };
    Some(Effective { samples: trials / effect, seconds: spread.seconds })
}

/// How the sum of values of seconds would vary from run to run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Variance of the sum.
    pub of_sum: f64,
    /// Independent seconds.
    pub seconds: f64,
}

impl Spread {
    /// Of values whose mean is 0; `None`: there are too few seconds, or they are too alike.
    pub fn of(rest: &[f64]) -> Option<Self> {
        let count = rest.len() as f64;
        if rest.len() < FEWEST_SECONDS {
            return None;
        }
        let squares: f64 = rest.iter().map(|value| value * value).sum();
        let inflation = if squares > 0.0 { inflation(rest, squares) } else { 1.0 };
        let seconds = count / inflation;
        let of_sum = squares * count / (count - 1.0) * inflation;
        (seconds >= FEWEST_INDEPENDENT).then_some(Self { of_sum, seconds })
    }
}

/// How many times the variance of a sum is that of independent seconds: `1 + 2 (r1 + r2 + ...)` over the correlations with the
/// second before, the one before that and so on, as far as they come in pairs that are positive and fall (Geyer's initial
/// monotone sequence). A mean that is taken from the same short series makes each of them too small by about as much as the
/// whole is long; that is put back.
fn inflation(rest: &[f64], squares: f64) -> f64 {
    let count = rest.len() as f64;
    let correlation = |lag: usize| rest.iter().zip(&rest[lag..]).map(|(a, b)| a * b).sum::<f64>() / squares;
    let (mut sum, mut last) = (-1.0, f64::INFINITY);
    for pair in (0..rest.len() / 2).step_by(2) {
        let both = (correlation(pair) + correlation(pair + 1)).min(last);
        if both <= 0.0 {
            break;
        }
        sum += 2.0 * both;
        last = both;
    }
    let found = sum.max(1.0);
    found / (1.0 - found / count).max(1.0 / count)
}

/// Fewer seconds than this do not show how seconds differ.
const FEWEST_SECONDS: usize = 6;
const FEWEST_INDEPENDENT: f64 = 2.0;
