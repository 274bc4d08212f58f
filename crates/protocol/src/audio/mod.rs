//! Audio as voice services carry it: mono 16-bit PCM, little-endian, as base64 in a field of a JSON text frame.
//!
//! ```text
//!   file ──wav::read──> samples ──resample──> rate of the service ──Variation──> FrameWriter ──> text frames, shared
//!   text frame ──args.find──> base64 ──PcmReader──> bytes, in a reused buffer ──> Level
//! ```
//! Nothing here knows when audio is sent or heard: that is `user::voice` and `metrics::listening`.

pub mod clips;
mod frames;
mod level;
mod resample;
mod variation;
pub mod wav;

pub use clips::Clip;
pub use frames::{AudioError, FrameWriter, PcmReader};
pub use level::{Level, voiced_end, voiced_ends};
pub use resample::resample;
pub use variation::Variation;

use base::time::Span;

/// Bytes of one sample.
pub const SAMPLE_BYTES: usize = 2;

/// How long so many samples take at so many a second, to the microsecond.
pub fn length(samples: u64, rate: u32) -> Span {
    let micros = u128::from(samples) * 1_000_000 / u128::from(rate.max(1));
    Span::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}

/// Samples from -1 to 1, as a browser's decoder gives them, in the way of the usual microphone page: clipped, then scaled
/// by 32768 below zero and 32767 above.
pub fn from_floats(samples: &[f32]) -> Vec<i16> {
    let scale = |sample: f32| if sample < 0.0 { sample * 32_768.0 } else { sample * 32_767.0 };
    samples.iter().map(|sample| scale(sample.clamp(-1.0, 1.0)) as i16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_do_not_drift() {
        #[track_caller]
        fn check(samples: u64, rate: u32, micros: u64) {
            assert_eq!(length(samples, rate), Span::from_micros(micros));
        }
        check(0, 24_000, 0);
        check(4_096, 24_000, 170_666);
        // 1,000 chunks are not 1,000 times the rounded length of one.
        check(4_096_000, 24_000, 170_666_666);
        check(u64::MAX, 1, u64::MAX);
        check(1, 0, 1_000_000);
    }

    #[test]
    fn floats_become_samples_as_in_a_browser() {
        assert_eq!(
            from_floats(&[0.0, 1.0, -1.0, 0.5, -0.5, 7.0, -7.0, f32::NAN]),
            [0, 32_767, -32_768, 16_383, -16_384, 32_767, -32_768, 0]
        );
    }
}
