//! Audio files of every kind that the browser knows, as mono samples at a rate of our choice.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AudioBuffer, Blob, DomException, OfflineAudioContext};

use super::exception::Exception;
use protocol::audio::from_floats;

/// Why a file gives no audio.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DecodeError {
    #[error("it has {:.0} MB, and {:.0} MB is the most", .0 / 1e6, MOST_BYTES / 1e6)]
    Large(f64),
    #[error("the file cannot be read")]
    Unread,
    #[error("this browser has no audio at {0} samples a second")]
    Rate(u32),
    #[error("this browser cannot decode it: WAV, MP3 and OGG mostly work")]
    Format,
    #[error("the browser refused: {0}")]
    Refused(Exception),
}

impl From<JsValue> for DecodeError {
    fn from(error: JsValue) -> Self {
        let name = error.dyn_ref::<DomException>().map(DomException::name).unwrap_or_default();
        if name == "EncodingError" { Self::Format } else { Self::Refused(error.into()) }
    }
}

/// The audio of a file; several channels become their mean. The context that decodes also resamples; it renders
/// nothing, so there is nothing to close.
///
/// # Errors
/// The file is gone or too large, or the browser knows no such format.
pub async fn decode(file: &Blob, rate: u32) -> Result<Vec<i16>, DecodeError> {
    if file.size() > MOST_BYTES {
        return Err(DecodeError::Large(file.size()));
    }
    let bytes = JsFuture::from(file.array_buffer()).await.map_err(|_| DecodeError::Unread)?;
    let context = OfflineAudioContext::new_with_number_of_channels_and_length_and_sample_rate(1, 1, rate as f32)
        .map_err(|_| DecodeError::Rate(rate))?;
    let decoding = context.decode_audio_data(bytes.unchecked_ref())?;
    let decoded = JsFuture::from(decoding).await?;
    Ok(mono(decoded.unchecked_ref())?)
}

fn mono(buffer: &AudioBuffer) -> Result<Vec<i16>, JsValue> {
    let channels = (0..buffer.number_of_channels()).map(|channel| buffer.get_channel_data(channel));
    let channels = channels.collect::<Result<Vec<_>, _>>()?;
    let Some((first, rest)) = channels.split_first() else { return Ok(Vec::new()) };
    let mut mean = first.clone();
    for channel in rest {
        mean.iter_mut().zip(channel).for_each(|(sum, sample)| *sum += sample);
    }
    mean.iter_mut().for_each(|sum| *sum /= channels.len() as f32);
    Ok(from_floats(&mean))
}

/// Two minutes of CD quality, and a little more: what is longer is no utterance.
const MOST_BYTES: f64 = 30e6;
