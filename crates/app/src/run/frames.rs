//! Frames of a user as lines.

use crate::format;
use metrics::{Frame, Way};

/// One line of a timeline.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FrameRow {
    pub id: String,
    pub time: String,
    pub way: MarkKind,
    pub text: String,
}

/// What a line or a mark is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MarkKind {
    In,
    Out,
    /// Of an HTTP exchange.
    Response,
    Request,
    #[default]
    State,
    Failed,
}

impl MarkKind {
    /// An arrow for eyes, a word for ears, a name for the style.
    pub const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::In => ("←", "received", "in"),
            Self::Out => ("→", "sent", "out"),
            Self::Response => ("⇠", "response", "in"),
            Self::Request => ("⇢", "request", "out"),
            Self::State => ("•", "state", "state"),
            Self::Failed => ("!", "error", "failed"),
        }
    }
}

/// Lines as they are copied.
pub fn transcript(rows: &[FrameRow]) -> String {
    rows.iter().map(|row| format!("{} {} {}\n", row.time, row.way.words().0, row.text)).collect()
}

/// A frame as a line.
pub fn row(id: String, frame: &Frame) -> FrameRow {
    let way = match frame.way {
        Way::In => MarkKind::In,
        Way::Out => MarkKind::Out,
        Way::Response => MarkKind::Response,
        Way::Request => MarkKind::Request,
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
