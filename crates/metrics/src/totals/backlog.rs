//! How long frames waited in a worker's sockets.

use base::time::Timestamp;

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
