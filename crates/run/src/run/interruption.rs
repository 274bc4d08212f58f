//! What comes between a run and its plan: a broken threshold that may stop it, a page that its browser freezes, a page that is gone.

use super::{Run, Stage};
use base::time::{Span, Timestamp};
use engine::wire::LogLevel;
use metrics::{AnnotationKind, EndedBy};

/// What this browser does to the run's page.
#[derive(Debug, Default)]
pub(super) struct PageSeen {
    pub is_hidden: bool,
    /// It is gone, and this is what was written down of it.
    pub is_cut_off: bool,
    /// When the browser froze it, while it is frozen.
    frozen_at: Option<Timestamp>,
}

impl PageSeen {
    /// How long it was frozen, if it wakes and was.
    fn freeze(&mut self, frozen: bool, now: Timestamp) -> Option<Span> {
        let earlier = self.frozen_at.take();
        self.frozen_at = frozen.then(|| earlier.unwrap_or(now));
        earlier.filter(|_| !frozen).map(|since| now.since(since))
    }
}

impl Run {
    /// Thresholds are looked at once a second: when every worker has handed over beyond it.
    pub(super) fn heed_thresholds(&mut self) {
        let closed = self.aggregator.totals().timeline().closed();
        // A search wants thresholds to break.
        if self.stage != Stage::Running || closed <= self.judging.heeded || self.searching.is_some() {
            return;
        }
        self.judging.heeded = closed;
        let now = self.now();
        if let Some(broken) = self.aggregator.stop_for_threshold(now) {
            let text = format!("stopped after {:.1} s: `{broken}` is broken", now.as_secs_f64());
            self.log.note(now, LogLevel::Warning, text);
            self.stop(EndedBy::Threshold);
        }
    }

    /// Its page is gone: what was heard of it until then is its result. Ends it where its last input left it, and says why.
    pub fn cut_off(&mut self) {
        if self.is_done() {
            return;
        }
        let text = match self.clock.epoch_ms {
            Some(_) => format!("cut off at {:.1} s: the page was closed, or it crashed", self.now().as_secs_f64()),
            None => "the page was closed before the run had started".to_owned(),
        };
        self.problem = Some(match self.problem.take() {
            Some(earlier) => format!("{earlier}; {text}"),
            None => text,
        });
        self.page.is_cut_off = true;
        self.end();
        self.judge();
        self.outbox.clear();
    }

    /// A frozen page says so when it wakes. The workers' own lateness makes the hand-overs of that time suspect; this says why they were late.
    pub(super) fn on_frozen(&mut self, frozen: bool) {
        if self.clock.epoch_ms.is_none() || self.stage == Stage::Done {
            self.page.frozen_at = None;
            return;
        }
        let now = self.now();
        let text = match (frozen, self.page.freeze(frozen, now)) {
            (true, _) => "the browser freezes this page".to_owned(),
            (false, Some(time)) => format!(
                "the browser had frozen this page for {:.1} s: what was measured meanwhile is suspect",
                time.as_secs_f64()
            ),
            (false, None) => "the browser had frozen this page: what was measured meanwhile is suspect".to_owned(),
        };
        self.log.note(now, LogLevel::Warning, text.clone());
        self.aggregator.annotate(now, AnnotationKind::Browser, text.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_was_frozen_from_the_first_that_was_said_of_it() {
        let mut page = PageSeen::default();
        let mut check = |frozen, second, expected: Option<u64>| {
            let now = Timestamp::ZERO + Span::from_secs(second);
            assert_eq!(page.freeze(frozen, now), expected.map(Span::from_secs), "at {second} s");
        };
        check(false, 1, None);
        check(true, 2, None);
        check(true, 5, None);
        check(false, 9, Some(7));
        check(false, 10, None);
    }
}
