//! What happens to clips.

use std::sync::Arc;

use protocol::audio::Clip;

#[derive(Debug, Clone, PartialEq)]
pub enum ClipEvent {
    /// A file of audio was decoded, or a recording.
    Read(Clip),
    Rename {
        from: String,
        to: String,
    },
    Remove(String),
    /// By name. Played again, it stops.
    Play(String),
    Ended,
    Record,
    RecordingBegan,
    /// About ten times a second.
    RecordingGoesOn {
        seconds: f64,
        level: f64,
    },
    EndRecording,
    DiscardRecording,
    RecordingFailed(String),
}

#[derive(Debug, Clone, PartialEq)]
pub enum ClipEffect {
    /// Play a clip in place of the one before.
    Play(Arc<Clip>),
    Stop,
    /// Ask for the microphone, and record.
    Record,
    /// Hand the recording in as a clip of this name and rate.
    EndRecording {
        name: String,
        rate: u32,
    },
    DiscardRecording,
}
