//! The rules: docs/metrics.md ("Verdict") has them as a table.

use super::{Reason, ReasonKind, Verdict, VerdictOutcome};
use crate::threshold::{Outcome, ThresholdResult};
use crate::totals::{Full, Proof, SuspectCause, Totals};
use base::time::{Span, Timestamp};
use catalogue::{Counter, Falsifier};
use plan::{Bound, Plan, Threshold, ThresholdUnit, VerdictRules};

/// What is judged.
#[derive(Debug, Clone, Copy)]
pub struct JudgedRun<'a> {
    pub rules: &'a VerdictRules,
    pub totals: &'a Totals,
    /// `None`: a search judges them, level by level.
    pub thresholds: Option<&'a [ThresholdResult]>,
    /// Why the run is not what was planned.
    pub problem: Option<&'a str>,
    /// The run goes on: what is not measured yet is no failure.
    pub so_far: bool,
}

impl<'a> JudgedRun<'a> {
    fn results(&self) -> &'a [ThresholdResult] {
        self.thresholds.unwrap_or_default()
    }
}

impl Verdict {
    pub fn of(case: JudgedRun<'_>) -> Self {
        let mut reasons: Vec<Reason> = case.problem.map(incomplete).into_iter().collect();
        reasons.extend(full_browsers(case.totals));
        reasons.extend(late_workers(&case, SuspectCause::Lag));
        reasons.extend(late_workers(&case, SuspectCause::Pacing));
        reasons.extend(browsers_behind(&case));
        reasons.extend(backlogs(&case));
        reasons.extend(unknown_clocks(&case));
        let is_invalid = !reasons.is_empty();
        let before = reasons.len();
        reasons.extend(case.results().iter().filter_map(|result| failed(result, case.so_far)));
        let has_failed = reasons.len() > before;
        // What is not known of lost workers cannot mend this.
        let is_incomplete = reasons[..before].iter().all(|reason| reason.what == ReasonKind::Incomplete);
        let is_certain = is_incomplete && case.results().iter().any(has_certainly_failed);
        reasons.extend(remarks(&case, is_invalid));
        let outcome = match (is_invalid, has_failed) {
            (true, _) if !is_certain => VerdictOutcome::Invalid,
            (true, _) => VerdictOutcome::Fail,
            (false, true) => VerdictOutcome::Fail,
            (false, false) => VerdictOutcome::Pass,
        };
        Self { outcome, so_far: case.so_far, reasons }
    }
}

fn incomplete(problem: &str) -> Reason {
    Reason::new(ReasonKind::Incomplete, format!("The run is not what was planned: {problem}."))
}

fn full_browsers(totals: &Totals) -> impl Iterator<Item = Reason> {
    (0..totals.homes().count()).filter_map(|home| {
        let full = totals.rooms().full(home).filter(|full| !full.is_relieved())?;
        let (name, sockets, users) = (name_of(totals, home), full.sockets, counted(full.waiting.into(), "user"));
        let text = match full.proof {
            Proof::Held => format!(
                "{name} is full at {sockets} sockets: {users} could not connect. That is the browser's limit, not the server's."
            ),
            Proof::NearLimit => format!(
                "{name} opened no socket beyond {sockets}, about as many as its kind can hold: {users} could not connect."
            ),
            Proof::Trial => format!(
                "{name} opened no socket beyond {sockets}, not even to another place, which it had reached before: {users} could \
                 not connect. That is the browser or its network, not the server."
            ),
        };
        Some(
            Reason::new(ReasonKind::BrowserFull, text)
                .measured(full.sockets.into(), None, "sockets")
                .since(full.since)
                .in_browser(totals, home),
        )
    })
}

/// Full browsers whose users others have played.
fn relieved_browsers(totals: &Totals) -> impl Iterator<Item = Reason> {
    (0..totals.homes().count()).filter_map(|home| {
        let full = totals.rooms().full(home).filter(Full::is_relieved)?;
        let users = counted(full.relieved.into(), "user");
        let (name, sockets) = (name_of(totals, home), full.sockets);
        let text = format!(
            "{name} opened no socket beyond {sockets}: {users} that waited there went to browsers that had room."
        );
        let reason = Reason::new(ReasonKind::BrowserRelieved, text).measured(full.sockets.into(), None, "sockets");
        Some(reason.since(full.since).in_browser(totals, home))
    })
}

