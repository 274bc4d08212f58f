//! Takes down what was on a user's connection, at the moment when something happened to it that is worth evidence.

use super::Observer;
use crate::rings::Caught;
use crate::user::{ONCE_USER, User, UserNames};
use base::time::{Span, Timestamp};
use metrics::{
    Cause, Evidence, EvidenceOf, EvidenceRequest, Facts, Frame, PendingExemplar, Phase, Recorder, Redactor, SeriesId,
    Unredacted, UserId,
};

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

/// What evidence is told with.
#[derive(Clone, Copy)]
pub struct Clerk<'a> {
    pub names: &'a UserNames,
    pub recorder: &'a Recorder,
    pub redactor: &'a Redactor,
}

impl Observer {
    /// After a user has acted; mostly there is nothing to do.
    pub fn take_evidence(&mut self, now: Timestamp, wall_ms: f64, user: Option<&User>, clerk: Clerk<'_>) {
        let Some(requests) = self.exemplars.requests() else { return };
        let Some(user) = user.filter(|user| user.id().index() != ONCE_USER) else { return };
        let caught = |extent: &Extent| self.rings.recent(user.id(), extent.most, extent.sent);
        let full = || transcript((user, clerk.redactor), &caught(&FULL), now, wall_ms, FULL.chars);
        let brief = || frames(&caught(&BRIEF), now, wall_ms, String::clone);
        let is_brief = |request: &EvidenceRequest| matches!(request.what, EvidenceOf::Slowest { .. });
        let full = if requests.iter().all(is_brief) { Vec::new() } else { full() };
        let brief = if requests.iter().any(is_brief) { brief() } else { Vec::new() };
        for EvidenceRequest { at, phase, what } in requests {
            let phase = phase.unwrap_or(user.phase());
            match what {
                EvidenceOf::Cause(cause) => self.exemplars.keep(clerk.evidence(at, user, phase, cause, full.clone())),
                EvidenceOf::Slowest { series, value } => {
                    let evidence = clerk.evidence(at, user, phase, clerk.slowest(series, value), brief.clone());
                    self.exemplars.keep_slowest(series, unredacted(user, evidence));
                }
            }
        }
    }

    /// All evidence since the last hand-over, without secrets, together with what got slower too often to be taken down each time.
    pub fn hand_over<'u>(
        &mut self,
        now: Timestamp,
        find: impl Fn(UserId) -> Option<&'u User>,
        clerk: Clerk<'_>,
    ) -> Vec<Evidence> {
        for PendingExemplar { series, value, at, wall_ms, user: id } in self.exemplars.late() {
            // Who is gone has taken its frames along.
            let Some(user) = find(id).filter(|_| id.index() != ONCE_USER) else { continue };
            let frames = frames(&self.rings.recent(id, BRIEF.most, BRIEF.sent), at, wall_ms, String::clone);
            let evidence = clerk.evidence(at, user, user.phase(), clerk.slowest(series, value), frames);
            self.exemplars.keep_slowest(series, unredacted(user, evidence));
        }
        self.exemplars.drain(now, |taken| taken.redacted(clerk.redactor, BRIEF.chars))
    }
}

impl Clerk<'_> {
    fn slowest(&self, series: SeriesId, value: Span) -> Cause {
        Cause::Slowest { metric: self.recorder.names(series).0.to_owned(), ms: value.as_millis_f64() }
    }

    fn evidence(&self, at: Timestamp, user: &User, phase: Phase, cause: Cause, frames: Vec<Frame>) -> Evidence {
        let (at_s, id) = (at.as_secs_f64(), user.id());
        let population = self.names.population(id).to_owned();
        Evidence { at_s, population, user: id.index(), phase, cause, frames, generator: None }
    }
}

fn unredacted(user: &User, evidence: Evidence) -> Unredacted {
    Unredacted { evidence, facts: user.facts().map(str::to_owned).collect() }
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
