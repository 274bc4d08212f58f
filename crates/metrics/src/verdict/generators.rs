//! What the generators themselves did to a run: doubts about what it measured, and remarks that decide nothing.

use super::words::{counted, millis, name_of, percent};
use super::{JudgedRun, Reason, ReasonKind};
use crate::totals::{Full, Proof, SuspectCause, Totals};
use base::time::Span;
use catalogue::{Counter, Falsifier};

/// Something of the generator's own, and what of the run it makes doubtful.
pub(super) struct Doubt {
    pub(super) reason: Reason,
    pub(super) falsifier: Falsifier,
    /// What it has not touched is known: that can be judged all the same.
    pub(super) leaves_clean: bool,
    /// In a few words, behind "not judged:".
    pub(super) short: String,
    /// It is known whose doing it was: this side's.
    pub(super) is_own: bool,
}

pub(super) fn doubts(case: &JudgedRun<'_>) -> Vec<Doubt> {
    let late = [SuspectCause::Lag, SuspectCause::Pacing].into_iter().filter_map(|cause| late_workers(case, cause));
    let full = full_browsers(case.totals).map(|reason| Doubt::of(reason, Falsifier::Sockets, false));
    let late = late.map(|reason| Doubt::of(reason, Falsifier::Lateness, true));
    let behind =
        browsers_behind(case).chain(backlogs(case)).map(|reason| Doubt::of(reason, Falsifier::Lateness, false));
    full.chain(late).chain(behind).chain(unread_frames(case.totals)).collect()
}

impl Doubt {
    fn of(reason: Reason, falsifier: Falsifier, leaves_clean: bool) -> Self {
        let named = reason.browser.as_deref();
        let whose = named.unwrap_or("the generator");
        let short = match reason.what {
            ReasonKind::BrowserFull => format!("{whose} was full"),
            ReasonKind::WorkerLag | ReasonKind::PacingError => {
                format!("{whose} was late in {} of the run", percent(reason.value.unwrap_or_default() / 100.0))
            }
            ReasonKind::FramesUnread => format!("messages still came when {whose} closed its sockets"),
            _ => {
                format!("frames waited in the browser{}", named.map_or_else(String::new, |name| format!(" of {name}")))
            }
        };
        // What still comes at the end has waited here, or there.
        let is_own = reason.what != ReasonKind::FramesUnread;
        Self { reason, falsifier, leaves_clean, short, is_own }
    }
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
            "Messages still came when {} closed its sockets: whether those that miss were lost, or waited here or at the server, is not known.",
            name_of(totals, home).replacen("The ", "the ", 1)
        );
        let reason = Reason::new(ReasonKind::FramesUnread, text).in_browser(totals, home);
        Doubt::of(Reason { worker: Some(worker), ..reason }, Falsifier::Queue, false)
    })
}

/// Full browsers whose users others have played.
pub(super) fn relieved_browsers(totals: &Totals) -> impl Iterator<Item = Reason> {
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
pub(super) fn stalled_browsers(totals: &Totals) -> impl Iterator<Item = Reason> {
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
pub(super) fn unknown_backlog(case: &JudgedRun<'_>) -> Option<Reason> {
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
