//! WAV files: 16-bit PCM, and IMA ADPCM, which is a quarter of its size.
//!
//! Only what the shipped clips (and a host without a browser) need; every other file is decoded by the browser. No crate
//! in use reads ADPCM without bringing a whole media framework along. The formats are those of RFC 2361 and of the IMA's
//! "Recommended Practices for Enhancing Digital Audio Compatibility in Multimedia Systems" (1992).

/// Mono audio from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wav {
    /// Samples a second.
    pub rate: u32,
    pub samples: Vec<i16>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WavError {
    #[error("not a WAV file")]
    NotWav,
    #[error("the file ends within its {0} chunk")]
    Short(&'static str),
    #[error("no {0} chunk")]
    Missing(&'static str),
    #[error("format {format} with {channels} channels of {bits} bits: only 16-bit PCM and mono IMA ADPCM can be read")]
    Unsupported { format: u16, channels: u16, bits: u16 },
    #[error("a sample rate of {0} per second")]
    Rate(u32),
}

/// Reads a file; several channels become their mean.
///
/// # Errors
/// [`WavError`] if it is no WAV file, is cut short, or is in another format.
pub fn read(file: &[u8]) -> Result<Wav, WavError> {
    let mut rest = file.strip_prefix(b"RIFF").and_then(|rest| rest.get(4..)).ok_or(WavError::NotWav)?;
    rest = rest.strip_prefix(b"WAVE").ok_or(WavError::NotWav)?;
    let (mut format, mut frames) = (None, None);
    while let Some((head, body)) = rest.split_first_chunk::<8>() {
        let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        match &head[..4] {
            b"fmt " => format = Some(Format::read(body.get(..size).ok_or(WavError::Short("fmt"))?)?),
            // Samples per channel: an ADPCM file's last block is filled up with nothing.
            b"fact" => frames = body.first_chunk::<4>().map(|count| u32::from_le_bytes(*count) as usize),
            b"data" => {
                let data = body.get(..size).ok_or(WavError::Short("data"))?;
                return format.ok_or(WavError::Missing("fmt"))?.decode(data, frames);
            }
            _ => {}
        }
        // Chunks begin at even places.
        rest = body.get(size + size % 2..).unwrap_or_default();
    }
    Err(WavError::Missing("data"))
}

struct Format {
    tag: u16,
    channels: u16,
    rate: u32,
    block: usize,
    bits: u16,
}

impl Format {
    fn read(chunk: &[u8]) -> Result<Self, WavError> {
        let chunk = chunk.first_chunk::<16>().ok_or(WavError::Short("fmt"))?;
        let half = |at: usize| u16::from_le_bytes([chunk[at], chunk[at + 1]]);
        let rate = u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]);
        if rate == 0 {
            return Err(WavError::Rate(rate));
        }
        Ok(Self { tag: half(0), channels: half(2), rate, block: usize::from(half(12)), bits: half(14) })
    }

    fn decode(&self, data: &[u8], frames: Option<usize>) -> Result<Wav, WavError> {
        let samples = match (self.tag, self.channels, self.bits) {
            (PCM, 1.., 16) => mixed(data, usize::from(self.channels)),
            (IMA_ADPCM, 1, 4) if self.block > 4 => {
                let mut samples: Vec<i16> = data.chunks(self.block).flat_map(ima_block).collect();
                samples.truncate(frames.unwrap_or(usize::MAX));
                samples
            }
            (format, channels, bits) => return Err(WavError::Unsupported { format, channels, bits }),
        };
        Ok(Wav { rate: self.rate, samples })
    }
}

fn mixed(data: &[u8], channels: usize) -> Vec<i16> {
    let sample = |pair: &[u8]| i32::from(i16::from_le_bytes([pair[0], pair[1]]));
    let mean = |frame: &[u8]| frame.chunks_exact(2).map(sample).sum::<i32>() / channels as i32;
    data.chunks_exact(channels * 2).map(|frame| mean(frame) as i16).collect()
}

