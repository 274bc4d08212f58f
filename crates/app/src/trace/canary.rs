//! One user that a person acts for: what is sent, and how long each answer took.

use super::{SeeState, Seeing};
use crate::event::Effect;
use crate::format;
use crate::listen::MarkKind;
use base::time::Span;
use engine::wire::{Act, Canary, CanaryReply as What, Note, Told};

/// One line about what was done by hand.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReplyRow {
    /// Counts all there ever were.
    pub id: u64,
    pub kind: MarkKind,
    pub text: String,
}

impl Seeing {
    /// Has the user that is watched do something.
    pub fn order(&self, order: Canary) -> Vec<Effect> {
        match self.state {
            SeeState::On(user) => vec![Effect::Canary { user, order }],
            _ => Vec::new(),
        }
    }

    /// Sends what is typed.
    pub fn say(&mut self) -> Vec<Effect> {
        let text = self.draft.trim().to_owned();
        if text.is_empty() || !self.sight.taken {
            return Vec::new();
        }
        self.draft.clear();
        self.order(Canary::Say(text))
    }

    /// What it can say aloud.
    pub fn clips(&self) -> Vec<String> {
        let clips = self.sight.offers.iter().filter(|offer| offer.act == Act::Speak);
        clips.map(|offer| offer.label.clone()).collect()
    }

    /// The clip that is chosen: the first, until somebody chooses.
    pub fn clip(&self) -> Option<String> {
        let clips = self.clips();
        clips.iter().find(|clip| **clip == self.chosen_clip).or(clips.first()).cloned()
    }

    /// Says the clip that is chosen.
    pub fn speak(&self) -> Vec<Effect> {
        self.clip().filter(|_| self.sight.taken).map(|clip| self.order(Canary::Speak(clip))).unwrap_or_default()
    }

    pub(super) fn release(&self) -> Vec<Effect> {
        if self.sight.taken { self.order(Canary::Release) } else { Vec::new() }
    }

    /// While a person acts, every answer's time is told.
    pub(super) fn note_replies(&mut self, notes: &[Note]) {
        for note in notes {
            let (kind, text) = match &note.told {
                Told::Took { operation, what, micros } if self.sight.taken => {
                    let what = match what {
                        What::Answer => "answered",
                        What::Ack => "acknowledged",
                        What::Echo => "own echo",
                        What::FirstAudio => "first audio",
                    };
                    (MarkKind::In, format!("{operation}: {what} after {}", format::span(Span::from_micros(*micros))))
                }
                Told::Failed(text) if self.sight.taken || text.starts_with("by hand") => {
                    (MarkKind::Failed, text.clone())
                }
                _ => continue,
            };
            let id = self.replies.back().map_or(0, |last| last.id + 1);
            self.replies.push_back(ReplyRow { id, kind, text });
        }
        while self.replies.len() > MOST_REPLIES {
            self.replies.pop_front();
        }
    }
}

const MOST_REPLIES: usize = 5;
