//! Samples, mergeable histograms, the delivery ledger, totals, thresholds, the report.
//!
//! A worker records into a [`Recorder`] and a [`Ledger`]; both are drained into deltas; the page (or, in a swarm, the
//! conductor) adds deltas up with an [`Aggregator`], and what comes of it is [`Totals`]. Adding is exact and order-free.

mod aggregator;
mod annotation;
mod bins;
mod close;
mod contract;
mod delta;
mod evidence;
mod finding;
mod histogram;
mod ids;
mod insight;
mod ledger;
mod listeners;
mod playback;
mod recorder;
mod redact;
mod report;
mod search;
mod stalls;
mod tag;
mod threshold;
mod totals;
mod user;
mod verdict;
mod waiting;

pub use aggregator::{Aggregator, SnapshotPart};
pub use annotation::{Annotation, AnnotationKind, Annotations, ErrorBursts};
pub use bins::{Censored, MAX_US as MOST_US, MOST_LIMITS, WaitingDelta};
pub use close::{CloseKind, ClosedBy, DisconnectDelta, DisconnectKey};
pub use contract::{BreachDelta, BreachEntry, BreachKey, BreachTotal};
pub use delta::*;
pub use evidence::{
    Cause, Evidence, EvidenceBook, EvidenceOf, EvidenceRequest, Exemplars, Frame, GeneratorState, PendingExemplar,
    Unredacted, Way,
};
pub use finding::{FindingDelta, FindingEntry, FindingKey, FindingTotal, MOST_NAMED};
pub use histogram::{CensoredStats, Histogram, HistogramError, PERCENTILES, Stats};
pub use insight::{Insight, InsightKind, MOST_INSIGHTS, Section, insights, mass_events};
pub use ledger::{Ledger, Missed, Receipt};
pub use listeners::{HeardSums, ListenerDelta, Listeners};
pub use plan::{Threshold, ThresholdError, ThresholdUnit as Unit};
pub use playback::{Heard, Listened, PlaybackPace, Player};
pub use recorder::{CounterId, Recorder, SeriesId};
pub use redact::{
    Facts, MASK, Redactor, is_protocol_secret, is_rule, is_secret, is_secret_in, is_source, protocol_secrets, redacted,
    sets_secret, shown_action, text_without_secrets,
};
pub use report::*;
pub use search::{Ended, LevelMeasured, SearchReport, SearchStep, StepOutcome};
pub use tag::Tag;
pub use threshold::{Baseline, BaselineResult, Outcome, ThresholdResult, WindowResult};
pub use totals::*;
pub use user::{Phase, UserId, UsersByState, user_name};
pub use verdict::*;
