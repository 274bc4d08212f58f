//! The rules: docs/metrics.md ("Verdict") has them as a table.

use std::collections::BTreeMap;

use super::{Reason, ReasonKind, Verdict, VerdictOutcome};
use crate::threshold::{Outcome, ThresholdResult};
use crate::totals::{EndedBy, Full, LoadEnd, Proof, SuspectCause, Totals};
use base::time::{Span, Timestamp};
use catalogue::{Counter, Falsifier, Figure};
use plan::{Bound, Expectation, Plan, Subject, Threshold, ThresholdUnit, VerdictRules};

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

/// What a run is worth, as a whole and threshold by threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct RunJudgement {
    pub verdict: Verdict,
    /// In the plan's order; empty: a search judges them.
    pub thresholds: Vec<ThresholdResult>,
}

/// Something of the generator's own, and what of the run it makes doubtful.
struct Doubt {
    reason: Reason,
    falsifier: Falsifier,
    /// What it has not touched is known: that can be judged all the same.
    leaves_clean: bool,
    /// In a few words, behind "not judged:".
    short: String,
}

impl RunJudgement {
    /// Each threshold is judged by what can falsify it. FAIL: something was broken for certain. INVALID: what is left cannot be judged,
    /// for the load was not what was planned. PASS: all was judged, and held.
    pub fn of(case: JudgedRun<'_>) -> Self {
        let doubts = doubts(&case);
        let mut reasons: Vec<Reason> = Vec::new();
        let mut thresholds = Vec::new();
        for result in case.results() {
            let (result, of_clocks) = judged(&case, &doubts, result);
            reasons.extend(of_clocks);
            thresholds.push(result);
        }
        let found = thresholds.iter().filter_map(|result| Some((result, reason_of(result, case.totals, case.so_far)?)));
        let (failed, open): (Vec<_>, Vec<_>) = found.partition(|(result, _)| result.outcome == Outcome::Fail);
        let is_doubted = case.problem.is_some() || !doubts.is_empty();
        let outcome = match () {
            () if !failed.is_empty() => VerdictOutcome::Fail,
            () if is_doubted || !open.is_empty() => VerdictOutcome::Invalid,
            () => VerdictOutcome::Pass,
        };
        let broken: Vec<_> = failed.iter().map(|(result, _)| *result).collect();
        let unjudged: Vec<_> = open.iter().map(|(result, _)| *result).collect();
        let sentence = sentence(&case, &doubts, &broken, &unjudged);
        let (failed, open) = (failed.into_iter().map(second), open.into_iter().map(second).collect::<Vec<_>>());
        reasons.splice(0..0, doubts.into_iter().map(|doubt| doubt.reason));
        reasons.splice(0..0, case.problem.map(incomplete));
        reasons.splice(0..0, failed);
        reasons.extend(open);
        reasons.extend(remarks(&case, is_doubted));
        Self { verdict: Verdict { outcome, so_far: case.so_far, sentence, reasons }, thresholds }
    }
}

fn second<A, B>(pair: (A, B)) -> B {
    pair.1
}

