//! When a run's generators count as its bottleneck: the limits of the verdict's rules, as a plan may set them.

use serde::{Deserialize, Serialize};

/// docs/metrics.md ("Verdict") says what each limit is held against.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct VerdictRules {
    /// A worker's timer that fires later than this makes the samples of that hand-over suspect.
    pub lag_ms: f64,
    /// So does a tenth of its users' steps that begin later than this,
    pub pacing_ms: f64,
    /// a socket with more than this left to send,
    pub buffered_bytes: f64,
    /// and, of connections, more users than this waiting for a handshake slot.
    pub handshake_queue: f64,
    /// Clocks of several browsers known no better than this make times from one to another suspect.
    pub clock_ms: f64,
    /// How much later than a probe a browser's load may see messages: more than this,
    pub behind_ms: f64,
    /// and more than this share of what the probe sees.
    pub behind_share: f64,
    /// The run is invalid when more than this share of it is suspect for one reason (0 to 1),
    pub suspect_share: f64,
    /// and at least so many seconds of it.
    pub suspect_s: f64,
}

impl Default for VerdictRules {
    fn default() -> Self {
        Self {
            lag_ms: 50.0,
            pacing_ms: 50.0,
            buffered_bytes: 1_000_000.0,
            handshake_queue: 20.0,
            clock_ms: 25.0,
            behind_ms: 50.0,
            behind_share: 0.5,
            suspect_share: 0.1,
            suspect_s: 3.0,
        }
    }
}

impl VerdictRules {
    /// A plan that sets none of them does not mention them.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Every limit by its name, with the range that a plan may choose from.
    pub(super) fn limits(&mut self) -> [(&'static str, &mut f64, std::ops::RangeInclusive<f64>); 9] {
        const MS: std::ops::RangeInclusive<f64> = 1.0..=60_000.0;
        [
            ("lag_ms", &mut self.lag_ms, MS),
            ("pacing_ms", &mut self.pacing_ms, MS),
            ("buffered_bytes", &mut self.buffered_bytes, 1.0..=1e9),
            ("handshake_queue", &mut self.handshake_queue, 0.0..=1e6),
            ("clock_ms", &mut self.clock_ms, 0.1..=60_000.0),
            ("behind_ms", &mut self.behind_ms, MS),
            ("behind_share", &mut self.behind_share, 0.0..=100.0),
            ("suspect_share", &mut self.suspect_share, 0.0..=1.0),
            ("suspect_s", &mut self.suspect_s, 0.0..=3_600.0),
        ]
    }
}
