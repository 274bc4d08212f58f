//! How a conversation begins: with what was asked for, and with a place or without one.

use std::sync::Arc;

use super::admission::{Asked, Kind};
use crate::lab::Lab;

pub struct Opening {
    pub kind: Kind,
    pub asked: Asked,
    /// Beyond the cap.
    pub is_full: bool,
    /// Held to the end of the conversation.
    pub _place: Option<Place>,
}

/// One of the places that `cap` limits, given back when dropped. The lock must be free then.
pub struct Place {
    lab: Arc<Lab>,
    resets: u64,
}

impl Place {
    /// `None`: there is none left.
    pub fn take(lab: &Arc<Lab>) -> Option<Self> {
        let mut voice = lab.voice();
        if voice.is_full() {
            return None;
        }
        voice.places += 1;
        Some(Self { lab: lab.clone(), resets: voice.resets() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut voice = self.lab.voice();
        // A reset has taken all places back already.
        if voice.resets() == self.resets {
            voice.places -= 1;
        }
    }
}
