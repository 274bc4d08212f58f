//! What a worker hands over once per snapshot: everything since the last one, ready to be added up.

use std::ops::{AddAssign, SubAssign};

use serde::{Deserialize, Serialize};

use super::bins::{self, Censored, WaitingDelta};
use super::close::DisconnectDelta;
use super::contract::BreachDelta;
use super::finding::FindingDelta;
use super::listeners::ListenerDelta;
use super::user::{Phase, UserId};
use base::time::{Span, Timestamp};
use catalogue::{Figure, LEDGER};

/// What happened since the last snapshot.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct MetricsDelta {
    pub histograms: Vec<HistogramDelta>,
    pub counters: Vec<CounterDelta>,
    pub errors: Vec<ErrorDelta>,
    pub disconnects: Vec<DisconnectDelta>,
    pub listeners: Vec<ListenerDelta>,
    #[serde(default)]
    pub breaches: Vec<BreachDelta>,
    #[serde(default)]
    pub findings: Vec<FindingDelta>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistogramDelta {
    /// Like `message.round_trip`.
    pub metric: String,
    /// The population's name; empty for what belongs to no population.
    pub population: String,
    /// Samples of the warm-up: shown over time, kept out of totals and thresholds.
    pub warmup: bool,
    /// The worker stood still while these were under way.
    #[serde(default)]
    pub is_stalled: bool,
    /// Sum of the exact values in microseconds, so that the mean carries no bucket error.
    pub sum_us: f64,
    pub min_us: u32,
    pub max_us: u32,
    /// Pairs of little-endian u32: a recorded value in microseconds (HDR bucket representative) and its count.
    #[serde(with = "serde_bytes")]
    pub pairs: Vec<u8>,
    /// These samples without the time that the worker stood still, in the same form: the server's doing is at least so much.
    #[serde(default, with = "serde_bytes")]
    pub floors: Vec<u8>,
    /// Of these samples, those of attempts that had been counted as failed by then: their limit had passed.
    #[serde(default)]
    pub late: u32,
    /// Samples that never came, by limit; they are in none of the fields above.
    #[serde(default)]
    pub censored: Vec<Censored>,
    /// How many more (or fewer) are waited for beyond their limit: they may still come.
    #[serde(default)]
    pub waiting: Vec<WaitingDelta>,
}

impl HistogramDelta {
    /// Of these samples; `None` without any.
    pub fn of(metric: String, population: String, warmup: bool, samples: &[Span]) -> Option<Self> {
        let mut bins = bins::Bins::default();
        samples.iter().for_each(|sample| bins.record(sample.as_micros().min(u64::from(bins::MAX_US)) as u32));
        (!bins.is_empty()).then(|| Self::new(metric, population, warmup, bins.drain()))
    }

    pub(super) fn new(metric: String, population: String, warmup: bool, drained: bins::Drained) -> Self {
        let bins::Drained { sum_us, min_us, max_us, pairs, late, censored, waiting } = drained;
        Self {
            metric,
            population,
            warmup,
            is_stalled: false,
            sum_us: sum_us as f64,
            min_us,
            max_us,
            pairs,
            floors: Vec::new(),
            late,
            censored,
            waiting,
        }
    }

    /// Its samples without what the worker itself can have made of them; `None` where that is not known.
    pub(crate) fn at_least(&self) -> Option<Self> {
        if self.floors.is_empty() {
            return None;
        }
        let pairs = || bins::pairs(&self.floors).map(|(value, _)| value);
        Some(Self {
            metric: self.metric.clone(),
            population: self.population.clone(),
            warmup: self.warmup,
            is_stalled: false,
            sum_us: bins::pairs(&self.floors).map(|(value, count)| f64::from(value) * f64::from(count)).sum(),
            min_us: pairs().min().unwrap_or_default(),
            max_us: pairs().max().unwrap_or_default(),
            pairs: self.floors.clone(),
            floors: Vec::new(),
            late: 0,
            censored: Vec::new(),
            waiting: Vec::new(),
        })
    }

