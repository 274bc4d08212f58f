//! What was on the connection, to read, search and copy.

use crate::format;
use crate::run::frames::{FrameRow, MarkKind, row, time, transcript};
use crate::trace::model::{SeeState, SeenHistory, TraceModel};
use engine::wire::{CanaryReply, Note, Told};

impl TraceModel {
    /// What was on the connection and what happened, the newest first; what the search does not find is left out.
    pub fn rows(&self) -> Vec<FrameRow> {
        let mut rows = matching(&self.seen, &self.words);
        rows.reverse();
        rows.truncate(MOST_ROWS);
        rows
    }

    /// The same as text, the oldest first.
    pub fn as_text(&self) -> String {
        transcript(&matching(&self.seen, &self.words))
    }

    /// How much there is, in words.
    pub fn extent(&self) -> String {
        if self.state == SeeState::Off && self.seen.frames.is_empty() {
            return String::new();
        }
        let (kept, missed) = (self.seen.frames.len() as u64, self.seen.missed);
        let shown = matching(&self.seen, &self.words).len();
        let mut text = format!("{} of {} frames and notes", shown.min(MOST_ROWS), kept + self.seen.notes.len() as u64);
        if missed > 0 {
            text.push_str(&format!("; {} more passed too fast to be kept", format::count(missed)));
        }
        text
    }
}

/// In order of time.
fn matching(history: &SeenHistory, words: &str) -> Vec<FrameRow> {
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    let frames = history.frames.iter().map(|seen| (seen.frame.at_s, row(format!("f{}", seen.number), &seen.frame)));
    let notes = history.notes.iter().enumerate().filter_map(|(place, note)| {
        let (way, text) = in_words(note)?;
        let at_s = note.at.as_secs_f64();
        // Notes go away at the front only, and their time tells them apart with their place among those of that time.
        Some((at_s, FrameRow { id: format!("n{at_s}-{}", place % 7), time: time(at_s), way, text }))
    });
    let mut rows: Vec<_> = frames.chain(notes).collect();
    rows.sort_by(|(left, _), (right, _)| left.total_cmp(right));
    let finds = |row: &FrameRow| {
        let text = row.text.to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    };
    rows.into_iter().map(|(_, row)| row).filter(finds).collect()
}

fn in_words(note: &Note) -> Option<(MarkKind, String)> {
    match &note.told {
        Told::Saw(text) => Some((MarkKind::State, text.clone())),
        Told::Failed(text) => Some((MarkKind::Failed, text.clone())),
        Told::Took { operation, what, micros } => {
            let what = match what {
                CanaryReply::Answer => "answer",
                CanaryReply::Ack => "acknowledgement",
                CanaryReply::Echo => "own echo",
                CanaryReply::FirstAudio => "first audio",
            };
            Some((MarkKind::State, format!("{operation}: {what} after {}", format::micros(*micros as f64))))
        }
        _ => None,
    }
}

/// More than anybody reads; a search finds the rest.
const MOST_ROWS: usize = 200;