/// Nothing opened for a while, and nothing proves whose doing that was.
fn stalled_browsers(totals: &Totals) -> impl Iterator<Item = Reason> {
    (0..totals.homes().count()).filter_map(|home| {
        let stall = totals.rooms().stall(home)?;
        let text = format!(
            "For {:.0} s {} opened no socket beyond {} while {} waited. Whether that was the browser or the server is not known.",
            stall.lasted.as_secs_f64(),
            name_of(totals, home).replacen("The ", "the ", 1),
            stall.sockets,
            counted(stall.waiting.into(), "user"),
        );
        let reason = Reason::new(ReasonKind::ConnectStalled, text).measured(stall.lasted.as_secs_f64(), None, "s");
        Some(reason.since(stall.since).in_browser(totals, home))
    })
}

/// Answers to a worker's own requests were later than a probe's for long enough: what it measured is the time that frames waited in
/// its browser.
fn backlogs<'a>(case: &'a JudgedRun<'_>) -> impl Iterator<Item = Reason> + 'a {
    case.totals.backlogs().iter().enumerate().filter_map(|(worker, backlog)| {
        let (rules, worst) = (case.rules, backlog.worst?);
        let share = f64::from(backlog.behind) / f64::from(backlog.compared.max(1));
        if share <= rules.suspect_share || f64::from(backlog.behind) < rules.suspect_s {
            return None;
        }
        let home = case.totals.homes().of(worker);
        let text = format!(
            "In {} all answers to a worker's own requests came {} later than a probe's: frames waited that long in the browser.",
            name_of(case.totals, home).replacen("The ", "the ", 1),
            millis(worst.later_ms),
        );
        let limit = rules.behind_ms.max(worst.probe_ms * rules.behind_share);
        let reason = Reason::new(ReasonKind::Backlog, text).measured(worst.later_ms, Some(limit), "ms");
        let reason = reason.since(backlog.since.unwrap_or_default()).in_browser(case.totals, home);
        Some(Reason { worker: Some(worker), ..reason })
    })
}

/// Frames came, and nothing in them says how long they had waited.
fn unknown_backlog(case: &JudgedRun<'_>) -> Option<Reason> {
    let frames = case.totals.counter(Counter::FramesIn.name()).unwrap_or(0);
    let is_known = case.totals.backlogs().iter().any(|backlog| backlog.compared > 0)
        || case.totals.behind().iter().any(|behind| behind.compared > 0);
    (frames > 0 && !is_known && !case.so_far).then(|| {
        let text = "Backlog not known: nobody asked for answers (or too few), so how long frames waited in the browser is not seen.";
        Reason::new(ReasonKind::BacklogNotKnown, text.to_owned())
    })
}

/// Enough of the run is suspect because workers were late, and at least half of that for this cause.
fn late_workers(case: &JudgedRun<'_>, cause: SuspectCause) -> Option<Reason> {
    let (rules, suspects) = (case.rules, case.totals.suspects());
    let (late, (_, longest)) = (suspects.share(suspects.late()), suspects.late().worst()?);
    if late <= rules.suspect_share || longest < Span::from_secs_f64(rules.suspect_s) {
        return None;
    }
    let tally = suspects.tally(cause)?;
    let (worker, _) = tally.worst()?;
    let share = suspects.share(tally);
    if share * 2.0 < late {
        return None;
    }
    let home = case.totals.homes().of(worker);
    let was_hidden = suspects.tally(SuspectCause::Hidden).is_some_and(|hidden| hidden.time > Span::ZERO);
    let (kind, what, limit_ms) = match cause {
        SuspectCause::Pacing => (ReasonKind::PacingError, "users' steps began", rules.pacing_ms),
        _ => (ReasonKind::WorkerLag, "timers fired", rules.lag_ms),
    };
    let text = format!(
        "In {} of the run {what} more than {} late in {}{}: what it measured is its own delay.",
        percent(share),
        millis(limit_ms),
        name_of(case.totals, home).replacen("The ", "the ", 1),
        if was_hidden { ", whose page was hidden meanwhile" } else { "" },
    );
    let reason =
        Reason::new(kind, text).measured(share * 100.0, Some(rules.suspect_share * 100.0), "%").since(tally.since);
    Some(Reason { worker: Some(worker), ..reason.in_browser(case.totals, home) })
}