    /// One sample that is longer than this.
    pub fn beyond(metric: String, population: String, warmup: bool, limit: Span) -> Self {
        let mut bins = bins::Bins::default();
        let limit_us = limit.as_micros().min(u64::from(bins::MAX_US)) as u32;
        bins.record_censored(limit_us);
        Self::new(metric, population, warmup, bins.drain())
    }

    /// Recorded values in microseconds, and how often each was seen.
    pub fn values(&self) -> impl Iterator<Item = (u32, u32)> {
        bins::pairs(&self.pairs)
    }

    /// Samples in it, those that never came included.
    pub fn count(&self) -> u64 {
        self.came() + self.censored.iter().map(|censored| u64::from(censored.count)).sum::<u64>()
    }

    /// Samples whose value is known.
    pub fn came(&self) -> u64 {
        bins::pairs(&self.pairs).map(|(_, count)| u64::from(count)).sum()
    }

    /// Attempts that went well: what came in time.
    pub fn succeeded(&self) -> u64 {
        self.came().saturating_sub(u64::from(self.late))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterDelta {
    pub counter: String,
    pub population: String,
    pub count: u64,
}

/// Errors are counted by operation, code and phase, with one sample each.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ErrorKey {
    pub population: String,
    pub operation: String,
    pub code: String,
    pub phase: Phase,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorDelta {
    pub key: ErrorKey,
    pub count: u64,
    /// When the first of these happened, and what it looked like (redacted, cut to 300 characters).
    pub first: Timestamp,
    pub sample: String,
}

/// The fate of messages sent by users of one worker; all other workers account their receivers by it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SentLog {
    /// Room names; records hold indices into this list.
    pub rooms: Vec<String>,
    pub records: Vec<SentRecord>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentRecord {
    pub room: u32,
    pub sender: UserId,
    /// Counted from 0 per sender.
    pub sequence: u32,
    pub sent_at: Timestamp,
    pub fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// Acknowledged, or its own echo came: the server had it at the latest then.
    Accepted(Timestamp),
    /// The server answered with an error: nobody is owed it.
    Rejected,
    /// Neither in time, on a connection that lived: owed to all members that stayed.
    Unconfirmed(Timestamp),
    /// Its connection died first: nobody can know, nobody is owed it.
    Abandoned,
}

/// Sums over receivers of one worker since the last snapshot. `missing` may fall again (late arrivals), so it is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LedgerDelta {
    pub sent: u64,
    pub accepted: u64,
    pub rejected: u64,
    pub unconfirmed: u64,
    pub abandoned: u64,
    /// Deliveries owed: (message, member) pairs that are settled.
    pub due: u64,
    /// Settled pairs that arrived.
    pub delivered: u64,
    /// Settled pairs that did not arrive.
    pub missing: i64,
    /// Second and further arrivals of a message at the same member, its sender left out.
    pub duplicated: u64,
    /// The same at its sender: some servers answer a sender with a copy beside the broadcast.
    #[serde(default)]
    pub own_copies: u64,
    /// Arrived after a later message of the same sender (RFC 4737, type-P-reordered).
    pub reordered: u64,
    /// Arrived later than `late_after` after sending.
    pub late: u64,
    /// First arrivals, whether owed or not: what came through the socket.
    pub arrived: u64,
    /// Arrived although not owed (sent before the member had entered, or around its leaving).
    pub extra: u64,
}

impl LedgerDelta {
    /// All of them, in the order in which they are told.
    pub fn figures(&self) -> [(Figure, i64); LEDGER.len()] {
        let Self { sent, accepted, rejected, unconfirmed, abandoned, due, delivered, missing, .. } = *self;
        let Self { duplicated, own_copies, reordered, late, arrived, extra, .. } = *self;
        let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let counts = [
            whole(sent),
            whole(accepted),
            whole(rejected),
            whole(unconfirmed),
            whole(abandoned),
            whole(due),
            whole(delivered),
            missing,
            whole(duplicated),
            whole(own_copies),
            whole(reordered),
            whole(late),
            whole(arrived),
            whole(extra),
        ];
        std::array::from_fn(|place| (LEDGER[place], counts[place]))
    }

    pub fn figure(&self, figure: Figure) -> Option<i64> {
        self.figures().into_iter().find(|(known, _)| *known == figure).map(|(_, count)| count)
    }

