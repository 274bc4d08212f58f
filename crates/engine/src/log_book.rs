//! What the page's log is told: so many lines with each hand-over, for a flood must not reach the page.

use crate::wire::LogLine;

#[derive(Debug, Default)]
pub struct LogBook {
    lines: Vec<LogLine>,
    dropped: u32,
}

/// Between two hand-overs.
const MOST_LINES: usize = 40;

impl LogBook {
    pub fn push(&mut self, line: LogLine) {
        if self.lines.len() < MOST_LINES {
            self.lines.push(line);
        } else {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// The lines since the last call, and how many more there were.
    pub fn take(&mut self) -> (Vec<LogLine>, u32) {
        (std::mem::take(&mut self.lines), std::mem::take(&mut self.dropped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::LogLevel;
    use base::time::Timestamp;

    #[test]
    fn a_flood_is_counted_and_ends_with_the_hand_over() {
        let line = || LogLine {
            at: Timestamp::ZERO,
            level: LogLevel::Info,
            population: String::new(),
            user: None,
            text: "it rains".to_owned(),
        };
        let mut book = LogBook::default();
        (0..50).for_each(|_| book.push(line()));
        let (lines, dropped) = book.take();
        assert_eq!((lines.len(), dropped), (40, 10));
        book.push(line());
        assert_eq!(book.take(), (vec![line()], 0));
    }
}
