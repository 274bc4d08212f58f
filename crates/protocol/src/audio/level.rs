//! How loud audio is, whether it is silent or clipped, and where speech ends in it.

use super::SAMPLE_BYTES;

/// The level of a stretch of audio, added up chunk by chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Level {
    samples: u64,
    squares: u64,
    peak: u16,
    /// Full-scale samples in a row at its end, which the next chunk may go on with.
    run: u32,
    clipped: bool,
}

impl Level {
    /// Adds samples as little-endian bytes; half a sample at the end is ignored.
    pub fn add_bytes(&mut self, bytes: &[u8]) {
        let (pairs, _) = bytes.as_chunks::<SAMPLE_BYTES>();
        self.add(pairs.iter().map(|pair| i16::from_le_bytes(*pair)));
    }

    pub fn add_samples(&mut self, samples: &[i16]) {
        self.add(samples.iter().copied());
    }

    fn add(&mut self, samples: impl ExactSizeIterator<Item = i16>) {
        self.samples += samples.len() as u64;
        for sample in samples {
            let size = sample.unsigned_abs();
            self.squares += u64::from(size) * u64::from(size);
            self.peak = self.peak.max(size);
            self.run = if size >= FULL_SCALE { self.run + 1 } else { 0 };
            self.clipped |= self.run >= CLIPPED_RUN;
        }
    }

    /// Samples added so far.
    pub const fn samples(&self) -> u64 {
        self.samples
    }

    /// Root mean square, 0 to 1 of full scale; 0 for no audio.
    pub fn rms(&self) -> f64 {
        if self.samples == 0 {
            return 0.0;
        }
        (self.squares as f64 / self.samples as f64).sqrt() / 32_768.0
    }

    /// The largest sample, 0 to 1 of full scale.
    pub fn peak(&self) -> f64 {
        f64::from(self.peak) / 32_768.0
    }

    /// Nobody would hear anything.
    pub fn is_silent(&self) -> bool {
        self.peak() < SILENT_PEAK
    }

    /// The top of at least one wave was cut off.
    pub const fn is_clipped(&self) -> bool {
        self.clipped
    }
}

/// The index behind the last sample of speech: the end of the last window of 10 ms that is within 30 dB of the loudest
/// one and above -60 dB of full scale. 0: there is no speech.
///
/// Measured against the loudest window, so that gain does not move it.
pub fn voiced_end(samples: &[i16], rate: u32) -> usize {
    let (window, voiced) = voiced_windows(samples, rate);
    let last = voiced.iter().rposition(|voiced| *voiced);
    last.map_or(0, |last| ((last + 1) * window).min(samples.len()))
}

/// For each piece of `length` samples: the index behind its last sample of speech, from its beginning; 0: it has none.
/// Pauses between words are no speech.
pub fn voiced_ends(samples: &[i16], rate: u32, length: usize) -> Vec<usize> {
    let (window, voiced) = voiced_windows(samples, rate);
    let end_in = |begin: usize| {
        let end = (begin + length).min(samples.len());
        let within = begin / window..end.div_ceil(window);
        let last = within.rev().find(|at| voiced[*at]);
        last.map_or(0, |last| ((last + 1) * window).min(end) - begin)
    };
    (0..samples.len()).step_by(length).map(end_in).collect()
}

/// The length of a window, and which windows are speech.
fn voiced_windows(samples: &[i16], rate: u32) -> (usize, Vec<bool>) {
    let window = (rate as usize / WINDOWS_PER_SECOND).max(1);
    let power = |window: &[i16]| {
        let squares: u64 = window.iter().map(|sample| u64::from(sample.unsigned_abs()).pow(2)).sum();
        squares as f64 / window.len() as f64
    };
    let powers: Vec<f64> = samples.chunks(window).map(power).collect();
    let loudest = powers.iter().copied().fold(0.0, f64::max);
    let least = (loudest * WITHIN_30_DB).max(MINUS_60_DB * 32_768.0 * 32_768.0);
    (window, powers.iter().map(|power| *power >= least).collect())
}

