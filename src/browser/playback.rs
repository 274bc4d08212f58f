//! Sound out of the machine's speakers.

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AudioBufferSourceNode, AudioContext, AudioContextOptions, AudioScheduledSourceNode, GainNode};

use super::exception::Exception;

/// Why nothing is heard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaybackError {
    #[error("the browser plays no audio at {rate} samples a second: {why}")]
    Rate { rate: u32, why: Exception },
    #[error("the browser does not play it: {0}")]
    Refused(Exception),
}

/// Plays what it is given, when it is told; silent and closed when dropped.
#[derive(Debug)]
pub struct Playback {
    context: AudioContext,
    volume: GainNode,
    rate: u32,
    /// The last piece, whose end is told.
    last: Option<(AudioBufferSourceNode, Closure<dyn FnMut()>)>,
}

impl Playback {
    /// `rate`: of all that will be played, so that the browser need not resample piece by piece.
    ///
    /// # Errors
    /// The browser has no sound at this rate.
    pub fn new(rate: u32) -> Result<Self, PlaybackError> {
        let refused = |error: JsValue| PlaybackError::Rate { rate, why: error.into() };
        let options = AudioContextOptions::new();
        options.set_sample_rate(rate as f32);
        let context = AudioContext::new_with_context_options(&options).map_err(refused)?;
        let volume = context.create_gain().map_err(refused)?;
        volume.connect_with_audio_node(&context.destination()).map_err(refused)?;
        Ok(Self { context, volume, rate, last: None })
    }

    /// Seconds of its own clock, by which pieces are scheduled.
    pub fn now(&self) -> f64 {
        self.context.current_time()
    }

    /// 0 to 1.
    pub fn set_volume(&self, volume: f64) {
        self.volume.gain().set_value(volume.clamp(0.0, 1.0) as f32);
    }

    /// Plays samples from `at` of its clock on.
    pub fn schedule(&mut self, samples: &[i16], at: f64) {
        // What cannot be played is not heard, which is all that is lost.
        let _ = self.play(samples, at, None);
    }

    /// Plays samples at once; `on_end` is called when they are over, and not when the playback is dropped before.
    ///
    /// # Errors
    /// There are none, or the browser refuses.
    pub fn play_to_end(&mut self, samples: &[i16], on_end: impl FnMut() + 'static) -> Result<(), PlaybackError> {
        let on_end = Closure::<dyn FnMut()>::new(on_end);
        let now = self.now();
        self.play(samples, now, Some(on_end)).map_err(|error| PlaybackError::Refused(error.into()))
    }

    fn play(&mut self, samples: &[i16], at: f64, on_end: Option<Closure<dyn FnMut()>>) -> Result<(), JsValue> {
        let buffer = self.context.create_buffer(1, samples.len() as u32, self.rate as f32)?;
        let floats: Vec<f32> = samples.iter().map(|sample| f32::from(*sample) / 32_768.0).collect();
        buffer.copy_to_channel(&floats, 0)?;
        let source = self.context.create_buffer_source()?;
        source.set_buffer(Some(&buffer));
        source.connect_with_audio_node(&self.volume)?;
        source.start_with_when(at.max(0.0))?;
        if let Some(on_end) = on_end {
            AudioScheduledSourceNode::set_onended(&source, Some(on_end.as_ref().unchecked_ref()));
            self.last = Some((source, on_end));
        }
        Ok(())
    }
}

impl Drop for Playback {
    fn drop(&mut self) {
        if let Some((source, _)) = &self.last {
            AudioScheduledSourceNode::set_onended(source, None);
        }
        // Whatever is scheduled is silent from here on. A context that is closed already says so, and that is all.
        let _ = self.context.close();
    }
}
