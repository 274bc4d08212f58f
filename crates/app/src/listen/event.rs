//! What happens while somebody listens in.

use crate::listen::Lane;
use engine::wire::HeardMoment;
use metrics::UserId;

#[derive(Debug, Clone, PartialEq)]
pub enum ListenEvent {
    /// Whom to listen to.
    ChooseSpeaker(String),
    TypeSpeaker(String),
    Listen,
    /// To any of them, each time to another one.
    ListenToAny,
    Stop,
    SetVolume(f64),
    Heard(Box<HeardMoment>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum ListenEffect {
    /// Have the workers tell of this user, and be ready to play.
    Hear {
        user: UserId,
        volume: f64,
    },
    Stop,
    SetVolume(f64),
    Play {
        rate: u32,
        pieces: Vec<Piece>,
    },
}

/// A piece of audio to be played.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    pub lane: Lane,
    /// Seconds of the run.
    pub at_s: f64,
    pub samples: Vec<i16>,
}