/// Both parts of it: what was broken for certain, and what nobody can tell.
fn sentence(case: &JudgedRun<'_>, doubts: &[Doubt], broken: &[&ThresholdResult], open: &[&ThresholdResult]) -> String {
    let more = |count: usize, what: &str| match count {
        0 => String::new(),
        1 => format!(" One more is {what}."),
        _ => format!(" {count} more are {what}."),
    };
    let early = case.totals.ending().filter(|ending| ending.by == EndedBy::Nobody && !broken.is_empty());
    let early = early.map(|ending| format!("Ended at {}:", times_of(&ending)));
    // Why nobody was left says more than that the run was short.
    let of_users =
        |result: &&&ThresholdResult| early.is_some() && result.threshold == Expectation::NoFailedUsers.expression();
    let failed = broken.iter().find(of_users).or(broken.first()).map(|result| {
        let what = in_words(result, case.totals).unwrap_or_else(|| {
            let actual = result.actual.map_or_else(String::new, |actual| shown(actual, result.unit));
            format!("`{}` is broken: {actual}", result.threshold)
        });
        format!("{what}.{}", more(broken.len() - 1, "broken"))
    });
    let doubt = match (case.problem, doubts.first()) {
        (Some(problem), _) => Some(format!("These numbers are not those of the planned run: {problem}.")),
        (None, Some(doubt)) => Some(format!("The generators were the bottleneck: {}.", doubt.short)),
        (None, None) => None,
    };
    let unjudged = open.first().map(|result| {
        let why = result.why.as_deref().filter(|why| doubts.first().is_none_or(|doubt| doubt.short != **why));
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        format!("`{}` cannot be judged{why}.{}", result.threshold, more(open.len() - 1, "not judged"))
    });
    let parts: Vec<_> = early.into_iter().chain(failed).chain(doubt).chain(unjudged).collect();
    match case.thresholds {
        _ if !parts.is_empty() => parts.join(" "),
        None => "The generators kept up: the search shows what the server holds.".to_owned(),
        Some([]) => "The generators kept up. Nothing was asked of the server.".to_owned(),
        Some(_) => "Every threshold holds, and the generators kept up.".to_owned(),
    }
}

fn doubts(case: &JudgedRun<'_>) -> Vec<Doubt> {
    let late = [SuspectCause::Lag, SuspectCause::Pacing].into_iter().filter_map(|cause| late_workers(case, cause));
    let full = full_browsers(case.totals).map(|reason| Doubt::of(reason, Falsifier::Sockets, false));
    let late = late.map(|reason| Doubt::of(reason, Falsifier::Lateness, true));
    let behind =
        browsers_behind(case).chain(backlogs(case)).map(|reason| Doubt::of(reason, Falsifier::Lateness, false));
    full.chain(late).chain(behind).chain(unread_frames(case.totals)).collect()
}

impl Doubt {
    fn of(reason: Reason, falsifier: Falsifier, leaves_clean: bool) -> Self {
        let whose = reason.browser.clone().unwrap_or_else(|| "the generator".to_owned());
        let short = match reason.what {
            ReasonKind::BrowserFull => format!("{whose} was full"),
            ReasonKind::WorkerLag | ReasonKind::PacingError => {
                format!("{whose} was late in {} of the run", percent(reason.value.unwrap_or_default() / 100.0))
            }
            ReasonKind::FramesUnread => format!("messages were still coming in when {whose} closed its sockets"),
            _ => format!("frames waited in the browser of {whose}").replace("browser of the generator", "browser"),
        };
        Self { reason, falsifier, leaves_clean, short }
    }
}

