//! The utterances that come with the page.

use serde::{Deserialize, Serialize};

use super::{SAMPLE_BYTES, wav};

/// Something to say: mono audio under a name. Samples are kept as bytes, which cross from page to worker in one piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clip {
    pub name: String,
    /// Samples a second.
    pub rate: u32,
    /// 16-bit samples, little-endian.
    #[serde(with = "serde_bytes")]
    pcm: Vec<u8>,
}

impl Clip {
    pub fn new(name: String, rate: u32, samples: &[i16]) -> Self {
        Self { name, rate, pcm: samples.iter().flat_map(|sample| sample.to_le_bytes()).collect() }
    }

    pub fn samples(&self) -> Vec<i16> {
        let (pairs, _) = self.pcm.as_chunks::<SAMPLE_BYTES>();
        pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect()
    }
}

/// Names of the shipped clips.
pub const SHIPPED: [&str; 3] = ["order", "weather", "weekend"];

const FILES: [&[u8]; SHIPPED.len()] = [
    include_bytes!("../../../../presets/audio/order.wav"),
    include_bytes!("../../../../presets/audio/weather.wav"),
    include_bytes!("../../../../presets/audio/weekend.wav"),
];

/// The WAV file of a shipped clip, as a player takes it.
pub fn shipped_file(name: &str) -> Option<&'static [u8]> {
    SHIPPED.iter().position(|known| *known == name).map(|place| FILES[place])
}

/// A shipped clip.
pub fn shipped(name: &str) -> Option<Clip> {
    let wav::Wav { rate, samples } = wav::read(shipped_file(name)?).expect("a test reads every shipped clip");
    Some(Clip::new(name.to_owned(), rate, &samples))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{Level, voiced_end};

    #[test]
    fn every_shipped_clip_is_speech_from_end_to_end() {
        #[track_caller]
        fn check(name: &str, samples: usize) {
            let clip = shipped(name).expect("it is shipped");
            let spoken = clip.samples();
            assert_eq!((clip.rate, spoken.len()), (24_000, samples), "{name}");
            let mut level = Level::default();
            level.add_samples(&spoken);
            assert!(!level.is_clipped() && level.rms() > 0.05 && level.peak() > 0.5, "{name}: {level:?}");
            assert!(samples - voiced_end(&spoken, clip.rate) < 24_000 / 5, "{name} ends in silence");
        }
        check("order", 58_599);
        check("weather", 57_255);
        check("weekend", 69_041);
        assert_eq!(shipped("nobody"), None);
    }
}
