//! Takes down what was on a user's connection, at the moment when something happened to it that is worth evidence.

use crate::user::{ONCE_USER, User};
use base::time::{Span, Timestamp};
use metrics::{
    Cause, Evidence, EvidenceOf, EvidenceRequest, Facts, Frame, PendingExemplar, Phase, Recorder, Redactor, SeriesId,
    Unredacted, UserId,
};

use super::{Caught, Engine};

/// How much of a user's ring is taken down.
struct Extent {
    most: usize,
    sent: usize,
    chars: usize,
}

/// Of an error or a close: there are few, and each of them needs an explanation.
const FULL: Extent = Extent { most: 16, sent: 8, chars: 400 };
/// Of the slowest samples, of which there are some every second.
const BRIEF: Extent = Extent { most: 6, sent: 2, chars: 200 };

impl Engine {
    /// After a user has acted; mostly there is nothing to do.
    pub(super) fn take_exemplars(&mut self, now: Timestamp, wall_ms: f64, slot: u32) {
        let Some(requests) = self.exemplars.requests() else { return };
        let Some(user) = self.crowd.get_mut(slot).filter(|user| user.id().index() != ONCE_USER) else { return };
        let id = user.id();
        let caught = |extent: &Extent| self.rings.recent(id, extent.most, extent.sent);
        let full = || transcript((user, &self.redactor), &caught(&FULL), now, wall_ms, FULL.chars);
        let brief = || frames(&caught(&BRIEF), now, wall_ms, String::clone);
        let is_brief = |request: &EvidenceRequest| matches!(request.what, EvidenceOf::Slowest { .. });
        let full = if requests.iter().all(is_brief) { Vec::new() } else { full() };
        let brief = if requests.iter().any(is_brief) { brief() } else { Vec::new() };
        let name = &self.populations[id.population()].name;
        let evidence = |request: &EvidenceRequest, cause, frames: &[Frame]| {
            let phase = request.phase.unwrap_or(user.phase());
            evidence(request.at, name, id, phase, cause, frames.to_vec())
        };
        for request in &requests {
            match &request.what {
                EvidenceOf::Cause(cause) => self.exemplars.keep(evidence(request, cause.clone(), &full)),
                EvidenceOf::Slowest { series, value } => {
                    let cause = slowest(&self.recorder, *series, *value);
                    let evidence = evidence(request, cause, &brief);
                    self.exemplars.keep_slowest(*series, unredacted(user, evidence));
                }
            }
        }
    }

    /// With a hand-over: what got slower too often to be taken down each time.
    pub(super) fn take_late_exemplars(&mut self) {
        for PendingExemplar { series, value, at, wall_ms, user: id } in self.exemplars.late() {
            // Who is gone has taken its frames along.
            let user = self.crowd.find(id).and_then(|slot| self.crowd.get_mut(slot));
            let Some(user) = user.filter(|_| id.index() != ONCE_USER) else { continue };
            let caught = self.rings.recent(id, BRIEF.most, BRIEF.sent);
            let frames = frames(&caught, at, wall_ms, String::clone);
            let (name, cause) = (&self.populations[id.population()].name, slowest(&self.recorder, series, value));
            let evidence = evidence(at, name, id, user.phase(), cause, frames);
            self.exemplars.keep_slowest(series, unredacted(user, evidence));
        }
    }

    /// All evidence since the last hand-over, without secrets.
    pub(super) fn evidence(&mut self, now: Timestamp) -> Vec<Evidence> {
        let redactor = &self.redactor;
        self.exemplars.drain(now, |taken| taken.redacted(redactor, BRIEF.chars))
    }
}

fn unredacted(user: &User, evidence: Evidence) -> Unredacted {
    Unredacted { evidence, facts: user.facts().map(str::to_owned).collect() }
}

fn slowest(recorder: &Recorder, series: SeriesId, value: Span) -> Cause {
    Cause::Slowest { metric: recorder.names(series).0.to_owned(), ms: value.as_millis_f64() }
}

fn evidence(at: Timestamp, name: &str, id: UserId, phase: Phase, cause: Cause, frames: Vec<Frame>) -> Evidence {
    let (at_s, population) = (at.as_secs_f64(), name.to_owned());
    Evidence { at_s, population, user: id.index(), phase, cause, frames, generator: None }
}

/// Frames as they may be shown: without secrets and without the user's own facts, and each at most so many characters long.
pub(super) fn transcript(
    (user, redactor): (&User, &Redactor),
    caught: &[Caught],
    now: Timestamp,
    wall_ms: f64,
    chars: usize,
) -> Vec<Frame> {
    let facts = Facts::of(user.facts());
    frames(caught, now, wall_ms, |text| redactor.shown_to_others(text, &facts, chars))
}

fn frames(caught: &[Caught], now: Timestamp, wall_ms: f64, shown: impl Fn(&String) -> String) -> Vec<Frame> {
    caught
        .iter()
        .map(|frame| Frame {
            at_s: (now.as_secs_f64() - (wall_ms - frame.at_ms) / 1e3).max(0.0),
            way: frame.way,
            length: frame.length,
            more: frame.more,
            text: frame.text.as_ref().map(&shown),
        })
        .collect()
}
