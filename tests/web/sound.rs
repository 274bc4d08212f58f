//! Sound in tests: what is open is counted, and the microphone is a tone.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Blob;

#[wasm_bindgen(inline_js = r"
let closed = 0;
let stopped = 0;
const close = AudioContext.prototype.close;
const stop = MediaStreamTrack.prototype.stop;

export function watch() {
  closed = 0;
  stopped = 0;
  AudioContext.prototype.close = async function () {
    await close.call(this);
    closed += 1;
  };
  MediaStreamTrack.prototype.stop = function () {
    stop.call(this);
    stopped += 1;
  };
}
export function closedContexts() {
  return closed;
}
export function strawMicrophone() {
  navigator.mediaDevices.getUserMedia = async () => new AudioContext().createMediaStreamDestination().stream;
}
export function refuseMicrophone() {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
}
export function stoppedTracks() {
  return stopped;
}
")]
extern "C" {
    /// From here on, contexts that played or listened are counted when they are closed, and microphones' tracks
    /// when they are stopped.
    pub fn watch();
    #[wasm_bindgen(js_name = closedContexts)]
    pub fn closed_contexts() -> usize;
    /// The page's microphone is silence from here on, without a question to anybody.
    #[wasm_bindgen(js_name = strawMicrophone)]
    pub fn straw_microphone();
    #[wasm_bindgen(js_name = refuseMicrophone)]
    pub fn refuse_microphone();
    #[wasm_bindgen(js_name = stoppedTracks)]
    pub fn stopped_tracks() -> usize;
}

pub fn file(bytes: &[u8]) -> Blob {
    Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes))).expect("bytes make a file")
}

/// A WAV file of mono 16-bit PCM.
pub fn wav(rate: u32, samples: &[i16]) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let mut file = b"RIFF".to_vec();
    file.extend((36 + data.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(rate.to_le_bytes());
    file.extend((rate * 2).to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file
}
