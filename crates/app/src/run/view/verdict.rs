//! What the numbers are worth, in words, and what to do about it.

use super::Mood;
use metrics::{Reason, ReasonKind, Verdict, VerdictOutcome};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerdictView {
    /// PASS, FAIL or INVALID; empty: there is nothing to judge yet.
    pub word: &'static str,
    pub mood: Mood,
    /// The run goes on.
    pub so_far: bool,
    pub says: String,
    pub reasons: Vec<ReasonRow>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReasonRow {
    /// Its place: a number in its text changes every second, and the row stays.
    pub place: usize,
    pub text: String,
    /// Since when, in words; empty: all the time, or no matter.
    pub since: String,
    /// What to do about it; empty: nothing, or it goes without saying.
    pub advice: &'static str,
}

impl VerdictView {
    pub fn of(verdict: Option<&Verdict>) -> Self {
        let Some(verdict) = verdict else { return Self::default() };
        let went_wrong =
            verdict.reasons.iter().any(|reason| matches!(reason.what, ReasonKind::NotAsked | ReasonKind::Silence));
        let mood = match verdict.outcome {
            VerdictOutcome::Pass if went_wrong => Mood::Warn,
            outcome => Mood::of(outcome),
        };
        // Reports of version 0.1 have no sentence.
        let first = verdict.reasons.first().map_or_else(String::new, |reason| reason.text.clone());
        let says = Some(verdict.sentence.clone()).filter(|sentence| !sentence.is_empty()).unwrap_or(first);
        let mut reasons: Vec<ReasonRow> = verdict.reasons.iter().enumerate().map(row).collect();
        // What the sentence has said is not said again; what to do about it is.
        for (row, reason) in reasons.iter_mut().zip(&verdict.reasons) {
            if is_said(&says, reason) {
                row.text.clear();
            }
        }
        // The same advice twice is read once.
        for place in (1..reasons.len()).rev() {
            if reasons[..place].iter().any(|earlier| earlier.advice == reasons[place].advice) {
                reasons[place].advice = "";
            }
        }
        reasons.retain(|reason| !reason.text.is_empty() || !reason.advice.is_empty());
        Self { word: verdict.outcome.word(), mood, so_far: verdict.so_far, says, reasons }
    }
}

fn is_said(sentence: &str, reason: &Reason) -> bool {
    let what = match (reason.what, reason.text.split_once(": ")) {
        // Which threshold is broken stands among the thresholds.
        (ReasonKind::ThresholdFailed, Some((_, what))) => what.trim_end_matches('.'),
        (ReasonKind::NotAsked, Some((what, _))) => what,
        _ => reason.text.as_str(),
    };
    sentence.contains(what)
}

fn row((place, reason): (usize, &Reason)) -> ReasonRow {
    let since = reason.since_s.map_or_else(String::new, |since| format!("since {}", crate::format::clock(since)));
    ReasonRow { place, text: reason.text.clone(), since, advice: advice(reason.what) }
}

const fn advice(what: ReasonKind) -> &'static str {
    match what {
        ReasonKind::Incomplete => "Mend what stopped it, then run it again; the log below tells when it happened.",
        ReasonKind::BrowserFull => "Let more browsers join on the Swarm page, or plan for at most 250 users a browser.",
        ReasonKind::BrowserRelieved => {
            "Plan for fewer users a browser: who had to wait came some seconds later than planned."
        }
        ReasonKind::WorkerLag | ReasonKind::PacingError => {
            "Close what else keeps this machine busy, plan for fewer users a browser, or let other machines join."
        }
        ReasonKind::BehindProbe => {
            "Spread the load over more machines. If a browser only sits far away, raise `verdict.behind_ms` in the plan."
        }
        ReasonKind::Backlog | ReasonKind::FramesUnread => {
            "Spread the load over more machines, or plan for fewer users or frames a browser."
        }
        ReasonKind::ConnectStalled => {
            "Run it with half the users a browser: if everybody connects, it was the browser."
        }
        ReasonKind::BacklogNotKnown => "Let some users ask for acknowledgements: what comes late then shows it.",
        ReasonKind::ClockUncertainty => "Ask for the round trip instead, which one clock measures.",
        ReasonKind::Silence => "Look whether the server still lives.",
        ReasonKind::NotAsked => "If that should not be, add a threshold for it.",
        ReasonKind::NoThresholds => "Add some to the plan: a run then says by itself whether it holds.",
        ReasonKind::CutWaiting => "Let the run last longer than its users wait for an answer.",
        ReasonKind::SuspectSamples
        | ReasonKind::ThresholdFailed
        | ReasonKind::ThresholdNotJudged
        | ReasonKind::ThresholdNotMeasured
        | ReasonKind::Search => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(outcome: VerdictOutcome, what: ReasonKind, mood: Mood) {
        let reason = Reason {
            what,
            text: "why it is so".into(),
            value: None,
            limit: None,
            unit: String::new(),
            since_s: Some(65.0),
            browser: None,
            worker: None,
        };
        let verdict = Verdict { outcome, so_far: false, sentence: "what it means".into(), reasons: vec![reason] };
        let view = VerdictView::of(Some(&verdict));
        assert_eq!((view.mood, view.says.as_str()), (mood, "what it means"), "{view:?}");
        assert_eq!((view.reasons[0].since.as_str(), view.reasons[0].text.as_str()), ("since 1:05", "why it is so"));
        let said = Verdict { sentence: "It is so: why it is so.".into(), ..verdict };
        let left: Vec<_> = VerdictView::of(Some(&said)).reasons.iter().map(|row| row.text.clone()).collect();
        assert!(left.iter().all(String::is_empty), "it is said once: {left:?}");
    }

    #[test]
    fn a_verdict_says_what_it_means() {
        check(VerdictOutcome::Pass, ReasonKind::NoThresholds, Mood::Good);
        check(VerdictOutcome::Fail, ReasonKind::ThresholdFailed, Mood::Bad);
        check(VerdictOutcome::Invalid, ReasonKind::BrowserFull, Mood::Warn);
        assert_eq!(VerdictView::of(None), VerdictView::default());
    }
}
