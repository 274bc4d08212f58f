//! The run's event log: the newest lines of all workers, bounded, with a count of what was left out.

use std::collections::VecDeque;

use base::time::{Span, Timestamp};
use engine::wire::{LogLevel, LogLine};
use metrics::{LogEntry, LogLineEntry};

#[derive(Debug, Clone, PartialEq, Default)]
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
    pub fn note(&mut self, at: Timestamp, level: LogLevel, text: impl Into<String>) {
        let line = LogLine { at, level, population: String::new(), user: None, text: text.into() };
        self.extend(vec![line], 0);
    }

    /// As a report has it: its newest lines.
    pub fn entry(&self) -> LogEntry {
        let older = self.lines.len().saturating_sub(MAX_REPORTED);
        let lines = self.lines.iter().skip(older).map(reported).collect();
        LogEntry { lines, left_out: self.left_out + older as u64 }
    }

    /// As a report has it.
    pub fn of(entry: &LogEntry) -> Self {
        Self { lines: entry.lines.iter().map(read).collect(), left_out: entry.left_out }
    }
}

fn reported(line: &LogLine) -> LogLineEntry {
    let LogLine { at, level, population, user, text } = line.clone();
    LogLineEntry { at_s: at.as_secs_f64(), level, population, user, text }
}

fn read(entry: &LogLineEntry) -> LogLine {
    let LogLineEntry { at_s, level, population, user, text } = entry.clone();
    LogLine { at: Timestamp::from_micros((at_s * 1e6).round() as u64), level, population, user, text }
}

/// Some hours of a calm run or some seconds of a storm; a page shows and filters it without a pause.
const MAX_LINES: usize = 5_000;
/// Of a storm a report has the end. About 60 kB.
const MAX_REPORTED: usize = 500;
const LATELY: Span = Span::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_lines_go_and_are_counted() {
        let mut log = Log::default();
        for n in 0..MAX_LINES + 3 {
            log.note(Timestamp::ZERO, LogLevel::Info, n.to_string());
        }
        log.extend(Vec::new(), 4);
        assert_eq!(log.lines().len(), MAX_LINES);
        assert_eq!(log.lines().front().map(|line| line.text.as_str()), Some("3"));
        assert_eq!(log.left_out(), 7);
    }

    #[test]
    fn a_report_has_the_newest_lines_as_they_were() {
        let mut log = Log::default();
        for n in 0..MAX_REPORTED as u64 + 2 {
            log.note(Timestamp::from_micros(1_250_001 * n), LogLevel::Warning, n.to_string());
        }
        let past = Log::of(&log.entry());
        assert_eq!((past.lines().len(), past.left_out()), (MAX_REPORTED, 2));
        assert!(past.lines().iter().eq(log.lines().iter().skip(2)));
        assert_eq!(past.entry(), log.entry());
    }
}