    /// Of what it is a part of, 0 to 1; `None`: there is none of that.
    pub fn share(&self, figure: Figure) -> Option<f64> {
        let whole = self.figure(figure.whole()).filter(|whole| *whole > 0)?;
        Some(self.figure(figure)? as f64 / whole as f64)
    }
}

/// What others say is added: it never runs over.
impl AddAssign for LedgerDelta {
    fn add_assign(&mut self, other: Self) {
        self.sent = self.sent.saturating_add(other.sent);
        self.accepted = self.accepted.saturating_add(other.accepted);
        self.rejected = self.rejected.saturating_add(other.rejected);
        self.unconfirmed = self.unconfirmed.saturating_add(other.unconfirmed);
        self.abandoned = self.abandoned.saturating_add(other.abandoned);
        self.due = self.due.saturating_add(other.due);
        self.delivered = self.delivered.saturating_add(other.delivered);
        self.missing = self.missing.saturating_add(other.missing);
        self.duplicated = self.duplicated.saturating_add(other.duplicated);
        self.own_copies = self.own_copies.saturating_add(other.own_copies);
        self.reordered = self.reordered.saturating_add(other.reordered);
        self.late = self.late.saturating_add(other.late);
        self.arrived = self.arrived.saturating_add(other.arrived);
        self.extra = self.extra.saturating_add(other.extra);
    }
}

/// Takes off what was added before.
impl SubAssign for LedgerDelta {
    fn sub_assign(&mut self, other: Self) {
        self.sent = self.sent.saturating_sub(other.sent);
        self.accepted = self.accepted.saturating_sub(other.accepted);
        self.rejected = self.rejected.saturating_sub(other.rejected);
        self.unconfirmed = self.unconfirmed.saturating_sub(other.unconfirmed);
        self.abandoned = self.abandoned.saturating_sub(other.abandoned);
        self.due = self.due.saturating_sub(other.due);
        self.delivered = self.delivered.saturating_sub(other.delivered);
        self.missing = self.missing.saturating_sub(other.missing);
        self.duplicated = self.duplicated.saturating_sub(other.duplicated);
        self.own_copies = self.own_copies.saturating_sub(other.own_copies);
        self.reordered = self.reordered.saturating_sub(other.reordered);
        self.late = self.late.saturating_sub(other.late);
        self.arrived = self.arrived.saturating_sub(other.arrived);
        self.extra = self.extra.saturating_sub(other.extra);
    }
}

/// When the members of one worker got one message: for first, median and last member over all workers. Every worker
/// hands over one for every message that was owed, also when none of its own members was, so that it is known when
/// all have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    pub sender: UserId,
    pub sequence: u32,
    pub sent_at: Timestamp,
    /// Members of this worker that were owed it and had not got it when it was settled.
    pub missing: u32,
    /// Fan-out latencies of all members of this worker that had got it by then, microseconds, little-endian u32.
    #[serde(with = "serde_bytes")]
    pub latencies: Vec<u8>,
}

/// How one worker is doing since the last snapshot.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct HealthDelta {
    /// How much later than asked for the worker's timer fired.
    pub lag: Vec<Span>,
    /// Largest and summed `bufferedAmount` over all sockets, bytes.
    pub buffered_max: u64,
    pub buffered_sum: u64,
    /// Share of the time since the last snapshot that our own code ran, 0 to 1.
    pub busy_share: f64,
    pub sockets_open: u32,
    /// Connections waiting for a handshake slot.
    pub handshake_queue: u32,
    /// Sockets that the browser was asked for and has not opened yet.
    pub connecting: u32,
    /// Sockets that opened, and those that closed without having opened, since the last snapshot.
    pub opened: u32,
    pub refused: u32,
    /// Users that wait because this worker has all the sockets that its browser can give it.
    pub held: u32,
    /// Sockets to another place than the target's, opened to see whether the browser still opens any: those that opened, and those
    /// that did not.
    #[serde(default)]
    pub trials_opened: u32,
    #[serde(default)]
    pub trials_failed: u32,
    /// It has waited for what was on its way as long as it may, and messages still came.
    #[serde(default)]
    pub unread: bool,
}
