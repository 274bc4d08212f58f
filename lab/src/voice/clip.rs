//! What the service says: the clips that ship with the page, cut into chunks and encoded once for all conversations.

use std::sync::LazyLock;

use axum::extract::ws::Utf8Bytes;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::ear::RATE;
use super::frames;

pub struct Clip {
    pub text: &'static str,
    /// Whole frames, one for each 100 ms.
    pub chat: Vec<Utf8Bytes>,
    pub scenario: Vec<Utf8Bytes>,
}

/// The clip with which a turn is answered; 0 is the greeting.
pub fn of_turn(turn: u32) -> &'static Clip {
    &CLIPS[turn as usize % CLIPS.len()]
}

static CLIPS: LazyLock<[Clip; 3]> = LazyLock::new(|| {
    [
        clip(
            "Last weekend I went hiking with two of my friends.",
            include_bytes!("../../../presets/audio/weekend.wav"),
        ),
        clip("What is the weather like in your city today?", include_bytes!("../../../presets/audio/weather.wav")),
        clip("I would like a cup of coffee, please.", include_bytes!("../../../presets/audio/order.wav")),
    ]
});

fn clip(text: &'static str, file: &[u8]) -> Clip {
    let mut samples = decode(file).expect("the shipped clips are IMA ADPCM, 24 kHz, mono");
    // The last chunk is filled up with silence.
    samples.resize(samples.len().next_multiple_of(CHUNK), 0);
    let chunk = |samples: &[i16]| STANDARD.encode(samples.iter().flat_map(|s| s.to_le_bytes()).collect::<Vec<_>>());
    let audio: Vec<_> = samples.chunks(CHUNK).map(chunk).collect();
    Clip {
        text,
        chat: audio.iter().map(|audio| frames::chat_audio(audio)).collect(),
        scenario: audio.iter().map(|audio| frames::scenario_audio(audio)).collect(),
    }
}

/// The samples of a WAV file in IMA ADPCM, 24 kHz, mono.
fn decode(file: &[u8]) -> Option<Vec<i16>> {
    let format = riff_part(file, b"fmt ")?;
    let number = |at: usize| Some(u16::from_le_bytes(format.get(at..at + 2)?.try_into().ok()?));
    let rate = u32::from_le_bytes(format.get(4..8)?.try_into().ok()?);
    if (number(0)?, number(2)?, u64::from(rate), number(14)?) != (IMA_ADPCM, 1, RATE, 4) {
        return None;
    }
    let length = u32::from_le_bytes(riff_part(file, b"fact")?.get(..4)?.try_into().ok()?);
    let mut samples = Vec::new();
    for block in riff_part(file, b"data")?.chunks(usize::from(number(12)?)) {
        decode_block(block, &mut samples)?;
    }
    samples.truncate(length as usize);
    Some(samples)
}

fn riff_part<'a>(file: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    let mut rest = file.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WAVE")?;
    loop {
        let length = u32::from_le_bytes(rest.get(4..8)?.try_into().ok()?) as usize;
        let body = rest.get(8..8 + length)?;
        if rest.starts_with(name) {
            return Some(body);
        }
        // Parts begin at even places.
        rest = rest.get(8 + length.next_multiple_of(2)..)?;
    }
}

/// A block begins with a sample as it is and the step to start from; then two samples a byte, the lower half first.
fn decode_block(block: &[u8], samples: &mut Vec<i16>) -> Option<()> {
    let mut value = i32::from(i16::from_le_bytes(block.get(..2)?.try_into().ok()?));
    let mut index = usize::from(*block.get(2)?).min(STEPS.len() - 1);
    samples.push(value as i16);
    for code in block.get(4..)?.iter().flat_map(|byte| [byte & 15, byte >> 4]) {
        let step = STEPS[index];
        let mut change = step >> 3;
        for (bit, shift) in [(4, 0), (2, 1), (1, 2)] {
            change += if code & bit != 0 { step >> shift } else { 0 };
        }
        value += if code & 8 == 0 { change } else { -change };
        value = value.clamp(i32::from(i16::MIN), i32::from(i16::MAX));
        samples.push(value as i16);
        index = match code & 7 {
            0..4 => index.saturating_sub(1),
            louder => (index + usize::from(louder - 3) * 2).min(STEPS.len() - 1),
        };
    }
    Some(())
}

/// 100 ms.
const CHUNK: usize = (RATE / 10) as usize;
const IMA_ADPCM: u16 = 0x11;
/// The standard's table: each step is about 1.1 times the one before.
const STEPS: [i32; 89] = [
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107,
    118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963,
    1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894,
    6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794,
    32767,
];

#[cfg(test)]
mod tests {
    use super::super::ear::{Ear, Heard};
    use super::*;

    #[test]
    fn a_block_is_decoded_as_the_standard_says() {
        let mut samples = Vec::new();
        // From 100 at step 7: +7/8+7/4+7/2+7 = 11, then the step of index 8; minus nothing but 16/8 = 2.
        decode_block(&[100, 0, 0, 0, 0x87], &mut samples).expect("a whole block");
        assert_eq!(samples, [100, 111, 109]);
    }

    #[test]
    fn the_clips_are_speech_and_their_frames_have_the_size_of_the_real_ones() {
        for turn in 0..3 {
            let clip = of_turn(turn);
            assert!((15..60).contains(&clip.chat.len()), "{}", clip.chat.len());
            assert!(clip.chat.iter().all(|frame| frame.len() == 6_433), "{}", clip.chat[0].len());
            assert!(clip.scenario.iter().all(|frame| frame.len() == 6_467), "{}", clip.scenario[0].len());
        }
        let samples = decode(include_bytes!("../../../presets/audio/order.wav")).expect("a clip");
        assert_eq!(samples.len(), 0xe4e7);
        let loud = samples.iter().filter(|s| s.unsigned_abs() > 30_000).count();
        assert!(loud < samples.len() / 100, "decoding has not run away");
        let heard = Ear::default().listen(&[samples, vec![0; 36_000]].concat());
        assert!(matches!(heard[..], [Heard::Started, Heard::Stopped { speech_ms: 1_000..2_600 }]), "{heard:?}");
    }
}
