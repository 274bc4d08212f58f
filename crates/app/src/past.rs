//! A run that is over, made again from its report: what is shown of it comes from the same views as a live run's.

use metrics::{REPORT_VERSION, Report, Totals};
use plan::Plan;
use run::Log;
use scenario::Problem;

/// A report with what its views are made of. Whatever only the report knows is read from it.
#[derive(Debug)]
pub struct PastRun {
    pub report: Report,
    pub plan: Plan,
    pub totals: Totals,
    pub log: Log,
}

impl PastRun {
    /// # Errors
    /// Why the report cannot be shown, in words.
    pub fn of(report: Report) -> Result<Self, String> {
        if report.version != REPORT_VERSION {
            return Err(format!("a report of version {}, expected version {REPORT_VERSION}", report.version));
        }
        let plan = Plan::check(&report.plan).map_err(|problems| listed(&problems))?;
        let totals = Totals::restore(&report, &plan)?;
        let log = report.log.as_ref().map(Log::past).unwrap_or_default();
        Ok(Self { report, plan, totals, log })
    }

    /// From a saved `report.json`, or from a saved `report.html`, which holds one.
    ///
    /// # Errors
    /// Why it is none, in words.
    pub fn read(text: &str) -> Result<Self, String> {
        let json = embedded(text).unwrap_or(text);
        let report = serde_json::from_str(json).map_err(|error| format!("not a report of tabswarm: {error}"))?;
        Self::of(report)
    }
}

/// The report that a page carries.
fn embedded(html: &str) -> Option<&str> {
    let (_, behind) = html.split_once(EMBEDDED_OPEN)?;
    behind.split_once(EMBEDDED_CLOSE).map(|(json, _)| json)
}

fn listed(problems: &[Problem]) -> String {
    let lines = problems.iter().map(|problem| format!("\n{problem}"));
    lines.fold("the report's plan is none:".to_owned(), |all, line| all + &line)
}

/// How a page carries its report: JSON in it has no `<`, so the first end is the end.
pub const EMBEDDED_OPEN: &str = r#"<script type="application/json" id="tabswarm-report">"#;
pub const EMBEDDED_CLOSE: &str = "</script>";