/// -50 dB of full scale: below the hiss of a quiet room.
const SILENT_PEAK: f64 = 0.003_162;
/// What counts as full scale: converters clip at either end of the range.
const FULL_SCALE: u16 = 32_767;
/// Two neighbours at full scale can be the top of a wave; three are a wave without its top.
const CLIPPED_RUN: u32 = 3;
const WINDOWS_PER_SECOND: usize = 100;
/// As shares of power.
const WITHIN_30_DB: f64 = 1e-3;
const MINUS_60_DB: f64 = 1e-6;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn level(samples: &[i16]) -> Level {
        let mut level = Level::default();
        level.add_samples(samples);
        let mut from_bytes = Level::default();
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let middle = bytes.len() / 4 * 2;
        from_bytes.add_bytes(&bytes[..middle]);
        from_bytes.add_bytes(&bytes[middle..]);
        assert_eq!(from_bytes, level, "chunks add up");
        level
    }

    #[test]
    fn root_mean_square_and_peak() {
        #[track_caller]
        fn check(samples: &[i16], rms: f64, peak: f64) {
            let level = level(samples);
            assert!((level.rms() - rms).abs() < 1e-9 && (level.peak() - peak).abs() < 1e-9, "{level:?}");
        }
        check(&[], 0.0, 0.0);
        check(&[0, 0], 0.0, 0.0);
        check(&[16_384, -16_384], 0.5, 0.5);
        check(&[16_384, 0, 0, 0], 0.25, 0.5);
        check(&[-32_768; 4], 1.0, 1.0);
    }

    #[test]
    fn silence_and_clipping() {
        #[track_caller]
        fn check(samples: &[i16], silent: bool, clipped: bool) {
            let level = level(samples);
            assert_eq!((level.is_silent(), level.is_clipped()), (silent, clipped), "{samples:?}");
        }
        check(&[], true, false);
        check(&[103, -103], true, false);
        check(&[104], false, false);
        check(&[32_767, 32_767, 0, 32_767], false, false);
        check(&[0, 32_767, 32_767, 32_767], false, true);
        check(&[-32_768, -32_768, -32_767], false, true);
    }

    #[test]
    fn speech_ends_where_it_falls_by_30_db() {
        #[track_caller]
        fn check(parts: &[(i16, usize)], expected: usize) {
            let samples: Vec<i16> = parts.iter().flat_map(|(value, count)| vec![*value; *count]).collect();
            assert_eq!(voiced_end(&samples, 1_000), expected, "{parts:?}");
        }
        check(&[], 0);
        check(&[(0, 100)], 0);
        check(&[(30, 100)], 0);
        check(&[(0, 50), (10_000, 40), (0, 100)], 90);
        // 40 dB below the loudest is no speech any more, 20 dB is.
        check(&[(10_000, 40), (100, 30)], 40);
        check(&[(10_000, 40), (1_000, 30)], 70);
        // A pause in the middle is none.
        check(&[(10_000, 10), (0, 50), (10_000, 10), (0, 30)], 70);
        // The last window may be short.
        check(&[(10_000, 14)], 14);
    }

    #[test]
    fn every_piece_knows_where_its_speech_ends() {
        #[track_caller]
        fn check(parts: &[(i16, usize)], length: usize, expected: &[usize]) {
            let samples: Vec<i16> = parts.iter().flat_map(|(value, count)| vec![*value; *count]).collect();
            assert_eq!(voiced_ends(&samples, 1_000, length), expected, "{parts:?}");
        }
        // Windows of 10 samples.
        check(&[(0, 20), (9_000, 10), (0, 30), (9_000, 10), (0, 10)], 20, &[0, 10, 0, 10]);
        check(&[(9_000, 40)], 20, &[20, 20]);
        check(&[(9_000, 45)], 20, &[20, 20, 5]);
        // A window that reaches into the next piece belongs to both.
        check(&[(0, 20), (9_000, 10), (0, 20)], 25, &[25, 5]);
        check(&[(0, 30)], 20, &[0, 0]);
        check(&[], 20, &[]);
    }
}
