//! The run's event log, as a report has it.

use serde::{Deserialize, Serialize};

/// Its newest lines, in order of arrival, and how many are not here.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LogEntry {
    pub lines: Vec<LogLineEntry>,
    pub left_out: u64,
}

/// Holds no secret: what a server says is redacted in the worker that hears it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogLineEntry {
    pub at_s: f64,
    pub level: LogLevel,
    /// Absent: the run's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub population: String,
    /// The user's number from 0, if it is one user's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<u32>,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    Info,
    Warning,
    Error,
}

impl LogLevel {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}
