//! What of all that happens in a worker is worth evidence: a few of each kind, so that a storm costs no more than a squall.

use std::collections::HashMap;

use super::{Cause, Evidence};
use crate::close::DisconnectKey;
use crate::delta::ErrorKey;
use crate::recorder::SeriesId;
use crate::redact::{Facts, Redactor};
use crate::user::{Phase, UserId};
use base::time::{Span, Timestamp};

/// Something that just happened to the user that is acting.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidenceRequest {
    pub at: Timestamp,
    pub phase: Option<Phase>,
    pub what: EvidenceOf,
}

#[derive(Debug, Clone, PartialEq)]
pub enum EvidenceOf {
    Cause(Cause),
    Slowest { series: SeriesId, value: Span },
}

/// A slowest sample whose user's frames are still to be taken down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PendingExemplar {
    pub series: SeriesId,
    pub value: Span,
    pub at: Timestamp,
    /// By the clock that the frames' times are told by.
    pub wall_ms: f64,
    pub user: UserId,
}

/// Evidence as it was taken down: most of it is replaced within its window, so only what is handed over is redacted.
#[derive(Debug, Clone)]
pub struct Unredacted {
    pub evidence: Evidence,
    /// Of its user's account.
    pub facts: Vec<String>,
}

impl Unredacted {
    /// Its frames without secrets and without the user's own facts, and each at most so many characters long.
    pub fn redacted(self, redactor: &Redactor, chars: usize) -> Evidence {
        let Self { mut evidence, facts } = self;
        let facts = Facts::of(facts.iter().map(String::as_str));
        for text in evidence.frames.iter_mut().filter_map(|frame| frame.text.as_mut()) {
            *text = redactor.shown_to_others(text, &facts, chars);
        }
        evidence
    }
}

#[derive(Debug)]
pub struct Exemplars {
    /// How much of each kind is kept already.
    kinds: HashMap<Kind, u8>,
    /// Of the user that is acting; mostly empty.
    requests: Vec<EvidenceRequest>,
    ready: Vec<Evidence>,
    /// By [`SeriesId`]: the slowest sample of the time that is running.
    slowest: Vec<Slowest>,
    window: Span,
    window_began: Timestamp,
}

#[derive(Debug, Clone, Default)]
struct Slowest {
    value: Span,
    evidence: Option<Box<Unredacted>>,
    /// How often frames were taken down for it.
    taken: u8,
    late: Option<PendingExemplar>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Kind {
    Error(ErrorKey),
    Close(DisconnectKey),
}

impl Exemplars {
    /// Keeps one slowest sample of each metric in a window of this length.
    pub fn new(window: Span) -> Self {
        Self {
            kinds: HashMap::new(),
            requests: Vec::new(),
            ready: Vec::new(),
            slowest: Vec::new(),
            window,
            window_began: Timestamp::ZERO,
        }
    }

    pub fn error(&mut self, at: Timestamp, key: &ErrorKey) {
        if self.takes(Kind::Error(key.clone())) {
            let cause = Cause::Error { operation: key.operation.clone(), code: key.code.clone() };
            self.requests.push(EvidenceRequest { at, phase: Some(key.phase), what: EvidenceOf::Cause(cause) });
        }
    }

    pub fn close(&mut self, at: Timestamp, key: &DisconnectKey) {
        if self.takes(Kind::Close(key.clone())) {
            let cause = Cause::Close { code: key.code, reason: key.reason.clone(), by: key.by };
            self.requests.push(EvidenceRequest { at, phase: Some(key.phase), what: EvidenceOf::Cause(cause) });
        }
    }

    /// On the hot path: one comparison, unless it is slower than all before it in this window. Frames are taken down at once for
    /// the first few of these. More of them mean that everything gets slower and slower: to take down each would slow it further,
    /// so the last of them waits for the next hand-over.
    #[inline]
    pub fn sample(&mut self, late: PendingExemplar) {
        match self.slowest.get(late.series.place()) {
            Some(slowest) if late.value <= slowest.value => {}
            _ => self.on_slower(late),
        }
    }

    fn on_slower(&mut self, late: PendingExemplar) {
        let PendingExemplar { series, value, at, .. } = late;
        if self.slowest.len() <= series.place() {
            self.slowest.resize(series.place() + 1, Slowest::default());
        }
        let slowest = &mut self.slowest[series.place()];
        slowest.value = value;
        let is_one_of_few = slowest.taken < PER_WINDOW;
        slowest.late = (!is_one_of_few).then_some(late);
        if is_one_of_few {
            slowest.taken += 1;
            self.requests.push(EvidenceRequest { at, phase: None, what: EvidenceOf::Slowest { series, value } });
        }
    }

    /// Slowest samples that wait for this hand-over.
    pub fn late(&mut self) -> Vec<PendingExemplar> {
        self.slowest.iter_mut().filter_map(|slowest| slowest.late.take()).collect()
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
    pub fn requests(&mut self) -> Option<Vec<EvidenceRequest>> {
        (!self.requests.is_empty()).then(|| std::mem::take(&mut self.requests))
    }

    pub fn keep(&mut self, evidence: Evidence) {
        self.ready.push(evidence);
    }

    pub fn keep_slowest(&mut self, series: SeriesId, evidence: Unredacted) {
        self.slowest[series.place()].evidence = Some(Box::new(evidence));
    }

    /// Everything since the last call; slowest samples when their window is over, as `redact` shows them.
    pub fn drain(&mut self, now: Timestamp, redact: impl Fn(Unredacted) -> Evidence) -> Vec<Evidence> {
        let mut ready = std::mem::take(&mut self.ready);
        if now.since(self.window_began) >= self.window {
            self.window_began = now;
            let all = self.slowest.iter_mut().map(std::mem::take);
            ready.extend(all.filter_map(|slowest| Some(redact(*slowest.evidence?))));
        }
        ready
    }
}

/// Slowest samples of a metric and a window for which frames are taken down at once: so many are the rule (the logarithm of
/// how many samples there are) while nothing gets slower by and by.
const PER_WINDOW: u8 = 8;
/// Of each kind of error and close, for the whole run.
const PER_KIND: u8 = 3;
/// Kinds that a worker tells apart; a server that invents codes must not fill the memory.
const MAX_KINDS: usize = 40;
/// Errors and closes of one hand-over: a crash of the server is a thousand closes of one kind or of many.
const PER_HAND_OVER: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClosedBy, Recorder};

