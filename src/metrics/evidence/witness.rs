//! What of all that happens in a worker is worth evidence: a few of each kind, so that a storm costs no more than a squall.

use std::collections::HashMap;

use super::{Cause, Evidence};
use crate::metrics::delta::{DisconnectKey, ErrorKey, Phase};
use crate::metrics::recorder::SeriesId;
use crate::time::{Span, Timestamp};

/// Something that just happened to the user that is acting.
#[derive(Debug, Clone, PartialEq)]
pub struct Want {
    pub at: Timestamp,
    pub phase: Option<Phase>,
    pub what: Wanted,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    Cause(Cause),
    Slowest { series: SeriesId, value: Span },
}

#[derive(Debug)]
pub struct Witness {
    /// How much of each kind is kept already.
    kinds: HashMap<Kind, u8>,
    /// Of the user that is acting; mostly empty.
    wants: Vec<Want>,
    ready: Vec<Evidence>,
    /// By [`SeriesId`]: the slowest sample of the time that is running.
    slowest: Vec<Slowest>,
    window: Span,
    window_began: Timestamp,
}

#[derive(Debug, Clone, Default)]
struct Slowest {
    value: Span,
    evidence: Option<Box<Evidence>>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Kind {
    Error(ErrorKey),
    Close(DisconnectKey),
}

impl Witness {
    /// Keeps one slowest sample of each metric in a window of this length.
    pub fn new(window: Span) -> Self {
        Self {
            kinds: HashMap::new(),
            wants: Vec::new(),
            ready: Vec::new(),
            slowest: Vec::new(),
            window,
            window_began: Timestamp::ZERO,
        }
    }

    pub fn error(&mut self, at: Timestamp, key: &ErrorKey) {
        if self.takes(Kind::Error(key.clone())) {
            let cause = Cause::Error { operation: key.operation.clone(), code: key.code.clone() };
            self.wants.push(Want { at, phase: Some(key.phase), what: Wanted::Cause(cause) });
        }
    }

    pub fn close(&mut self, at: Timestamp, key: &DisconnectKey) {
        if self.takes(Kind::Close(key.clone())) {
            let cause = Cause::Close { code: key.code, reason: key.reason.clone(), by: key.by };
            self.wants.push(Want { at, phase: Some(key.phase), what: Wanted::Cause(cause) });
        }
    }

    /// On the hot path: one comparison, unless it is slower than all before it in this window, which happens a handful
    /// of times (the logarithm of how many there are).
    #[inline]
    pub fn sample(&mut self, at: Timestamp, series: SeriesId, value: Span) {
        let place = series.place();
        match self.slowest.get(place) {
            Some(slowest) if value <= slowest.value => {}
            _ => self.on_slower(at, series, value),
        }
    }

    fn on_slower(&mut self, at: Timestamp, series: SeriesId, value: Span) {
        if self.slowest.len() <= series.place() {
            self.slowest.resize(series.place() + 1, Slowest::default());
        }
        self.slowest[series.place()].value = value;
        self.wants.push(Want { at, phase: None, what: Wanted::Slowest { series, value } });
    }

    fn takes(&mut self, kind: Kind) -> bool {
        if self.kinds.len() >= MAX_KINDS && !self.kinds.contains_key(&kind) {
            return false;
        }
        let kept = self.kinds.entry(kind).or_default();
        let takes = *kept < PER_KIND && self.ready.len() < PER_HAND_OVER;
        *kept += u8::from(takes);
        takes
    }

    /// What of the acting user is worth evidence; mostly nothing.
    pub fn wants(&mut self) -> Option<Vec<Want>> {
        (!self.wants.is_empty()).then(|| std::mem::take(&mut self.wants))
    }

    pub fn keep(&mut self, evidence: Evidence) {
        self.ready.push(evidence);
    }

    pub fn keep_slowest(&mut self, series: SeriesId, evidence: Evidence) {
        self.slowest[series.place()].evidence = Some(Box::new(evidence));
    }

