//! Another sample rate, by a windowed sinc.
//!
//! Each output sample is a weighted sum of the input around its place; the weights are a low-pass filter (so that what
//! the lower of the two rates cannot carry does not fold back) and symmetric (so that nothing is delayed against
//! anything else). Clips are short and converted once, so no table is kept.

use std::f64::consts::PI;

/// The same audio at another rate. A rate of 0 gives no audio.
pub fn resample(samples: &[i16], from: u32, to: u32) -> Vec<i16> {
    if from == to {
        return samples.to_vec();
    }
    if from == 0 || to == 0 {
        return Vec::new();
    }
    let step = f64::from(from) / f64::from(to);
    // Cycles per input sample, as a share of half its rate.
    let cutoff = step.recip().min(1.0) * PASSED;
    let reach = LOBES / cutoff;
    let count = (samples.len() as f64 / step).round() as usize;
    (0..count).map(|index| at(samples, index as f64 * step, cutoff, reach)).collect()
}

fn at(samples: &[i16], place: f64, cutoff: f64, reach: f64) -> i16 {
    let first = (place - reach).ceil().max(0.0) as usize;
    let last = ((place + reach).floor() as usize).min(samples.len().saturating_sub(1));
    let (mut sum, mut weights) = (0.0, 0.0);
    for (index, sample) in samples.iter().enumerate().take(last + 1).skip(first) {
        let distance = index as f64 - place;
        let weight = sinc(cutoff * distance) * hann(distance / reach);
        sum += weight * f64::from(*sample);
        weights += weight;
    }
    // Divided by what the weights really add up to: a constant stays constant, also at the ends.
    if weights.abs() < 1e-9 { 0 } else { (sum / weights).round().clamp(-32_768.0, 32_767.0) as i16 }
}

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// 1 in the middle, 0 at -1 and 1.
fn hann(x: f64) -> f64 {
    (PI * x / 2.0).cos().powi(2)
}

/// Share of the lower rate's band that passes: the rest is the filter's slope.
const PASSED: f64 = 0.92;
/// Zero crossings of the sinc on each side.
const LOBES: f64 = 16.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hertz: f64, rate: u32, seconds: f64) -> Vec<i16> {
        let count = (seconds * f64::from(rate)) as usize;
        (0..count).map(|n| ((n as f64 * hertz * 2.0 * PI / f64::from(rate)).sin() * 10_000.0).round() as i16).collect()
    }

    /// The largest difference away from the ends, where no filter has all it needs.
    fn difference(a: &[i16], b: &[i16]) -> i32 {
        assert_eq!(a.len(), b.len());
        let inner = 100..a.len() - 100;
        inner.map(|index| (i32::from(a[index]) - i32::from(b[index])).abs()).max().unwrap_or(0)
    }

    #[test]
    fn tones_stay_where_and_what_they_are() {
        #[track_caller]
        fn check(hertz: f64, from: u32, to: u32) {
            let found = resample(&tone(hertz, from, 0.1), from, to);
            let off = difference(&found, &tone(hertz, to, 0.1));
            assert!(off <= 60, "{hertz} Hz from {from} to {to}: off by {off} of 10000");
        }
        check(440.0, 48_000, 24_000);
        check(3_000.0, 48_000, 24_000);
        check(3_000.0, 16_000, 24_000);
        check(1_000.0, 44_100, 24_000);
        check(1_000.0, 8_000, 24_000);
        check(1_000.0, 22_050, 16_000);
    }

    #[test]
    fn what_the_new_rate_cannot_carry_is_gone() {
        let found = resample(&tone(11_000.0, 48_000, 0.1), 48_000, 16_000);
        let loudest = found[100..found.len() - 100].iter().map(|sample| sample.unsigned_abs()).max();
        assert!(loudest <= Some(60), "an alias of {loudest:?} of 10000");
    }

    #[test]
    fn constants_and_ends() {
        assert_eq!(resample(&[500; 48], 48_000, 24_000), [500; 24]);
        assert_eq!(resample(&[1, 2, 3], 8_000, 8_000), [1, 2, 3]);
        assert_eq!(resample(&[], 8_000, 16_000), Vec::<i16>::new());
        assert_eq!(resample(&[7], 8_000, 0), Vec::<i16>::new());
        assert_eq!(resample(&[7], 8_000, 16_000), [7, 7]);
    }
}
