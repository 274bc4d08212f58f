//! The tester's own microphone, recorded.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AnalyserNode, AudioContext, Blob, BlobEvent, DomException, MediaRecorder, MediaStream, MediaStreamConstraints,
    MediaStreamTrack, RecordingState,
};

use super::exception::Exception;

/// Why there is no recording, as a sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MicrophoneError {
    #[error("A microphone is only given to pages from https or from this machine.")]
    Insecure,
    #[error(
        "The browser does not let this page use the microphone. Allow it beside the address, and try again; \
         a file of your own does as well."
    )]
    Refused,
    #[error("No microphone was found.")]
    NotFound,
    #[error("The microphone cannot be used; another program may have it.")]
    InUse,
    #[error("The microphone cannot be used: {0}.")]
    Other(Exception),
}

impl From<JsValue> for MicrophoneError {
    fn from(error: JsValue) -> Self {
        let name = error.dyn_ref::<DomException>().map(DomException::name).unwrap_or_default();
        match name.as_str() {
            "NotAllowedError" | "SecurityError" => Self::Refused,
            "NotFoundError" => Self::NotFound,
            "NotReadableError" => Self::InUse,
            _ => Self::Other(error.into()),
        }
    }
}

/// A microphone that is on and recorded; off when dropped.
pub struct Microphone {
    stream: MediaStream,
    /// Only measures how loud it is: nothing of it is played.
    context: AudioContext,
    analyser: AnalyserNode,
    recorder: MediaRecorder,
    parts: Rc<RefCell<Vec<Blob>>>,
    _on_data: Closure<dyn FnMut(BlobEvent)>,
}

impl Microphone {
    /// Asks for the permission, and records from then on.
    ///
    /// # Errors
    /// It was refused, there is none, another program has it.
    pub async fn open() -> Result<Self, MicrophoneError> {
        let devices = web_sys::window().and_then(|window| window.navigator().media_devices().ok());
        // An insecure page has none, which the binding does not say.
        let devices = devices.filter(|devices| !AsRef::<JsValue>::as_ref(devices).is_undefined());
        let devices = devices.ok_or(MicrophoneError::Insecure)?;
        let wanted = MediaStreamConstraints::new();
        wanted.set_audio(&JsValue::TRUE);
        let stream = devices.get_user_media_with_constraints(&wanted)?;
        let stream: MediaStream = JsFuture::from(stream).await?.unchecked_into();
        Ok(Self::record(&stream).inspect_err(|_| switch_off(&stream))?)
    }

    fn record(stream: &MediaStream) -> Result<Self, JsValue> {
        let context = AudioContext::new()?;
        let analyser = context.create_analyser()?;
        context.create_media_stream_source(stream)?.connect_with_audio_node(&analyser)?;
        let recorder = MediaRecorder::new_with_media_stream(stream)?;
        let parts = Rc::<RefCell<Vec<Blob>>>::default();
        let heard = parts.clone();
        let on_data = Closure::<dyn FnMut(BlobEvent)>::new(move |event: BlobEvent| {
            heard.borrow_mut().extend(event.data());
        });
        recorder.set_ondataavailable(Some(on_data.as_ref().unchecked_ref()));
        recorder.start()?;
        Ok(Self { stream: stream.clone(), context, analyser, recorder, parts, _on_data: on_data })
    }

    /// The loudest sample of the last moments, 0 to 1 of full scale.
    pub fn level(&self) -> f64 {
        let mut samples = vec![0.0_f32; self.analyser.fft_size() as usize];
        self.analyser.get_float_time_domain_data(&mut samples);
        samples.iter().fold(0.0, |most, sample| f64::from(sample.abs()).max(most))
    }

    /// Ends the recording and gives it, in the browser's own format.
    ///
    /// # Errors
    /// The browser lost it.
    pub async fn finish(self) -> Result<Blob, MicrophoneError> {
        let stopped = js_sys::Promise::new(&mut |resolve, _| self.recorder.set_onstop(Some(&resolve)));
        self.recorder.stop()?;
        JsFuture::from(stopped).await?;
        self.recorder.set_onstop(None);
        let parts: Array = self.parts.borrow().iter().collect();
        Ok(Blob::new_with_blob_sequence(&parts)?)
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        self.recorder.set_ondataavailable(None);
        if self.recorder.state() != RecordingState::Inactive {
            // It fails only for a recorder that has stopped by itself.
            let _ = self.recorder.stop();
        }
        switch_off(&self.stream);
        // A context that is closed already says so, and that is all.
        let _ = self.context.close();
    }
}

/// The browser's sign that it records goes out with the last track.
fn switch_off(stream: &MediaStream) {
    for track in stream.get_tracks() {
        track.unchecked_into::<MediaStreamTrack>().stop();
    }
}
