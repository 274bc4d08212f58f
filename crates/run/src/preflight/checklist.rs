//! What a rehearsal has shown, step by step.

use super::around::Around;
use super::diagnosis::{Failure, diagnose};
use base::url;
use catalogue::Metric;
use engine::user::{Outlook, OutlookStep, StepKind};
use metrics::Report;
use plan::{AccountBook, Plan, Population};
use scenario::UserFacts;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Checklist {
    pub groups: Vec<Group>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Group {
    pub title: String,
    pub checks: Vec<Check>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Check {
    pub title: String,
    pub state: State,
    /// Its time, or why it failed.
    pub detail: String,
    /// What to do; empty: nothing.
    pub remedy: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum State {
    /// Nothing is known yet.
    #[default]
    Waiting,
    Good,
    /// Worth knowing, and no reason not to start.
    Warning,
    Failed,
    /// Not reached, because of what failed before it.
    Skipped,
}

impl Checklist {
    /// What the run shows so far. `is_over`: what has not happened by now does not happen any more.
    pub fn new(plan: &Plan, report: &Report, is_over: bool, around: &Around) -> Self {
        let group = |(at, population): (usize, &Population)| {
            let outlook = outlook(plan, at)?;
            Some(Group {
                title: format!("One user of {}", population.name),
                checks: checks(&outlook, population, plan.populations.len(), report, is_over, around),
            })
        };
        Self { groups: plan.populations.iter().enumerate().filter_map(group).collect() }
    }

    /// Every population has come to an end, good or bad.
    pub fn is_settled(&self) -> bool {
        self.groups.iter().all(|group| {
            let mut states = group.checks.iter().map(|check| check.state);
            states.clone().any(|state| state == State::Failed) || states.all(|state| state != State::Waiting)
        })
    }

    pub fn has_failed(&self) -> bool {
        self.groups.iter().flat_map(|group| &group.checks).any(|check| check.state == State::Failed)
    }

    /// How many steps are done: it grows as long as something happens.
    pub fn done(&self) -> usize {
        let all = self.groups.iter().flat_map(|group| &group.checks);
        all.filter(|check| check.state != State::Waiting).count()
    }
}

/// What failed, for whoever asks the questions that remain: with the kind of step it was.
pub fn failures(plan: &Plan, report: &Report, is_over: bool) -> Vec<(Failure, StepKind)> {
    let of_population = |(at, population): (usize, &Population)| {
        let outlook = outlook(plan, at)?;
        let seen = Sight { population, alone: plan.populations.len() == 1, report };
        let (step, failure) = first_failure(&outlook, &seen, is_over)?;
        Some((failure, step.kind.clone()))
    };
    plan.populations.iter().enumerate().filter_map(of_population).collect()
}

/// Where the plan's users connect to.
pub fn connects(plan: &Plan) -> Vec<StepKind> {
    let steps = (0..plan.populations.len()).filter_map(|at| outlook(plan, at)).flat_map(|outlook| outlook.steps);
    steps.map(|step| step.kind).filter(|kind| matches!(kind, StepKind::Connect { .. })).collect()
}

/// Of all addresses that the plan's users connect to or ask, each once.
pub fn origins(plan: &Plan) -> Vec<String> {
    let steps = (0..plan.populations.len()).filter_map(|at| outlook(plan, at)).flat_map(|outlook| outlook.steps);
    let origin = |step: OutlookStep| match step.kind {
        StepKind::Request(call) => Some(url::origin(&call.url)),
        StepKind::Connect { url, .. } => Some(url::origin(&url)),
        _ => None,
    };
    let mut origins: Vec<String> = steps.filter_map(origin).collect();
    origins.sort_unstable();
    origins.dedup();
    origins
}

fn outlook(plan: &Plan, at: usize) -> Option<Outlook> {
    let population = &plan.populations[at];
    let account = AccountBook::new(&population.accounts, "pre", &population.name, Vec::new()).account(0);
    let facts =
        UserFacts { index: 0, account: account.unwrap_or_default(), run: "pre".to_owned(), iteration: 0, users: 1 };
    Some(Outlook::new(&population.program().ok()?, facts))
}

/// The report as one population sees it.
struct Sight<'a> {
    population: &'a Population,
    alone: bool,
    report: &'a Report,
}

impl Sight<'_> {
    /// Milliseconds that the step took, if it went well.
    fn time_of(&self, step: &OutlookStep) -> Option<f64> {
        let metrics: &[Metric] = match step.kind {
            StepKind::Message => &[Metric::RoundTrip, Metric::Ack, Metric::Operation],
            StepKind::Listen => &[Metric::FirstAudio, Metric::AudioLength],
            _ => &[Metric::Operation, Metric::Ack],
        };
        metrics.iter().find_map(|metric| self.metric(&metric.of(&step.operation)))
    }

    /// Its median, if there is one.
    fn metric(&self, name: &str) -> Option<f64> {
        let is_ours = |tags: &std::collections::BTreeMap<String, String>| match tags.get("population") {
            Some(population) => *population == self.population.name,
            None => self.alone,
        };
        let mut entries = self.report.metrics.iter();
        let entry = entries.find(|entry| entry.name == name && is_ours(&entry.tags) && entry.stats.count > 0)?;
        Some(entry.stats.p50)
    }

    fn failure_of(&self, step: &OutlookStep) -> Option<Failure> {
        let mut errors = self.report.errors.iter();
        let error =
            errors.find(|error| error.population == self.population.name && error.operation == step.operation)?;
        let words = self.reason_of(&error.code).unwrap_or_else(|| error.sample.clone());
        Some(Failure { operation: error.operation.clone(), code: error.code.clone(), words })
    }

    /// What the server said when it closed a connection with the code of this error, if it is one of a connection that was lost.
    fn reason_of(&self, code: &str) -> Option<String> {
        let number: u16 = code.strip_prefix("lost: closed ")?.parse().ok()?;
        let mut closes = self.report.disconnects.iter();
        let close = closes.find(|close| close.population == self.population.name && close.code == number)?;
        (!close.reason.is_empty()).then(|| format!("the WebSocket closed with {number}: {}", close.reason))
    }

    /// The steps for the run as a whole fail before there is anything to count.
    fn failed_once(&self) -> Option<Failure> {
        let problem = self.report.problem.as_deref()?;
        let of_population = format!("the once steps of population \"{}\" failed: ", self.population.name);
        let (operation, why) = problem.strip_prefix(&of_population)?.split_once(" failed: ")?;
        let (code, words) = why.split_once(' ').unwrap_or((why, ""));
        Some(Failure { operation: operation.to_owned(), code: code.to_owned(), words: words.to_owned() })
    }
}

/// The step that keeps the others from happening, if one does.
fn first_failure<'a>(outlook: &'a Outlook, seen: &Sight<'_>, is_over: bool) -> Option<(&'a OutlookStep, Failure)> {
    if let Some(failure) = seen.failed_once() {
        return Some((outlook.step(&failure.operation)?, failure));
    }
    let failed = outlook.steps.iter().find_map(|step| Some((step, seen.failure_of(step)?)));
    if failed.is_some() || !is_over {
        return failed;
    }
    // Nothing failed, and yet the user is not through: it waits where the first result is missing that must come.
    let late = outlook.steps.iter().filter(|step| must_come(step)).find(|step| seen.time_of(step).is_none())?;
    let failure =
        Failure { operation: late.operation.clone(), code: silence(&late.kind).to_owned(), words: String::new() };
    Some((late, failure))
}

