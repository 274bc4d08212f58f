//! For how long each browser was behind a probe, and frames waited in each worker's sockets.

use serde::{Deserialize, Serialize};

use base::time::{Span, Timestamp};
use plan::VerdictRules;

/// How much later the load workers' users get messages than a probe gets the same ones, in the browser where that is most, over
/// ten seconds, milliseconds; zero when they get them earlier.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Staleness {
    pub p50_ms: f64,
    pub p95_ms: f64,
}

/// One browser's load beside a probe, over ten seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// The browser of the load, and that of the probe, by their numbers in [`Homes`](super::Homes).
    pub home: usize,
    pub probe: usize,
    /// Of the message in the middle.
    pub load_ms: f64,
    pub probe_ms: f64,
    pub later: Staleness,
}

/// One browser that carries load. Seconds of the warm-up do not count.
#[derive(Debug, Clone, Default)]
pub struct Behind {
    /// Seconds in which it could be compared, and those in which it was behind.
    pub compared: u32,
    pub behind: u32,
    pub since: Option<Timestamp>,
    pub worst: Option<Gap>,
    pub(crate) is_now: bool,
}

/// The load sees messages so much later that it is no chance.
pub(crate) fn is_apart(gap: &Gap, rules: &VerdictRules) -> bool {
    gap.later.p50_ms > rules.behind_ms && gap.later.p50_ms > gap.probe_ms * rules.behind_share
}

/// Counts the second that ends at `at` for all browsers.
pub(crate) fn count(browsers: &mut Vec<Behind>, at: Timestamp, gaps: &[Gap], rules: &VerdictRules, is_warmup: bool) {
    browsers.iter_mut().for_each(|browser| browser.is_now = false);
    let homes = gaps.iter().map(|gap| gap.home + 1).max().unwrap_or_default();
    browsers.resize_with(browsers.len().max(homes), Behind::default);
    for (home, browser) in browsers.iter_mut().enumerate() {
        let mut of_home = gaps.iter().filter(|gap| gap.home == home).peekable();
        if of_home.peek().is_none() {
            continue;
        }
        let apart = of_home.filter(|gap| is_apart(gap, rules));
        // Its own probe comes first, and counts where others say the same.
        let worst = apart.rev().max_by(|a, b| a.later.p50_ms.total_cmp(&b.later.p50_ms));
        browser.is_now = worst.is_some();
        if is_warmup {
            continue;
        }
        browser.compared += 1;
        if let Some(&gap) = worst {
            browser.behind += 1;
            browser.since.get_or_insert(Timestamp::from_micros(at.as_micros().saturating_sub(SECOND.as_micros())));
            if browser.worst.is_none_or(|worst| gap.later.p50_ms > worst.later.p50_ms) {
                browser.worst = Some(gap);
            }
        }
    }
}

/// Of the browser that is furthest behind; `None`: nothing could be compared.
pub(crate) fn worst(gaps: &[Gap]) -> Option<Staleness> {
    let furthest = gaps.iter().max_by(|a, b| a.later.p50_ms.total_cmp(&b.later.p50_ms));
    furthest.map(|gap| gap.later)
}

/// One worker that carries load. Seconds of the warm-up do not count.
#[derive(Debug, Clone, Default)]
pub struct Backlog {
    /// Seconds in which it could be compared, and those in which its answers were late.
    pub compared: u32,
    pub behind: u32,
    pub since: Option<Timestamp>,
    pub worst: Option<Late>,
    pub(crate) is_now: bool,
}

/// How late a worker's answers are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Late {
    /// By how much the youngest of the worker's answers is older than the oldest of the probes'.
    pub later_ms: f64,
    pub probe_ms: f64,
}

impl Backlog {
    /// The worst, seconds; `None`: not known.
    pub fn seconds(&self) -> Option<f64> {
        (self.compared > 0).then(|| self.worst.map_or(0.0, |late| late.later_ms / 1e3))
    }

    /// As a report tells it: what it came to.
    pub(crate) fn of_seconds(seconds: Option<f64>) -> Self {
        let late = |seconds: f64| Late { later_ms: seconds * 1e3, probe_ms: 0.0 };
        let worst = seconds.filter(|seconds| *seconds > 0.0).map(late);
        Self { compared: u32::from(seconds.is_some()), worst, ..Self::default() }
    }
}

const SECOND: Span = Span::from_secs(1);