fn browsers_behind<'a>(case: &'a JudgedRun<'_>) -> impl Iterator<Item = Reason> + 'a {
    case.totals.behind().iter().enumerate().filter_map(|(home, behind)| {
        let (rules, worst) = (case.rules, behind.worst?);
        let share = f64::from(behind.behind) / f64::from(behind.compared.max(1));
        if share <= rules.suspect_share || f64::from(behind.behind) < rules.suspect_s {
            return None;
        }
        let beside = if worst.probe == home {
            "its own probe, which has a worker to itself".to_owned()
        } else {
            format!("the probe of {}", name_of(case.totals, worst.probe).replacen("The ", "the ", 1))
        };
        let text = format!(
            "{} saw messages up to {} later than {beside} ({} beside {}).",
            name_of(case.totals, home),
            millis(worst.later.p50_ms),
            millis(worst.load_ms),
            millis(worst.probe_ms),
        );
        let limit = rules.behind_ms.max(worst.probe_ms * rules.behind_share);
        let reason = Reason::new(ReasonKind::BehindProbe, text).measured(worst.later.p50_ms, Some(limit), "ms");
        Some(reason.since(behind.since.unwrap_or_default()).in_browser(case.totals, home))
    })
}

/// Thresholds that clocks known within so much cannot judge: a measured time near the limit would be decided by the clocks' error.
pub fn clock_doubts(plan: &Plan, bound_ms: f64) -> Vec<String> {
    let parsed = plan.thresholds.iter().filter_map(|text| text.parse::<Threshold>().ok());
    let doubted = parsed.filter_map(|threshold| {
        let limit = match threshold.bound {
            Bound::Fixed(limit) => limit,
            Bound::Baseline(_) => return None,
        };
        let is_doubted = bound_ms > 0.0 && is_of_two_clocks(&threshold) && limit <= NEAR * bound_ms;
        is_doubted.then(|| {
            format!(
                "`{}` can hardly be judged in this swarm: its browsers' clocks are compared within {}.",
                threshold.text(),
                millis(bound_ms)
            )
        })
    });
    doubted.collect()
}

/// A time of which two browsers' clocks were read.
fn is_of_two_clocks(threshold: &Threshold) -> bool {
    threshold.unit == ThresholdUnit::Milliseconds && threshold.falsified_by().contains(&Falsifier::Clocks)
}

/// A time from one browser to another whose threshold would turn if the clocks were as wrong as they may be.
fn unknown_clocks<'a>(case: &'a JudgedRun<'_>) -> impl Iterator<Item = Reason> + 'a {
    let bound = case.totals.clock_bound().as_millis_f64();
    let results = case.results().iter().filter(move |result| {
        bound > 0.0 && result.threshold.parse().is_ok_and(|threshold| is_of_two_clocks(&threshold))
    });
    results.filter_map(move |result| {
        let distance = (result.actual? - result.limit?).abs();
        (distance <= bound).then(|| {
            let text = format!(
                "The browsers' clocks are compared within {}, and `{}` was decided by {}.",
                millis(bound),
                result.threshold,
                millis(distance)
            );
            Reason::new(ReasonKind::ClockUncertainty, text).measured(bound, Some(distance), "ms")
        })
    })
}

/// It is broken by a number that further hand-overs could only raise.
fn has_certainly_failed(result: &ThresholdResult) -> bool {
    let only_rises = || result.threshold.parse::<Threshold>().is_ok_and(|threshold| threshold.is_of_rising_number());
    result.outcome == Outcome::Fail && only_rises()
}

