//! The rules: docs/metrics.md ("Verdict") has them as a table.

use super::generators::{Doubt, doubts, relieved_browsers, stalled_browsers, unknown_backlog};
use super::sentence::{in_words, long_waits, measured, sentence, silence, unasked};
use super::words::{millis, percent, scale, times_of};
use super::{JudgedRun, Reason, ReasonKind, Verdict, VerdictOutcome};
use crate::threshold::{Outcome, ThresholdResult};
use crate::totals::{EndedBy, Totals};
use base::time::Timestamp;
use catalogue::{Falsifier, Figure};
use plan::{Bound, Plan, Subject, Threshold, ThresholdUnit};

impl<'a> JudgedRun<'a> {
    fn results(&self) -> &'a [ThresholdResult] {
        self.thresholds.unwrap_or_default()
    }
}

/// What a run is worth, as a whole and threshold by threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct RunJudgement {
    pub verdict: Verdict,
    /// In the plan's order; empty: a search judges them.
    pub thresholds: Vec<ThresholdResult>,
}

impl RunJudgement {
    /// Each threshold is judged by what can falsify it. FAIL: something was broken for certain. INVALID: what is left cannot be judged,
    /// for the load was not what was planned. PASS: all was judged, and held.
    pub fn of(case: JudgedRun<'_>) -> Self {
        let doubts = doubts(&case);
        let judged = case.results().iter().map(|result| judged(&case, &doubts, result));
        let (thresholds, of_clocks): (Vec<_>, Vec<_>) = judged.unzip();
        let found = thresholds.iter().filter_map(|result| Some((result, reason_of(result, case.totals, case.so_far)?)));
        let (failed, open): (Vec<_>, Vec<_>) = found.partition(|(result, _)| result.outcome == Outcome::Fail);
        let (broken, mut reasons): (Vec<_>, Vec<Reason>) = failed.into_iter().unzip();
        let (unjudged, open): (Vec<_>, Vec<Reason>) = open.into_iter().unzip();
        let is_doubted = case.problem.is_some() || !doubts.is_empty();
        let outcome = match () {
            () if !broken.is_empty() => VerdictOutcome::Fail,
            () if is_doubted || !open.is_empty() => VerdictOutcome::Invalid,
            () => VerdictOutcome::Pass,
        };
        let sentence = sentence(&case, &doubts, &broken, &unjudged);
        reasons.extend(case.problem.map(incomplete));
        reasons.extend(doubts.into_iter().map(|doubt| doubt.reason));
        reasons.extend(of_clocks.into_iter().flatten());
        reasons.extend(open);
        reasons.extend(remarks(&case, is_doubted));
        Self { verdict: Verdict { outcome, so_far: case.so_far, sentence, reasons }, thresholds }
    }
}

/// How a threshold did, by what can falsify it; and why clocks could not decide it.
fn judged(case: &JudgedRun<'_>, doubts: &[Doubt], result: &ThresholdResult) -> (ThresholdResult, Option<Reason>) {
    let Ok(threshold) = result.threshold.parse::<Threshold>() else { return (result.clone(), None) };
    if !matches!(result.outcome, Outcome::Pass | Outcome::Fail) {
        return (result.clone(), None);
    }
    if case.so_far
        && result.outcome == Outcome::Fail
        && result.actual.is_some_and(|actual| threshold.may_still_hold(actual))
    {
        let why = Some("not reached so far".to_owned());
        return (ThresholdResult { outcome: Outcome::NotMeasured, why, ..result.clone() }, None);
    }
    // It had no time to.
    let stopped = case.totals.ending().filter(|ending| ending.by == EndedBy::Tester && ending.at < ending.planned);
    if let Some(ending) = stopped
        && result.outcome == Outcome::Fail
        && result.actual.is_some_and(|actual| threshold.may_still_hold(actual))
    {
        return (result.clone().invalid(format!("it was stopped by hand at {}", times_of(&ending))), None);
    }
    // What is not known of a worker that was lost cannot mend a number that only rises.
    if case.problem.is_some() && !result.actual.is_some_and(|actual| threshold.stays_broken(actual)) {
        return (result.clone().invalid(NOT_WHOLE.to_owned()), None);
    }
    if let Subject::Standing(figure) = threshold.subject {
        return (standing(case.totals, &threshold, figure, result.clone()), None);
    }
    let falsified_by = threshold.falsified_by();
    let touching: Vec<&Doubt> = doubts.iter().filter(|doubt| falsified_by.contains(&doubt.falsifier)).collect();
    // Of errors only time-outs can be its own doing, and they are told apart when they come.
    let of_errors = matches!(threshold.subject, Subject::Errors { .. } | Subject::ErrorRate { .. });
    let leaves_clean = of_errors || touching.iter().all(|doubt| doubt.leaves_clean);
    let is_certain = leaves_clean && result.is_broken_for_certain(&threshold);
    if let Some(doubt) = touching.first().filter(|_| !is_certain) {
        return (result.clone().invalid(doubt.short.clone()), None);
    }
    let is_of_times = matches!(threshold.subject, Subject::Time { .. });
    if result.outcome == Outcome::Fail
        && is_of_times
        && result.certain.is_some()
        && !result.is_broken_for_certain(&threshold)
    {
        return (result.clone().invalid(ONLY_SUSPECT.to_owned()), None);
    }
    match undecided_by_clocks(case.totals, &threshold, result) {
        Some(reason) => {
            (result.clone().invalid("the browsers' clocks are not known well enough".to_owned()), Some(reason))
        }
        None => (result.clone(), None),
    }
}

