//! Samples to text frames and back.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use serde_json::{Map, Value};

use super::SAMPLE_BYTES;
use base::json;

/// What a frame that should carry audio carries instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AudioError {
    #[error("no audio in its field")]
    Missing,
    #[error("audio is not text")]
    NotText,
    #[error("audio is not base64")]
    Base64,
    /// Half a sample is left over at the end of an answer; the whole ones in front of it can still be heard.
    #[error("audio ends in the middle of a sample")]
    OddBytes,
}

impl AudioError {
    /// A short name to count by.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "no audio field",
            Self::NotText => "audio is not text",
            Self::Base64 => "bad base64",
            Self::OddBytes => "odd byte count",
        }
    }
}

/// Writes text frames for plain WebSocket services: `{"type":"...","audio":"<base64>","extra":1}`.
#[derive(Debug, Clone)]
pub struct FrameWriter {
    head: String,
    tail: String,
}

impl FrameWriter {
    /// `event_field` holds the event's name, the place that the RFC 6901 pointer `field` leads to the audio; `extra` follows behind them.
    pub fn new(event_field: &str, event: &str, field: &str, extra: &Map<String, Value>) -> Self {
        let way: Vec<String> = json::names(field).map(|name| json::quote(&name)).collect();
        let head = format!("{{{}:{},{}:\"", json::quote(event_field), json::quote(event), way.join(":{"));
        let members = extra.iter().map(|(name, value)| format!(",{}:{value}", json::quote(name)));
        let tail = format!("\"{}{}}}", "}".repeat(way.len().saturating_sub(1)), members.collect::<String>());
        Self { head, tail }
    }

    /// One frame with these samples.
    pub fn write(&self, samples: &[i16]) -> String {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let mut frame = String::with_capacity(self.head.len() + bytes.len().div_ceil(3) * 4 + self.tail.len());
        frame.push_str(&self.head);
        STANDARD.encode_string(bytes, &mut frame);
        frame.push_str(&self.tail);
        frame
    }
}

/// Reads audio out of frames, into one buffer that it keeps.
#[derive(Debug, Default)]
pub struct PcmReader {
    bytes: Vec<u8>,
}

impl PcmReader {
    /// The whole samples' bytes in `value`, the raw JSON text of a field as `Args::find` gives it. A server may cut its answer anywhere:
    /// `half` is the byte that the chunk before it left over, and becomes the one that this chunk leaves.
    ///
    /// # Errors
    /// What the field holds instead; `half` stays as it is then.
    pub fn read(&mut self, value: Option<&str>, half: &mut Option<u8>) -> Result<&[u8], AudioError> {
        self.bytes.clear();
        let text = json::as_string(value.ok_or(AudioError::Missing)?).ok_or(AudioError::NotText)?;
        self.bytes.extend(*half);
        LENIENT.decode_vec(text.as_bytes(), &mut self.bytes).map_err(|_| AudioError::Base64)?;
        *half = if self.bytes.len().is_multiple_of(SAMPLE_BYTES) { None } else { self.bytes.pop() };
        Ok(&self.bytes)
    }
}

