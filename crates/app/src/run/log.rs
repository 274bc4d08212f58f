//! The event log as the page shows it: the newest lines that pass a filter.

use engine::wire::{LogLevel, LogLine};
use metrics::user_name;

/// Rows shown at most: a page with thousands of rows stops scrolling smoothly, and nobody reads them.
const ROWS: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter {
    /// Lines below this level are hidden.
    pub level: LogLevel,
    /// Words that must all be in a line, in any case.
    pub words: String,
}

/// A line, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// Tells rows apart while they move down: the line's number since the run's start.
    pub id: u64,
    pub time: String,
    pub level: LogLevel,
    pub who: String,
    pub text: String,
}

impl Default for LogFilter {
    fn default() -> Self {
        Self { level: LogLevel::Info, words: String::new() }
    }
}

/// The newest lines that pass, newest first. `first_id` is the number of the first of `lines`.
pub fn rows<'a>(
    lines: impl DoubleEndedIterator<Item = &'a LogLine> + ExactSizeIterator,
    first_id: u64,
    filter: &LogFilter,
) -> Vec<LogRow> {
    let words: Vec<String> = filter.words.split_whitespace().map(str::to_lowercase).collect();
    lines
        .enumerate()
        .rev()
        .filter(|(_, line)| line.level >= filter.level && has_words(line, &words))
        .take(ROWS)
        .map(|(at, line)| row(first_id + at as u64, line))
        .collect()
}

fn has_words(line: &LogLine, words: &[String]) -> bool {
    words.is_empty() || {
        let text = format!("{} {}", who(line), line.text).to_lowercase();
        words.iter().all(|word| text.contains(word))
    }
}

/// `id`: the line's number since the run's start.
pub fn row(id: u64, line: &LogLine) -> LogRow {
    let seconds = line.at.as_secs_f64();
    let time = format!("{}.{:03}", crate::format::clock(seconds), (line.at.as_micros() / 1_000) % 1_000);
    LogRow { id, time, level: line.level, who: who(line), text: line.text.clone() }
}

fn who(line: &LogLine) -> String {
    match (line.population.as_str(), line.user) {
        ("", None) => "run".to_owned(),
        (population, None) => population.to_owned(),
        (population, Some(user)) => user_name(population, user),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::time::Timestamp;

    fn line(at_ms: u64, level: LogLevel, user: Option<u32>, text: &str) -> LogLine {
        let population = if user.is_some() { "chat" } else { "" };
        LogLine {
            at: Timestamp::from_micros(at_ms * 1_000),
            level,
            population: population.into(),
            user,
            text: text.into(),
        }
    }

    #[track_caller]
    fn check(level: LogLevel, words: &str, expected: &[u64]) {
        let lines = [
            line(0, LogLevel::Info, None, "started"),
            line(1_250, LogLevel::Warning, Some(0), "reconnecting: Server closed"),
            line(61_000, LogLevel::Error, Some(6), "join: no answer"),
        ];
        let rows = rows(lines.iter(), 10, &LogFilter { level, words: words.into() });
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_newest_come_first_and_the_filter_keeps_what_matches() {
        check(LogLevel::Info, "", &[12, 11, 10]);
        check(LogLevel::Warning, "", &[12, 11]);
        check(LogLevel::Info, "server RECONNECTING", &[11]);
        check(LogLevel::Info, "chat 7", &[12]);
        check(LogLevel::Error, "closed", &[]);
    }

    #[test]
    fn a_row_is_ready_to_be_read() {
        let row = row(3, &line(61_025, LogLevel::Error, Some(6), "join: no answer"));
        assert_eq!((row.time.as_str(), row.who.as_str()), ("1:01.025", "chat 7"));
    }

    #[test]
    fn a_storm_shows_its_newest_lines() {
        let lines: Vec<_> = (0..ROWS as u64 * 3).map(|ms| line(ms, LogLevel::Info, None, "x")).collect();
        let rows = rows(lines.iter(), 0, &LogFilter::default());
        assert_eq!((rows.len(), rows[0].id), (ROWS, ROWS as u64 * 3 - 1));
    }
}