/// Why nothing is judged but what can only get worse; what stopped the run is a reason of its own, and said once.
const NOT_WHOLE: &str = "it is not of the whole run";

/// Why a time is not judged that no doubt of the whole run touches.
const ONLY_SUSPECT: &str = "it holds without the samples that this generator itself can have made late";

/// What became of users and of the run is known, and so is whose doing it was.
fn standing(totals: &Totals, threshold: &Threshold, figure: Figure, result: ThresholdResult) -> ThresholdResult {
    if result.outcome != Outcome::Fail || result.is_broken_for_certain(threshold) {
        return result;
    }
    let why = match figure {
        Figure::Played => totals.ending().map(|ending| format!("it was stopped by hand at {}", times_of(&ending))),
        _ => Some("they waited for this browser's own connections".to_owned()),
    };
    result.invalid(why.unwrap_or_default())
}

fn incomplete(problem: &str) -> Reason {
    Reason::new(ReasonKind::Incomplete, format!("The run is not what was planned: {problem}."))
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
fn undecided_by_clocks(totals: &Totals, threshold: &Threshold, result: &ThresholdResult) -> Option<Reason> {
    let bound = totals.clock_bound().as_millis_f64();
    let distance = (result.actual? - result.limit?).abs();
    (bound > 0.0 && is_of_two_clocks(threshold) && distance <= bound).then(|| {
        let text = format!(
            "The browsers' clocks are compared within {}, and `{}` was decided by {}.",
            millis(bound),
            result.threshold,
            millis(distance)
        );
        Reason::new(ReasonKind::ClockUncertainty, text).measured(bound, Some(distance), "ms")
    })
}

/// What a verdict says of a threshold that did not hold for certain.
fn reason_of(result: &ThresholdResult, totals: &Totals, so_far: bool) -> Option<Reason> {
    let why = || result.why.clone().unwrap_or_else(|| "not measured".to_owned());
    let actual = || measured(result);
    let (kind, what) = match result.outcome {
        Outcome::Fail => (ReasonKind::ThresholdFailed, in_words(result, totals).or_else(actual)?),
        Outcome::Invalid => {
            let seen = actual().map(|actual| format!("{actual} was measured, ")).unwrap_or_default();
            (ReasonKind::ThresholdNotJudged, format!("{seen}not judged: {}", why()))
        }
        Outcome::NotMeasured if !so_far => (ReasonKind::ThresholdNotMeasured, why()),
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
fn remarks(case: &JudgedRun<'_>, is_doubted: bool) -> Vec<Reason> {
    let mut remarks = Vec::new();
    let suspects = case.totals.suspects();
    let share = suspects.suspect as f64 / (suspects.samples as f64).max(1.0);
    if share >= WORTH_A_REMARK && !is_doubted {
        let text =
            format!("{} of the samples are suspect; the tables show the numbers without them, too.", percent(share));
        let limit = Some(case.rules.suspect_share * 100.0);
        remarks.push(Reason::new(ReasonKind::SuspectSamples, text).measured(share * 100.0, limit, "%"));
    }
    remarks.extend(relieved_browsers(case.totals));
    remarks.extend(stalled_browsers(case.totals));
    remarks.extend(unknown_backlog(case));
    if case.thresholds.is_some() {
        let about = |text| Reason::new(ReasonKind::NotAsked, format!("{text}: no threshold is about that."));
        remarks.extend(unasked(case).into_iter().map(about));
    }
    remarks.extend(silence(case).map(|text| Reason::new(ReasonKind::Silence, text)));
    let cut = long_waits(case.totals).map(|text| Reason::new(ReasonKind::CutWaiting, text));
    remarks.extend(cut);
    let (what, text) = match case.thresholds {
        None => (ReasonKind::Search, "A search breaks its thresholds on purpose: each level has its own outcome."),
        Some([]) => (ReasonKind::NoThresholds, "The plan has no thresholds: nothing could fail."),
        Some(_) => return remarks,
    };
    remarks.push(Reason::new(what, text.to_owned()));
    remarks
}

impl Reason {
    pub(super) fn new(what: ReasonKind, text: String) -> Self {
        let (value, limit, since_s, browser, worker) = (None, None, None, None, None);
        Self { what, text, value, limit, unit: String::new(), since_s, browser, worker }
    }

    pub(super) fn measured(self, value: f64, limit: Option<f64>, unit: &str) -> Self {
        Self { value: Some(value), limit, unit: unit.to_owned(), ..self }
    }

    pub(super) fn since(self, since: Timestamp) -> Self {
        Self { since_s: Some(since.as_secs_f64()), ..self }
    }

    pub(super) fn in_browser(self, totals: &Totals, home: usize) -> Self {
        Self { browser: totals.homes().name(home).map(str::to_owned), ..self }
    }
}

/// A limit below this many times the clocks' uncertainty is decided by them as often as by the server.
const NEAR: f64 = 2.0;

/// Less than this changes no percentile that anybody looks at.
const WORTH_A_REMARK: f64 = 0.01;

#[cfg(test)]
mod tests;
