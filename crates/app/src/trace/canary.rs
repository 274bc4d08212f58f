//! One user that a person acts for: what is sent, and how long each answer took.

use crate::format;
use crate::run::frames::MarkKind;
use crate::trace::TraceEffect;
use crate::trace::model::{ReplyRow, SeeState, TraceModel};
use base::time::Span;
use engine::wire::{Act, Canary, CanaryReply as What, Note, Told};

impl TraceModel {
    /// Has the user that is watched do something.
    pub fn order(&self, order: Canary) -> Option<TraceEffect> {
        match self.state {
            SeeState::On(user) => Some(TraceEffect::Canary { user, order }),
            SeeState::Off | SeeState::Waiting(_) | SeeState::Gone(_) => None,
        }
    }

    /// Sends what is typed.
    pub fn say(&mut self) -> Option<TraceEffect> {
        let text = self.draft.trim().to_owned();
        if text.is_empty() || !self.sight.taken {
            return None;
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
    pub fn speak(&self) -> Option<TraceEffect> {
        self.clip().filter(|_| self.sight.taken).and_then(|clip| self.order(Canary::Speak(clip)))
    }

    pub(super) fn release(&self) -> Option<TraceEffect> {
        if self.sight.taken { self.order(Canary::Release) } else { None }
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
