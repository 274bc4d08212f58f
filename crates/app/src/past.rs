//! A run that was read from its report.

use metrics::Report;
use run::{ReportProblem, RunResult};

/// A report, and the run that it is the text of.
#[derive(Debug)]
pub struct PastRun {
    pub report: Report,
    pub result: RunResult<'static>,
}

/// Why a file shows no run.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableRun {
    #[error("not a report of tabswarm: {0}")]
    NoReport(#[from] serde_json::Error),
    #[error(transparent)]
    Report(#[from] ReportProblem),
}

impl PastRun {
    /// # Errors
    /// Why the report cannot be shown, in words.
    pub fn of(report: Report) -> Result<Self, ReportProblem> {
        let result = RunResult::of(&report)?;
        Ok(Self { report, result })
    }

    /// From a saved `report.json`, or from a saved `report.html`, which holds one.
    ///
    /// # Errors
    /// Why it is none, in words.
    pub fn read(text: &str) -> Result<Self, UnreadableRun> {
        let json = embedded(text).unwrap_or(text);
        Ok(Self::of(serde_json::from_str(json)?)?)
    }
}

/// The report that a page carries.
fn embedded(html: &str) -> Option<&str> {
    let (_, behind) = html.split_once(EMBEDDED_OPEN)?;
    behind.split_once(EMBEDDED_CLOSE).map(|(json, _)| json)
}

/// How a page carries its report: JSON in it has no `<`, so the first end is the end.
pub const EMBEDDED_OPEN: &str = r#"<script type="application/json" id="tabswarm-report">"#;
pub const EMBEDDED_CLOSE: &str = "</script>";