    fn key(code: &str) -> ErrorKey {
        ErrorKey { population: "p".into(), operation: "join".into(), code: code.into(), phase: Phase::Flow }
    }

    fn late(series: SeriesId, ms: u64) -> PendingExemplar {
        PendingExemplar { series, value: Span::from_millis(ms), at: Timestamp::ZERO, wall_ms: 0.0, user: UserId(3) }
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

    fn unredacted(ms: f64) -> Unredacted {
        Unredacted { evidence: evidence(ms), facts: Vec::new() }
    }

    #[test]
    fn what_is_handed_over_is_redacted_by_all_that_is_known_then() {
        let frame = crate::Frame {
            at_s: 1.0,
            way: crate::Way::In,
            length: 40,
            more: 0,
            text: Some("of Kim: a token that came later".to_owned()),
        };
        let taken = Evidence { frames: vec![frame], ..evidence(1.0) };
        let mut redactor = Redactor::default();
        let raw = Unredacted { evidence: taken, facts: vec!["Kim Lee".to_owned(), "a token".to_owned()] };
        redactor.learn("that came");
        let shown = raw.redacted(&redactor, 100).frames.remove(0).text;
        assert_eq!(shown.as_deref(), Some("of Kim: *** *** later"));
    }

    #[test]
    fn the_first_few_of_each_kind_are_wanted() {
        let mut exemplars = Exemplars::new(Span::from_secs(1));
        let mut wanted = 0;
        for _ in 0..10 {
            exemplars.error(Timestamp::ZERO, &key("a"));
            exemplars.error(Timestamp::ZERO, &key("b"));
            wanted += exemplars.requests().map_or(0, |requests| requests.len());
        }
        assert_eq!(wanted, 6);
    }

    #[test]
    fn a_flood_of_kinds_and_one_of_closes_are_bounded() {
        let mut exemplars = Exemplars::new(Span::from_secs(1));
        let mut wanted = 0;
        for code in 0..1_000u16 {
            let key = DisconnectKey {
                population: "p".into(),
                code,
                reason: code.to_string(),
                by: ClosedBy::Server,
                phase: Phase::Active,
            };
            exemplars.close(Timestamp::ZERO, &key);
            for request in exemplars.requests().unwrap_or_default() {
                wanted += 1;
                assert!(matches!(request.what, EvidenceOf::Cause(_)));
                exemplars.keep(evidence(1.0));
            }
        }
        assert_eq!(wanted, PER_HAND_OVER);
        assert_eq!(exemplars.drain(Timestamp::ZERO, |raw| raw.evidence).len(), PER_HAND_OVER);
        assert!(exemplars.kinds.len() <= MAX_KINDS);
    }

    #[test]
    fn of_each_metric_the_slowest_of_a_window_is_kept() {
        let mut recorder = Recorder::new(Timestamp::ZERO);
        let (a, b) = (recorder.series("a", "p"), recorder.series("b", "p"));
        let mut exemplars = Exemplars::new(Span::from_secs(1));
        for (series, ms) in [(a, 5), (a, 4), (b, 1), (a, 9), (a, 9), (b, 1)] {
            exemplars.sample(late(series, ms));
            for request in exemplars.requests().unwrap_or_default() {
                let EvidenceOf::Slowest { series, value } = request.what else { panic!("{request:?}") };
                exemplars.keep_slowest(series, unredacted(value.as_millis_f64()));
            }
        }
        assert!(
            exemplars.drain(Timestamp::from_micros(999_999), |raw| raw.evidence).is_empty(),
            "the window is not over"
        );
        let kept: Vec<_> = exemplars
            .drain(Timestamp::from_micros(1_000_000), |raw| raw.evidence)
            .iter()
            .map(Evidence::slowest_ms)
            .collect();
        assert_eq!(kept, [Some(9.0), Some(1.0)]);
        exemplars.sample(late(a, 2));
        assert!(exemplars.requests().is_some(), "another window has its own");
    }

    #[test]
    fn what_gets_slower_and_slower_is_taken_down_a_few_times_and_then_once_a_hand_over() {
        let mut series = Recorder::new(Timestamp::ZERO);
        let series = series.series("a", "p");
        let mut exemplars = Exemplars::new(Span::from_secs(1));
        let mut at_once = 0;
        for ms in 1..=1_000 {
            exemplars.sample(late(series, ms));
            at_once += exemplars.requests().map_or(0, |requests| requests.len());
        }
        assert_eq!(at_once, usize::from(PER_WINDOW));
        let waiting = exemplars.late();
        assert_eq!(waiting, [late(series, 1_000)], "the slowest of all, and nobody else");
        assert!(exemplars.late().is_empty());
        exemplars.keep_slowest(series, unredacted(waiting[0].value.as_millis_f64()));
        let kept: Vec<_> = exemplars
            .drain(Timestamp::from_micros(1_000_000), |raw| raw.evidence)
            .iter()
            .map(Evidence::slowest_ms)
            .collect();
        assert_eq!(kept, [Some(1_000.0)]);
    }
}
