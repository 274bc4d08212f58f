//! Runs that are kept: written down while they go, listed, carried from browser to browser, and held against each other.

pub mod archive;
pub mod compare;
mod cut_off;
mod entry;
mod history;
mod scribe;
mod shelf;
mod storage;
mod under_way;

pub use cut_off::report_of_notes;
pub use entry::{Entry, Summary};
pub use history::{History, HistoryError};
pub use scribe::{NotedPage, Scribe};
pub use shelf::{ROOM, ROOM_UNDER_WAY, baseline, set_baseline, sort, surplus, taken};
pub use storage::Keeping;
pub use under_way::{HostPage, UnderWay, UnderWayOutput, Wanted};

use metrics::Report;

/// A report as it is stored.
pub fn stored(report: &Report) -> Vec<u8> {
    let text = serde_json::to_vec(report).expect("a report is made of plain JSON values");
    miniz_oxide::deflate::compress_to_vec(&text, LEVEL)
}

/// `None`: it is damaged.
pub fn restored(bytes: &[u8]) -> Option<Report> {
    let text = miniz_oxide::inflate::decompress_to_vec_with_limit(bytes, MOST_BYTES).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Columns of numbers shrink to an eighth.
const LEVEL: u8 = 6;
/// A day's run takes a fifth of this.
const MOST_BYTES: usize = 512 * 1_024 * 1_024;