    /// Everything since the last call; slowest samples when their window is over.
    pub fn drain(&mut self, now: Timestamp) -> Vec<Evidence> {
        let mut ready = std::mem::take(&mut self.ready);
        if now.since(self.window_began) >= self.window {
            self.window_began = now;
            let all = self.slowest.iter_mut().map(std::mem::take);
            ready.extend(all.filter_map(|slowest| Some(*slowest.evidence?)));
        }
        ready
    }
}

/// Of each kind of error and close, for the whole run.
const PER_KIND: u8 = 3;
/// Kinds that a worker tells apart; a server that invents codes must not fill the memory.
const MAX_KINDS: usize = 40;
/// Errors and closes of one hand-over: a crash of the server is a thousand closes of one kind or of many.
const PER_HAND_OVER: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{ClosedBy, Recorder};

    fn key(code: &str) -> ErrorKey {
        ErrorKey { population: "p".into(), operation: "join".into(), code: code.into(), phase: Phase::Flow }
    }

    fn evidence(ms: f64) -> Evidence {
        Evidence {
            at_s: 1.0,
            population: "p".into(),
            user: 3,
            phase: Phase::Active,
            cause: Cause::Slowest { metric: "m".into(), ms },
            frames: Vec::new(),
            generator: None,
        }
    }

    #[test]
    fn the_first_few_of_each_kind_are_wanted() {
        let mut witness = Witness::new(Span::from_secs(1));
        let mut wanted = 0;
        for _ in 0..10 {
            witness.error(Timestamp::ZERO, &key("a"));
            witness.error(Timestamp::ZERO, &key("b"));
            wanted += witness.wants().map_or(0, |wants| wants.len());
        }
        assert_eq!(wanted, 6);
    }

    #[test]
    fn a_flood_of_kinds_and_one_of_closes_are_bounded() {
        let mut witness = Witness::new(Span::from_secs(1));
        let mut wanted = 0;
        for code in 0..1_000u16 {
            let key = DisconnectKey {
                population: "p".into(),
                code,
                reason: code.to_string(),
                by: ClosedBy::Server,
                phase: Phase::Active,
            };
            witness.close(Timestamp::ZERO, &key);
            for want in witness.wants().unwrap_or_default() {
                wanted += 1;
                assert!(matches!(want.what, Wanted::Cause(_)));
                witness.keep(evidence(1.0));
            }
        }
        assert_eq!(wanted, PER_HAND_OVER);
        assert_eq!(witness.drain(Timestamp::ZERO).len(), PER_HAND_OVER);
        assert!(witness.kinds.len() <= MAX_KINDS);
    }

    #[test]
    fn of_each_metric_the_slowest_of_a_window_is_kept() {
        let mut recorder = Recorder::new(Timestamp::ZERO);
        let (a, b) = (recorder.series("a", "p"), recorder.series("b", "p"));
        let mut witness = Witness::new(Span::from_secs(1));
        for (series, ms) in [(a, 5), (a, 4), (b, 1), (a, 9), (a, 9), (b, 1)] {
            witness.sample(Timestamp::ZERO, series, Span::from_millis(ms));
            for want in witness.wants().unwrap_or_default() {
                let Wanted::Slowest { series, value } = want.what else { panic!("{want:?}") };
                witness.keep_slowest(series, evidence(value.as_millis_f64()));
            }
        }
        assert!(witness.drain(Timestamp::from_micros(999_999)).is_empty(), "the window is not over");
        let kept: Vec<_> = witness.drain(Timestamp::from_micros(1_000_000)).iter().map(Evidence::slowest_ms).collect();
        assert_eq!(kept, [Some(9.0), Some(1.0)]);
        witness.sample(Timestamp::ZERO, a, Span::from_millis(2));
        assert!(witness.wants().is_some(), "another window has its own");
    }
}