/// How a threshold did, by what can falsify it; and why clocks could not decide it.
fn judged(case: &JudgedRun<'_>, doubts: &[Doubt], result: &ThresholdResult) -> (ThresholdResult, Option<Reason>) {
    let Ok(threshold) = result.threshold.parse::<Threshold>() else { return (result.clone(), None) };
    if !matches!(result.outcome, Outcome::Pass | Outcome::Fail) {
        return (result.clone(), None);
    }
    // What is not known of a worker that was lost cannot mend a number that only rises.
    if let Some(problem) = case.problem.filter(|_| !result.actual.is_some_and(|actual| threshold.stays_broken(actual)))
    {
        return (result.clone().invalid(format!("not the whole run: {problem}")), None);
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
    match undecided_by_clocks(case.totals, &threshold, result) {
        Some(reason) => {
            (result.clone().invalid("the browsers' clocks are not known well enough".to_owned()), Some(reason))
        }
        None => (result.clone(), None),
    }
}

/// What became of users and of the run is known, and so is whose doing it was.
fn standing(totals: &Totals, threshold: &Threshold, figure: Figure, result: ThresholdResult) -> ThresholdResult {
    if result.outcome != Outcome::Fail || result.is_broken_for_certain(threshold) {
        return result;
    }
    let why = match figure {
        Figure::Played => totals.ending().map(|ending| format!("it was stopped by hand at {}", times_of(&ending))),
        _ => Some(held_up(totals)),
    };
    result.invalid(why.unwrap_or_default())
}

/// Who never got there, where they were then, and how many of them the generator itself held up.
fn unreached(totals: &Totals) -> String {
    let users = totals.users_by_state();
    let places = [(users.unprepared, "logging in"), (users.unconnected, "connecting"), (users.unjoined, "joining")];
    let there = places.into_iter().filter(|(count, _)| *count > 0);
    let there: Vec<_> = there.map(|(count, place)| format!("{} were still {place}", grouped(count.into()))).collect();
    let (of, all) = (grouped(users.unreached().into()), counted(users.all().into(), "user"));
    let who = match users.held_up {
        0 => return format!("{of} of {all} never got to their work: {} at the end", there.join(", ")),
        held_up if held_up == users.unreached() => "they all".to_owned(),
        held_up => format!("{} of them", grouped(held_up.into())),
    };
    format!(
        "{of} of {all} never got to their work: {} at the end; {who} waited too long for the browser, which has 6 connections per \
         host",
        there.join(", ")
    )
}

/// The same where nobody else can be blamed.
fn held_up(totals: &Totals) -> String {
    format!("{}. Spread the start, let users log in before the run, or use more browsers", unreached(totals))
}

/// `0:44 of 1:35`
fn times_of(ending: &LoadEnd) -> String {
    format!("{} of {}", clock(ending.at), clock(ending.planned))
}

fn clock(at: Timestamp) -> String {
    let seconds = at.as_secs_f64().round() as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
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

/// Messages came until the sockets were closed: more may have waited.
fn unread_frames(totals: &Totals) -> impl Iterator<Item = Doubt> {
    totals.health().unread().map(|worker| {
        let home = totals.homes().of(worker);
        let text = format!(
            "Messages were still coming in when {} closed its sockets: whether those that miss were lost is not known.",
            name_of(totals, home).replacen("The ", "the ", 1)
        );
        let reason = Reason::new(ReasonKind::FramesUnread, text).in_browser(totals, home);
        Doubt::of(Reason { worker: Some(worker), ..reason }, Falsifier::Queue, false)
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
    let actual = || result.actual.map(|actual| shown(actual, result.unit));
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

/// Of deliveries and users how many of how many.
fn in_words(result: &ThresholdResult, totals: &Totals) -> Option<String> {
    let threshold = result.threshold.parse::<Threshold>().ok()?;
    let figure = match threshold.subject {
        Subject::Delivery { figure, .. } => figure,
        Subject::Standing(Figure::Unreached) => return Some(unreached(totals)),
        Subject::Standing(Figure::Failed) => return Some(failed_users(totals)),
        Subject::Standing(_) => return Some(format!("the run ended at {}", times_of(&totals.ending()?))),
        _ => return None,
    };
    let count = totals.delivery().figure(figure).filter(|_| threshold.window.is_none() && figure.is_of_receivers())?;
    let due = totals.delivery().due;
    Some(format!("{} of {} deliveries {}", grouped(count.unsigned_abs()), grouped(due), figure.field()))
}

/// How many gave up, and what went wrong most often.
fn failed_users(totals: &Totals) -> String {
    let users = totals.users_by_state();
    // In whatever phase and population it was.
    let mut errors: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (key, error) in totals.errors() {
        let of_all = errors.entry((&key.operation, &key.code)).or_default();
        *of_all = of_all.saturating_add(error.count);
    }
    let most = errors.into_iter().max_by_key(|(_, count)| *count);
    let most = most.map_or_else(String::new, |((operation, code), count)| {
        format!("; the most frequent error is {operation} {code} ({})", grouped(count))
    });
    let all = counted(users.all().into(), "user");
    match users.replaced {
        0 => format!("{} of {all} failed{most}", grouped(users.gave_up().into())),
        _ => format!("{all} failed {} times{most}", grouped(users.gave_up().into())),
    }
}

/// With a comma for each thousand.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
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