/// As a browser's `atob` reads it: padding may be missing, and bits left over are nobody's business.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn writer(event: &str, extra: Value) -> FrameWriter {
        FrameWriter::new("type", event, "/audio", extra.as_object().expect("it is one"))
    }

    #[test]
    fn frames_are_as_large_as_the_real_clients() {
        #[track_caller]
        fn check(event: &str, extra: Value, bytes: usize) {
            let frame = writer(event, extra).write(&[0; 4_096]);
            assert_eq!(frame.len(), bytes);
            assert_eq!(serde_json::from_str::<Value>(&frame).expect("it is JSON")["type"], event);
        }
        check("input_audio_buffer.append", json!({}), 10_971);
        check("input_audio_chunk", json!({"sample_rate": 24_000}), 10_983);
    }

    #[test]
    fn samples_are_little_endian_and_extras_come_last() {
        let frame = writer("say", json!({"rate": 8_000, "a\"b": null})).write(&[1, -2]);
        assert_eq!(frame, r#"{"type":"say","audio":"AQD+/w==","a\"b":null,"rate":8000}"#);
    }

    #[test]
    fn a_pointer_leads_to_the_audio() {
        #[track_caller]
        fn check(field: &str, expected: &str) {
            let frame =
                FrameWriter::new("type", "say", field, json!({"z": 1}).as_object().expect("it is one")).write(&[1]);
            assert_eq!(frame, expected);
            assert_eq!(json::find(&frame, 0, field), Some(r#""AQA=""#), "{frame}");
        }
        check("/audio", r#"{"type":"say","audio":"AQA=","z":1}"#);
        check("/data/audio", r#"{"type":"say","data":{"audio":"AQA="},"z":1}"#);
        check("/a/b/c", r#"{"type":"say","a":{"b":{"c":"AQA="}},"z":1}"#);
        check("/a~1b~0", r#"{"type":"say","a/b~":"AQA=","z":1}"#);
    }

    #[test]
    fn a_sample_may_be_cut_between_two_chunks() {
        #[track_caller]
        fn check(chunks: &[&[u8]], expected: &[&[u8]], left: Option<u8>) {
            let (mut reader, mut half) = (PcmReader::default(), None);
            let read = chunks.iter().map(|chunk| {
                let value = json::quote(&STANDARD.encode(chunk));
                reader.read(Some(&value), &mut half).expect("it is audio").to_vec()
            });
            assert_eq!(read.collect::<Vec<_>>(), expected);
            assert_eq!(half, left);
        }
        check(&[&[1, 2, 3], &[4, 5, 6]], &[&[1, 2], &[3, 4, 5, 6]], None);
        check(&[&[1], &[2], &[3]], &[&[], &[1, 2], &[]], Some(3));
        check(&[&[1], &[], &[2, 3, 4]], &[&[], &[], &[1, 2, 3, 4]], None);
        check(&[&[1, 2], &[3, 4]], &[&[1, 2], &[3, 4]], None);
    }

    #[test]
    fn what_is_no_audio_is_told_apart() {
        #[track_caller]
        fn check(value: Option<&str>, expected: Result<&[u8], AudioError>) {
            assert_eq!(PcmReader::default().read(value, &mut None), expected, "{value:?}");
            let mut half = Some(7);
            if PcmReader::default().read(value, &mut half).is_err() {
                assert_eq!(half, Some(7), "{value:?}");
            }
        }
        check(Some(r#""AQD+/w==""#), Ok(&[1, 0, 0xfe, 0xff]));
        check(Some(r#""AQA""#), Ok(&[1, 0]));
        check(Some(r#""AQD+/w""#), Ok(&[1, 0, 0xfe, 0xff]));
        check(Some(r#""AQD+\/w==""#), Ok(&[1, 0, 0xfe, 0xff]));
        check(Some(r#""""#), Ok(&[]));
        check(Some(r#""AQD+""#), Ok(&[1, 0]));
        check(Some(r#""A""#), Err(AudioError::Base64));
        check(Some(r#""not base64!""#), Err(AudioError::Base64));
        check(Some("7"), Err(AudioError::NotText));
        check(Some("null"), Err(AudioError::NotText));
        check(Some(r#"["AQD+/w=="]"#), Err(AudioError::NotText));
        check(None, Err(AudioError::Missing));
    }

    #[test]
    fn a_bad_frame_leaves_nothing_behind_for_the_next() {
        let mut reader = PcmReader::default();
        assert!(reader.read(Some(r#""AQD+/w!!""#), &mut None).is_err());
        assert_eq!(reader.read(Some(r#""AQA=""#), &mut None), Ok(&[1_u8, 0][..]));
    }

    proptest! {
        #[test]
        fn samples_survive_the_wire(samples: Vec<i16>) {
            let frame = writer("a", json!({"z": 1})).write(&samples);
            let value = json::find(&frame, 0, "/audio");
            let mut reader = PcmReader::default();
            let mut half = None;
            let bytes = reader.read(value, &mut half).unwrap();
            let read: Vec<i16> = bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
            prop_assert_eq!((read, half), (samples, None));
        }

        #[test]
        fn no_field_panics(value in "\"?[A-Za-z0-9+/=\\\\\" \\PC]{0,40}\"?") {
            let _ = PcmReader::default().read(Some(&value), &mut Some(1));
        }
    }
}
