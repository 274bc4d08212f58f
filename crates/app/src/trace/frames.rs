//! Frames as lines to read, search and copy.

use super::{SeeState, Seeing, SeenHistory};
use crate::format;
use crate::listen::MarkKind;
use engine::wire::{CanaryReply, Note, Told};
use metrics::{Frame, Way};

/// One line of a timeline.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FrameRow {
    pub id: String,
    pub time: String,
    pub way: FrameWay,
    pub text: String,
}

pub type FrameWay = MarkKind;

impl Seeing {
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

/// Lines as they are copied.
pub fn transcript(rows: &[FrameRow]) -> String {
    rows.iter().map(|row| format!("{} {} {}\n", row.time, row.way.words().0, row.text)).collect()
}

/// A frame as a line.
pub fn row(id: String, frame: &Frame) -> FrameRow {
    let way = match frame.way {
        Way::In => FrameWay::In,
        Way::Out => FrameWay::Out,
        Way::Response => FrameWay::Response,
        Way::Request => FrameWay::Request,
    };
    let mut text = match &frame.text {
        Some(text) => text.clone(),
        None => format!("binary, {}", format::bytes(f64::from(frame.length))),
    };
    if frame.text.as_ref().is_some_and(|text| text.ends_with('…')) {
        text.push_str(&format!(" ({} characters)", format::count(frame.length.into())));
    }
    if frame.more > 0 {
        text.push_str(&format!(" and {} more like it", format::count(frame.more.into())));
    }
    FrameRow { id, time: time(frame.at_s), way, text }
}

/// Of the run, to the millisecond.
pub fn time(at_s: f64) -> String {
    let millis = (at_s.max(0.0) * 1e3).round() as u64;
    format!("{}.{:03}", format::clock((millis / 1_000) as f64), millis % 1_000)
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

fn in_words(note: &Note) -> Option<(FrameWay, String)> {
    match &note.told {
        Told::Saw(text) => Some((FrameWay::State, text.clone())),
        Told::Failed(text) => Some((FrameWay::Failed, text.clone())),
        Told::Took { operation, what, micros } => {
            let what = match what {
                CanaryReply::Answer => "answer",
                CanaryReply::Ack => "acknowledgement",
                CanaryReply::Echo => "own echo",
                CanaryReply::FirstAudio => "first audio",
            };
            Some((FrameWay::State, format!("{operation}: {what} after {}", format::micros(*micros as f64))))
        }
        _ => None,
    }
}

/// More than anybody reads; a search finds the rest.
const MOST_ROWS: usize = 200;
