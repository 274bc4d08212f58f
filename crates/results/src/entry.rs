//! What the list of results shows of a run, without opening its report.

use serde::{Deserialize, Serialize};

use metrics::{Outcome, Report, VerdictOutcome};
use plan::Plan;

/// A run that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub id: String,
    /// The plan's, until somebody gives it another one.
    pub name: String,
    #[serde(default)]
    pub note: String,
    /// It is not deleted to make room.
    #[serde(default)]
    pub pinned: bool,
    /// Thresholds of its plan compare with it.
    #[serde(default)]
    pub baseline: bool,
    /// It can still be brought back, until the page is loaded anew or its room is needed.
    #[serde(default)]
    pub deleted: bool,
    /// Its page vanished in the middle of it.
    #[serde(default)]
    pub cut_off: bool,
    /// Of its report as it is stored.
    #[serde(default)]
    pub bytes: u64,
    pub summary: Summary,
}

/// Of a report.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// The plan's name.
    pub plan: String,
    /// Where the load went.
    pub hosts: Vec<String>,
    /// The most users at a time that the plan wanted.
    pub users: u32,
    /// RFC 3339 in UTC.
    pub started_at: String,
    pub duration_s: f64,
    pub verdict: Option<VerdictOutcome>,
    /// Thresholds that held, and all.
    pub kept: (u32, u32),
    pub problem: Option<String>,
    pub sent: u64,
    pub delivered: u64,
    pub missing: i64,
    /// Errors, and per attempt.
    pub errors: u64,
    pub error_rate: Option<f64>,
    /// The latency that matters most and its p95, milliseconds.
    pub latency: Option<(String, f64)>,
}

impl Entry {
    pub fn of(report: &Report) -> Self {
        let summary = Summary::of(report);
        Self {
            id: id(report),
            name: summary.plan.clone(),
            note: String::new(),
            pinned: false,
            baseline: false,
            deleted: false,
            cut_off: false,
            bytes: 0,
            summary,
        }
    }

    /// Nothing deletes it but a person.
    pub fn is_protected(&self) -> bool {
        self.pinned || self.baseline
    }

    /// What a page that vanished has left of that run.
    pub fn is_same_run(&self, whole: &Self) -> bool {
        let run = |entry: &Self| entry.id.rsplit_once('-').map(|(run, _)| run.to_owned());
        self.cut_off && run(self) == run(whole) && self.summary.duration_s <= whole.summary.duration_s
    }

    pub fn is_invalid(&self) -> bool {
        self.summary.verdict == Some(VerdictOutcome::Invalid)
    }
}

/// The same for the same run: when it started, what it was called, and how far it had come.
pub fn id(report: &Report) -> String {
    format!("{}-{}-{:.3}", report.started_at, report.run, report.duration_s)
}

impl Summary {
    fn of(report: &Report) -> Self {
        let plan: Option<Plan> = serde_json::from_value(report.plan.clone()).ok();
        let users = |plan: &Plan| plan.populations.iter().map(|one| one.load.max_users()).fold(0, u32::saturating_add);
        let errors: u64 = report.operations.iter().map(|one| one.failed).sum();
        let attempts: u64 = report.operations.iter().map(|one| one.succeeded + one.failed).sum();
        let kept = report.thresholds.iter().filter(|one| one.outcome == Outcome::Pass).count();
        Self {
            plan: report.plan.get("name").and_then(|name| name.as_str()).unwrap_or_default().to_owned(),
            hosts: plan.as_ref().map(|plan| plan.hosts().into_iter().collect()).unwrap_or_default(),
            users: plan.as_ref().map_or(0, users),
            started_at: report.started_at.clone(),
            duration_s: report.duration_s,
            verdict: report.verdict.as_ref().map(|verdict| verdict.outcome),
            kept: (kept as u32, report.thresholds.len() as u32),
            problem: report.problem.clone(),
            sent: report.delivery.sent,
            delivered: report.delivery.delivered,
            missing: report.delivery.missing,
            errors,
            error_rate: (attempts > 0).then(|| errors as f64 / attempts as f64),
            latency: latency(report),
        }
    }
}

/// A message's way there and back, an answer by voice, or else a connection.
fn latency(report: &Report) -> Option<(String, f64)> {
    let best = catalogue::most_important(report.metrics.iter().map(|metric| metric.name.as_str()))?;
    let entries = report.metrics.iter().filter(|metric| metric.name == best);
    // Of all populations together, where it is told.
    let entry = entries.min_by_key(|metric| !metric.tags.is_empty())?;
    Some((entry.name.clone(), entry.stats.p95))
}
