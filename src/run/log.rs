//! The run's event log: the newest lines of all workers, bounded, with a count of what was left out.

use std::collections::VecDeque;

use crate::time::{Span, Timestamp};
use crate::wire::{Level, LogLine};

#[derive(Debug, Default)]
pub struct Log {
    lines: VecDeque<LogLine>,
    left_out: u64,
}

impl Log {
    /// Lines in order of arrival, the oldest first.
    pub fn lines(&self) -> &VecDeque<LogLine> {
        &self.lines
    }

    /// Lines that are gone: the oldest, and those that workers kept out of a flood.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Adds a worker's lines.
    pub fn extend(&mut self, lines: Vec<LogLine>, dropped: u32) {
        self.left_out += u64::from(dropped);
        self.lines.extend(lines);
        let excess = self.lines.len().saturating_sub(MAX_LINES);
        self.lines.drain(..excess);
        self.left_out += excess as u64;
    }

    /// The same was said within the second before, or a little later by a clock of another worker's.
    pub fn has_lately(&self, at: Timestamp, text: &str) -> bool {
        let recent = self.lines.iter().rev().take_while(|line| at.since(line.at) < LATELY);
        recent.into_iter().any(|line| line.text == text)
    }

    /// Adds a line of the run itself.
    pub fn note(&mut self, at: Timestamp, level: Level, text: impl Into<String>) {
        let line = LogLine { at, level, population: String::new(), user: None, text: text.into() };
        self.extend(vec![line], 0);
    }
}

/// Some hours of a calm run or some seconds of a storm; a page shows and filters it without a pause.
const MAX_LINES: usize = 5_000;
const LATELY: Span = Span::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_lines_go_and_are_counted() {
        let mut log = Log::default();
        for n in 0..MAX_LINES + 3 {
            log.note(Timestamp::ZERO, Level::Info, n.to_string());
        }
        log.extend(Vec::new(), 4);
        assert_eq!(log.lines().len(), MAX_LINES);
        assert_eq!(log.lines().front().map(|line| line.text.as_str()), Some("3"));
        assert_eq!(log.left_out(), 7);
    }
}
