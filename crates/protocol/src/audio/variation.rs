//! The same utterance louder, softer, in a noisy room.

/// How an utterance differs from its clip. Whole decibels, in steps, so that users can share what is encoded once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Variation {
    gain_db: i8,
    noise_db: Option<i8>,
}

impl Variation {
    /// Gain in dB, rounded to 3 dB within -30 to 12; white noise at this level below full scale, rounded to 6 dB within
    /// -78 to -12. What is not finite counts as absent.
    pub fn new(gain_db: f64, noise_db: Option<f64>) -> Self {
        let step = |db: f64, step: f64, least: f64, most: f64| ((db / step).round() * step).clamp(least, most) as i8;
        let gain_db = if gain_db.is_finite() { step(gain_db, 3.0, -30.0, 12.0) } else { 0 };
        Self { gain_db, noise_db: noise_db.filter(|db| db.is_finite()).map(|db| step(db, 6.0, -78.0, -12.0)) }
    }

    /// The clip with gain, then noise. The same clip and variation always give the same samples.
    pub fn apply(self, samples: &[i16]) -> Vec<i16> {
        let gain = amplitude(self.gain_db);
        // Noise that is even between -a and a has a root mean square of a / √3.
        let noise = self.noise_db.map_or(0.0, |db| amplitude(db) * 32_768.0 * 3f64.sqrt());
        let mut random = fastrand::Rng::with_seed(NOISE_SEED);
        let mut vary = |sample: &i16| {
            let hiss = if noise > 0.0 { noise * (2.0 * random.f64() - 1.0) } else { 0.0 };
            (f64::from(*sample) * gain + hiss).round().clamp(-32_768.0, 32_767.0) as i16
        };
        samples.iter().map(&mut vary).collect()
    }
}

fn amplitude(db: i8) -> f64 {
    10f64.powf(f64::from(db) / 20.0)
}

/// The noise is a recording like the clip: nothing of a run depends on it.
const NOISE_SEED: u64 = 0x5eed;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Level;

    #[test]
    fn gain_is_rounded_to_steps() {
        #[track_caller]
        fn check(gain: f64, noise: Option<f64>, expected: (i8, Option<i8>)) {
            let Variation { gain_db, noise_db } = Variation::new(gain, noise);
            assert_eq!((gain_db, noise_db), expected, "{gain} {noise:?}");
        }
        check(0.0, None, (0, None));
        check(-1.4, None, (0, None));
        check(-1.6, Some(-40.0), (-3, Some(-42)));
        check(100.0, Some(0.0), (12, Some(-12)));
        check(-100.0, Some(-500.0), (-30, Some(-78)));
        check(f64::NAN, Some(f64::INFINITY), (0, None));
    }

    #[test]
    fn levels_are_as_asked() {
        #[track_caller]
        fn check(samples: &[i16], gain: f64, noise: Option<f64>, rms_db: f64) {
            let mut level = Level::default();
            level.add_samples(&Variation::new(gain, noise).apply(samples));
            let found = 20.0 * level.rms().log10();
            assert!((found - rms_db).abs() < 0.2, "{found} dB instead of {rms_db} dB");
        }
        check(&[16_384; 100], 0.0, None, -6.02);
        check(&[16_384; 100], -12.0, None, -18.02);
        check(&[0; 24_000], 0.0, Some(-42.0), -42.0);
        check(&[0; 24_000], 12.0, Some(-24.0), -24.0);
    }

    #[test]
    fn nothing_changes_without_a_variation() {
        let samples = [0, 1, -1, i16::MAX, i16::MIN];
        assert_eq!(Variation::default().apply(&samples), samples);
        assert_eq!(Variation::new(12.0, None).apply(&[30_000, -30_000]), [i16::MAX, i16::MIN]);
    }
}
