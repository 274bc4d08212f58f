//! When a run's generators count as its bottleneck: the limits of the verdict's rules, as a plan may set them.

use document::Node;
use serde::{Deserialize, Serialize};

use super::fields::VERDICT;

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
        let usual = |name| VERDICT.usual(name);
        Self {
            lag_ms: usual("lag_ms"),
            pacing_ms: usual("pacing_ms"),
            buffered_bytes: usual("buffered_bytes"),
            handshake_queue: usual("handshake_queue"),
            clock_ms: usual("clock_ms"),
            behind_ms: usual("behind_ms"),
            behind_share: usual("behind_share"),
            suspect_share: usual("suspect_share"),
            suspect_s: usual("suspect_s"),
        }
    }
}

impl VerdictRules {
    /// A plan that sets none of them does not mention them.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// What a plan sets of them.
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let fields = node.fields(&VERDICT)?;
        let number = |name| fields.number(name);
        let (lag_ms, pacing_ms, buffered_bytes) = (number("lag_ms"), number("pacing_ms"), number("buffered_bytes"));
        let (handshake_queue, clock_ms) = (number("handshake_queue"), number("clock_ms"));
        let (behind_ms, behind_share) = (number("behind_ms"), number("behind_share"));
        let (suspect_share, suspect_s) = (number("suspect_share"), number("suspect_s"));
        Some(Self {
            lag_ms: lag_ms?,
            pacing_ms: pacing_ms?,
            buffered_bytes: buffered_bytes?,
            handshake_queue: handshake_queue?,
            clock_ms: clock_ms?,
            behind_ms: behind_ms?,
            behind_share: behind_share?,
            suspect_share: suspect_share?,
            suspect_s: suspect_s?,
        })
    }
}