/// Its result is missed when there is none. Others stand in branches that a user may not take.
fn must_come(step: &OutlookStep) -> bool {
    step.comes_at_once && matches!(step.kind, StepKind::Connect { .. } | StepKind::Enter | StepKind::Listen)
}

const fn silence(kind: &StepKind) -> &'static str {
    match kind {
        StepKind::Listen => "no greeting",
        _ => "timeout",
    }
}

fn checks(
    outlook: &Outlook,
    population: &Population,
    populations: usize,
    report: &Report,
    is_over: bool,
    around: &Around,
) -> Vec<Check> {
    let seen = Sight { population, alone: populations == 1, report };
    let failure = first_failure(outlook, &seen, is_over);
    let mut checks = Vec::new();
    for step in &outlook.steps {
        let comes_back = outlook.own_copies != Some(0);
        let title = title(step, comes_back);
        if let Some((failed, failure)) = failure.as_ref().filter(|(failed, _)| failed.operation == step.operation) {
            let diagnosis = diagnose(failure, &failed.kind, around);
            checks.push(Check { title, state: State::Failed, detail: diagnosis.cause, remedy: diagnosis.remedy });
        } else if let Some(ms) = seen.time_of(step) {
            let habit = if step.kind == StepKind::Message { habit(outlook, &seen, step, is_over) } else { None };
            checks.push(Check { title, state: State::Good, detail: shown(ms), remedy: String::new() });
            checks.extend(habit);
        } else if must_come(step) || step.kind == StepKind::Message {
            let state = match (&failure, is_over) {
                (Some(_), _) => State::Skipped,
                // A message that is due later than a preflight lasts.
                (None, true) => State::Warning,
                (None, false) => State::Waiting,
            };
            let detail = match state {
                State::Skipped => "not reached",
                State::Warning if !comes_back => {
                    "nothing shows whether it was taken: it neither comes back nor is acknowledged"
                }
                State::Warning => "not due within a preflight",
                _ => "",
            };
            checks.push(Check { title, state, detail: detail.to_owned(), remedy: String::new() });
        }
    }
    checks
}

/// What the server does with a message's own sender, if the plan says otherwise.
fn habit(outlook: &Outlook, seen: &Sight<'_>, step: &OutlookStep, is_over: bool) -> Option<Check> {
    let wanted = outlook.own_copies?;
    let surplus = seen.report.delivery.own_copies;
    let has_come_back = seen.metric(&Metric::RoundTrip.of(&step.operation)).is_some();
    let detail = if surplus > 0 {
        format!("more of them came back to their sender than the plan says ({wanted} of each): {surplus}")
    } else if is_over && wanted > 0 && !has_come_back {
        "it was acknowledged, and had not come back to its sender by the end of the preflight".to_owned()
    } else {
        return None;
    };
    let remedy = "If that is how this server is, say so in the plan: `own_copies` of the scenario's `delivery`, or the preset's \
                  variable of that name. 0 is for a server that sends a message to the others alone, 2 for one that answers its sender \
                  with a copy beside the broadcast.";
    let title = format!("Copies to the sender: {}", step.operation);
    Some(Check { title, state: State::Warning, detail, remedy: remedy.to_owned() })
}

fn title(step: &OutlookStep, comes_back: bool) -> String {
    match step.kind {
        StepKind::Request(_) => format!("Request {}", step.operation),
        StepKind::Connect { .. } => "Connection".to_owned(),
        StepKind::Enter => format!("Room: {}", step.operation),
        StepKind::Message if comes_back => format!("Message comes back: {}", step.operation),
        StepKind::Message => format!("Message is taken: {}", step.operation),
        StepKind::Emit => format!("Event {}", step.operation),
        StepKind::Listen => format!("Voice is heard: {}", step.operation),
    }
}

fn shown(ms: f64) -> String {
    if ms < 10.0 {
        format!("{ms:.1} ms")
    } else if ms < 10_000.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{:.1} s", ms / 1e3)
    }
}
