//! What a run came to, as plain data: everything that is shown of a run is made of this, whether it goes on here (borrowed from the
//! [`Run`](crate::Run)) or was read back from its report, which is the same as text. Files and comparisons are made of the report.

use std::borrow::Cow;

use super::log::Log;
use super::status::{RunPhase, Status, UsersNow};
use base::time::Span;
use document::Problem;
use metrics::{
    Browser, Insight, InsightKind, REPORT_VERSION, Report, ReportFacts, SearchReport, ThresholdResult, Totals,
    UnreadableReport,
};
use plan::{Plan, Threshold};

#[derive(Debug, Clone)]
pub struct RunResult<'a> {
    /// The run's short id, part of its accounts and messages.
    pub id: Cow<'a, str>,
    pub plan: Cow<'a, Plan>,
    pub totals: Cow<'a, Totals>,
    pub log: Cow<'a, Log>,
    pub status: Status,
    /// The run went on to its end.
    pub finished: bool,
    /// With several browsers: how wrong the comparison of their clocks can be.
    pub clock_bound: Option<Span>,
    /// What stood out, as its report has it; `None`: a run that goes on, or went on, here, whose totals say it.
    pub told: Option<Vec<Insight>>,
    /// Of the plan, in its order.
    pub thresholds: Cow<'a, [ThresholdResult]>,
    /// `None`: the plan has no search.
    pub search: Option<SearchReport>,
    /// The level that is tried just now.
    pub search_level: Option<f64>,
}

/// Why a report shows no run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReportProblem {
    #[error("a report of version {0}, expected version {REPORT_VERSION}")]
    Version(u32),
    #[error("the report's plan is none:{}", listed(.0))]
    Plan(Vec<Problem>),
    #[error(transparent)]
    Unreadable(#[from] UnreadableReport),
}

impl RunResult<'_> {
    /// As text. `browsers` and `started_at` (RFC 3339) are the page's to know.
    pub fn report(&self, browsers: Vec<Browser>, started_at: String) -> Report {
        let facts = ReportFacts {
            run: self.id.clone().into_owned(),
            browsers,
            started_at,
            problem: self.status.problem.clone(),
            clock_bound_ms: self.clock_bound.map(Span::as_millis_f64),
            verdict: self.status.verdict.clone(),
            insights: self.insights().into_owned(),
            finished: self.finished,
            thresholds: self.thresholds.clone().into_owned(),
            search: self.search.clone(),
            log: self.log.entry(),
        };
        Report::new(&self.plan, &self.totals, facts)
    }

    /// What happened to many at once: when, and what that is called.
    pub fn mass_events(&self) -> Vec<(f64, String)> {
        match &self.told {
            Some(told) => told.iter().filter_map(|insight| insight.what.mark()).collect(),
            None => metrics::mass_events(&self.totals).iter().filter_map(InsightKind::mark).collect(),
        }
    }

    /// What stands out. A report holds less than its run did, so what was told of it then is told again.
    pub fn insights(&self) -> Cow<'_, [Insight]> {
        match &self.told {
            Some(told) => Cow::Borrowed(told),
            None => Cow::Owned(metrics::insights(&self.totals)),
        }
    }

    /// How the run does by any threshold. A window, or a scope that is not the usual one, is known of the plan's own only.
    pub fn threshold(&self, threshold: &Threshold) -> ThresholdResult {
        let known = self.thresholds.iter().find(|result| result.threshold == threshold.text());
        known.cloned().unwrap_or_else(|| ThresholdResult::at_a_glance(threshold, &self.totals))
    }
}

impl RunResult<'static> {
    /// Of a run that is over, or was when its report was written.
    ///
    /// # Errors
    /// The report is of another version, or somebody has changed it.
    pub fn of(report: &Report) -> Result<Self, ReportProblem> {
        if report.version != REPORT_VERSION {
            return Err(ReportProblem::Version(report.version));
        }
        let plan = Plan::check(&report.plan).map_err(ReportProblem::Plan)?;
        Ok(Self {
            id: Cow::Owned(report.run.clone()),
            status: status(report, &plan),
            totals: Cow::Owned(report.totals(&plan)?),
            log: Cow::Owned(report.log.as_ref().map(Log::of).unwrap_or_default()),
            plan: Cow::Owned(plan),
            finished: report.finished,
            clock_bound: report.clock_bound_ms.map(Span::from_millis_f64),
            told: Some(report.insights.clone()),
            // They were judged when the run was there: with its samples, and by the rules of then.
            thresholds: report.thresholds.iter().cloned().map(ThresholdResult::from).collect(),
            search: report.search.clone(),
            search_level: None,
        })
    }
}

/// Nothing goes on in such a run, also when its report was written before its end.
fn status(report: &Report, plan: &Plan) -> Status {
    let by_state = report.users;
    Status {
        phase: RunPhase::Done,
        elapsed_s: report.duration_s,
        planned_s: plan.duration_s(),
        users: UsersNow { target: 0, connected: by_state.flow + by_state.active, by_state },
        sent: report.delivery.sent,
        received: report.delivery.arrived,
        errors: report.errors.iter().map(|error| error.count).sum(),
        problem: report.problem.clone().or_else(|| (!report.finished).then(|| UNFINISHED.to_owned())),
        not_kept: None,
        verdict: report.verdict.clone(),
    }
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n{problem}")).collect()
}

const UNFINISHED: &str = "this was written while the run was going on";
