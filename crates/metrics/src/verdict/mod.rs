//! What a run's numbers are worth: it holds (PASS), it does not (FAIL), or nobody can tell from them (INVALID).
//!
//! A generator that is itself the bottleneck measures itself. What that cannot have made is judged all the same: each threshold by what
//! can falsify it.

mod generators;
mod judge;
mod sentence;
pub(crate) mod words;

pub use judge::{RunJudgement, clock_doubts};
pub use sentence::cut_waiting;

use serde::{Deserialize, Serialize};

use crate::threshold::ThresholdResult;
use crate::totals::Totals;
use plan::VerdictRules;

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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub outcome: VerdictOutcome,
    /// The run goes on: this is what the verdict would be if it ended now.
    pub so_far: bool,
    /// What that means, for people: what was broken, and what cannot be judged. Empty in reports of version 0.1.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sentence: String,
    /// Why it is no PASS, the gravest first: what was broken, then what makes the rest doubtful; for a PASS what a reader should know.
    pub reasons: Vec<Reason>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictOutcome {
    /// Every threshold held, and the generators kept up.
    Pass,
    /// A threshold was broken for certain, whatever the generators did.
    Fail,
    /// Nothing was broken for certain, and not all of it can be judged: the generators were the bottleneck, something was not measured, or
    /// the run is not what was planned.
    Invalid,
}

impl VerdictOutcome {
    /// As people say it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Invalid => "INVALID",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    pub what: ReasonKind,
    /// In plain words, with the value and its limit.
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// Of both: like `ms`, `%`, `sockets`; empty: a number.
    #[serde(default)]
    pub unit: String,
    /// Seconds since the run's start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_s: Option<f64>,
    /// In a swarm the browser it is about, by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// The run's worker that it is about, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    /// It could not start, or lost a worker or a browser: there are no numbers of what was planned.
    Incomplete,
    /// A browser can open no further socket.
    BrowserFull,
    /// A worker was late by itself.
    WorkerLag,
    PacingError,
    /// A browser's load sees messages later than a probe does.
    BehindProbe,
    /// All answers to a worker's own requests come later than a probe's: frames wait in its sockets' queues.
    Backlog,
    /// Messages were still coming in when a worker closed its sockets.
    FramesUnread,
    /// The browsers' clocks are not known well enough for what a threshold is about.
    ClockUncertainty,
    /// Of INVALID nothing more than a remark: what else made samples suspect.
    SuspectSamples,
    /// A remark: a browser was full, and others have played those who waited in it.
    BrowserRelieved,
    /// A remark: nothing opened for a while, and why is not known.
    ConnectStalled,
    /// A remark: nothing says how long frames waited in the browser.
    BacklogNotKnown,
    /// A remark: users were cut while they waited for a sound.
    CutWaiting,
    ThresholdFailed,
    /// It can be the generator's own doing.
    ThresholdNotJudged,
    ThresholdNotMeasured,
    /// The plan asks for nothing.
    NoThresholds,
    /// A remark: users sent, and for some seconds nothing came from the server, or nothing any more.
    Silence,
    /// A remark: something went wrong that no threshold is about.
    NotAsked,
    /// The plan's thresholds are a search's.
    Search,
}