/// A block begins with its first sample and the place in the table of steps; then 4 bits a sample, low ones first.
fn ima_block(block: &[u8]) -> Vec<i16> {
    let Some((head, codes)) = block.split_first_chunk::<4>() else { return Vec::new() };
    let mut value = i32::from(i16::from_le_bytes([head[0], head[1]]));
    let mut place = usize::from(head[2]).min(STEPS.len() - 1);
    let mut samples = vec![value as i16];
    for code in codes.iter().flat_map(|byte| [byte & 15, byte >> 4]) {
        let step = STEPS[place];
        let size = [step >> 3, step >> 2, step >> 1, step];
        let change = size[0]
            + if code & 1 != 0 { size[1] } else { 0 }
            + if code & 2 != 0 { size[2] } else { 0 }
            + if code & 4 != 0 { size[3] } else { 0 };
        value = (if code & 8 != 0 { value - change } else { value + change }).clamp(-32_768, 32_767);
        let moved = place as isize + MOVES[usize::from(code & 7)];
        place = moved.clamp(0, STEPS.len() as isize - 1) as usize;
        samples.push(value as i16);
    }
    samples
}

const PCM: u16 = 1;
const IMA_ADPCM: u16 = 0x11;

/// How far a code moves the place in the table.
const MOVES: [isize; 8] = [-1, -1, -1, -1, 2, 4, 6, 8];

#[rustfmt::skip]
const STEPS: [i32; 89] = [
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118,
    130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060,
    1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132,
    7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn file(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut file = b"RIFF\0\0\0\0WAVE".to_vec();
        for (name, body) in chunks {
            file.extend_from_slice(*name);
            file.extend_from_slice(&(body.len() as u32).to_le_bytes());
            file.extend_from_slice(body);
            file.resize(file.len() + body.len() % 2, 0);
        }
        file
    }

    fn format(tag: u16, channels: u16, rate: u32, block: u16, bits: u16) -> Vec<u8> {
        let halves = |values: &[u16]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        [&halves(&[tag, channels])[..], &rate.to_le_bytes(), &[0; 4], &halves(&[block, bits])].concat()
    }

    #[test]
    fn formats() {
        #[track_caller]
        fn check(chunks: &[(&[u8; 4], &[u8])], expected: Result<(u32, &[i16]), WavError>) {
            let found = read(&file(chunks));
            assert_eq!(found, expected.map(|(rate, samples)| Wav { rate, samples: samples.to_vec() }));
        }
        let mono = format(1, 1, 24_000, 2, 16);
        let stereo = format(1, 2, 8_000, 4, 16);
        let ima = format(0x11, 1, 8_000, 8, 4);
        check(&[(b"fmt ", &mono), (b"data", &[1, 0, 0xff, 0xff])], Ok((24_000, &[1, -1])));
        check(&[(b"LIST", &[1, 2, 3]), (b"fmt ", &mono), (b"data", &[1, 0])], Ok((24_000, &[1])));
        check(&[(b"fmt ", &stereo), (b"data", &[2, 0, 4, 0, 0xfe, 0xff, 0, 0])], Ok((8_000, &[3, -1])));
        // 7 >> 3 = 0, codes 0 and 8 leave the value; code 7 adds 0 + 1 + 3 + 7, code 15 at step 16 takes 2 + 4 + 8 + 16.
        check(&[(b"fmt ", &ima), (b"data", &[100, 0, 0, 0, 0x80, 0xf7])], Ok((8_000, &[100, 100, 100, 111, 81])));
        check(&[(b"fmt ", &ima), (b"fact", &[2, 0, 0, 0]), (b"data", &[100, 0, 0, 0, 0x80])], Ok((8_000, &[100, 100])));
        check(&[(b"data", &[1, 0])], Err(WavError::Missing("fmt")));
        check(&[(b"fmt ", &mono)], Err(WavError::Missing("data")));
        check(&[(b"fmt ", &mono[..10])], Err(WavError::Short("fmt")));
        let unsupported = WavError::Unsupported { format: 3, channels: 1, bits: 32 };
        check(&[(b"fmt ", &format(3, 1, 8_000, 4, 32)), (b"data", &[])], Err(unsupported));
        check(&[(b"fmt ", &format(1, 1, 0, 4, 16)), (b"data", &[])], Err(WavError::Rate(0)));
    }

    #[test]
    fn what_is_no_wav_file_is_refused() {
        assert_eq!(read(b""), Err(WavError::NotWav));
        assert_eq!(read(b"RIFF\0\0\0\0AVI "), Err(WavError::NotWav));
        let good = file(&[(b"fmt ", &format(1, 1, 8_000, 2, 16)), (b"data", &[1, 0, 2, 0])]);
        for length in 0..good.len() {
            assert!(read(&good[..length]).is_err(), "{length} of {} bytes", good.len());
        }
    }
}
