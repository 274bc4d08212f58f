//! Audio files of every kind that the browser knows, as mono samples at a rate of our choice.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AudioBuffer, Blob, DomException, OfflineAudioContext};

use protocol::audio::from_floats;

/// The audio of a file; several channels become their mean. The context that decodes also resamples; it renders
/// nothing, so there is nothing to close.
///
/// # Errors
/// The file is gone or too large, or the browser knows no such format.
pub async fn decode(file: &Blob, rate: u32) -> Result<Vec<i16>, String> {
    if file.size() > MOST_BYTES {
        return Err(format!("it has {:.0} MB, and {:.0} MB is the most", file.size() / 1e6, MOST_BYTES / 1e6));
    }
    let bytes = JsFuture::from(file.array_buffer()).await.map_err(|_| "the file cannot be read".to_owned())?;
    let context = OfflineAudioContext::new_with_number_of_channels_and_length_and_sample_rate(1, 1, rate as f32)
        .map_err(|_| format!("this browser has no audio at {rate} samples a second"))?;
    let decoding = context.decode_audio_data(bytes.unchecked_ref()).map_err(|error| cause(&error))?;
    let decoded = JsFuture::from(decoding).await.map_err(|error| cause(&error))?;
    mono(decoded.unchecked_ref())
}

fn mono(buffer: &AudioBuffer) -> Result<Vec<i16>, String> {
    let channels = (0..buffer.number_of_channels()).map(|channel| buffer.get_channel_data(channel));
    let channels = channels.collect::<Result<Vec<_>, _>>().map_err(|error| cause(&error))?;
    let Some((first, rest)) = channels.split_first() else { return Ok(Vec::new()) };
    let mut mean = first.clone();
    for channel in rest {
        mean.iter_mut().zip(channel).for_each(|(sum, sample)| *sum += sample);
    }
    mean.iter_mut().for_each(|sum| *sum /= channels.len() as f32);
    Ok(from_floats(&mean))
}

fn cause(error: &wasm_bindgen::JsValue) -> String {
    let name = error.dyn_ref::<DomException>().map(DomException::name).unwrap_or_default();
    match name.as_str() {
        "EncodingError" => "this browser cannot decode it: WAV, MP3 and OGG mostly work".to_owned(),
        _ => format!("the browser refused: {error:?}"),
    }
}

/// Two minutes of CD quality, and a little more: what is longer is no utterance.
const MOST_BYTES: f64 = 30e6;