fn failed(result: &ThresholdResult, so_far: bool) -> Option<Reason> {
    let (kind, what) = match result.outcome {
        Outcome::Fail => (ReasonKind::ThresholdFailed, result.actual.map(|actual| shown(actual, result.unit))?),
        Outcome::NotMeasured if !so_far => {
            (ReasonKind::ThresholdNotMeasured, result.why.clone().unwrap_or_else(|| "not measured".to_owned()))
        }
        _ => return None,
    };
    let text = format!("{}: {what}.", result.threshold);
    let (scale, unit) = scale(result.unit);
    let (reason, limit) = (Reason::new(kind, text), result.limit.map(|limit| limit * scale));
    Some(match result.actual {
        Some(actual) => reason.measured(actual * scale, limit, unit),
        None => Reason { limit, unit: unit.to_owned(), ..reason },
    })
}

/// What a reader should know all the same.
fn remarks(case: &JudgedRun<'_>, is_invalid: bool) -> Vec<Reason> {
    let mut remarks = Vec::new();
    let suspects = case.totals.suspects();
    let share = suspects.suspect as f64 / (suspects.samples as f64).max(1.0);
    if share >= WORTH_A_REMARK && !is_invalid {
        let text =
            format!("{} of the samples are suspect; the tables show the numbers without them, too.", percent(share));
        let limit = Some(case.rules.suspect_share * 100.0);
        remarks.push(Reason::new(ReasonKind::SuspectSamples, text).measured(share * 100.0, limit, "%"));
    }
    remarks.extend(relieved_browsers(case.totals));
    remarks.extend(stalled_browsers(case.totals));
    remarks.extend(unknown_backlog(case));
    let (what, text) = match case.thresholds {
        None => (ReasonKind::Search, "A search breaks its thresholds on purpose: each level has its own outcome."),
        Some([]) => (ReasonKind::NoThresholds, "The plan has no thresholds: nothing could fail."),
        Some(_) => return remarks,
    };
    remarks.push(Reason::new(what, text.to_owned()));
    remarks
}

impl Reason {
    fn new(what: ReasonKind, text: String) -> Self {
        let (value, limit, since_s, browser, worker) = (None, None, None, None, None);
        Self { what, text, value, limit, unit: String::new(), since_s, browser, worker }
    }

    fn measured(self, value: f64, limit: Option<f64>, unit: &str) -> Self {
        Self { value: Some(value), limit, unit: unit.to_owned(), ..self }
    }

    fn since(self, since: Timestamp) -> Self {
        Self { since_s: Some(since.as_secs_f64()), ..self }
    }

    fn in_browser(self, totals: &Totals, home: usize) -> Self {
        Self { browser: totals.homes().name(home).map(str::to_owned), ..self }
    }
}

fn name_of(totals: &Totals, home: usize) -> String {
    match totals.homes().name(home) {
        Some(name) => name.to_owned(),
        None if totals.homes().count() > 1 => "The conductor's browser".to_owned(),
        None => "The browser".to_owned(),
    }
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 10.0 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

fn millis(millis: f64) -> String {
    if millis < 10.0 { format!("{millis:.1} ms") } else { format!("{millis:.0} ms") }
}

fn shown(value: f64, unit: ThresholdUnit) -> String {
    match unit {
        ThresholdUnit::Milliseconds => millis(value),
        ThresholdUnit::Share => percent(value),
        ThresholdUnit::Count | ThresholdUnit::Ratio => format!("{}", (value * 1e3).round() / 1e3),
        ThresholdUnit::PerSecond => format!("{value:.1} /s"),
    }
}

/// To what people read: the factor and the unit's sign.
const fn scale(unit: ThresholdUnit) -> (f64, &'static str) {
    match unit {
        ThresholdUnit::Milliseconds => (1.0, "ms"),
        ThresholdUnit::Share => (100.0, "%"),
        ThresholdUnit::Count | ThresholdUnit::Ratio => (1.0, ""),
        ThresholdUnit::PerSecond => (1.0, "/s"),
    }
}

/// A limit below this many times the clocks' uncertainty is decided by them as often as by the server.
const NEAR: f64 = 2.0;
/// Less than this changes no percentile that anybody looks at.
const WORTH_A_REMARK: f64 = 0.01;

#[cfg(test)]
mod tests;
