//! A page that its browser freezes: it says so when it wakes, and what was measured meanwhile is its own sleep.

use super::{Run, Stage};
use engine::wire::LogLevel;
use metrics::AnnotationKind;

impl Run {
    /// The workers' own lateness makes the hand-overs of that time suspect; this says why they were late.
    pub(super) fn on_frozen(&mut self, frozen: bool) {
        if self.epoch_ms.is_none() || self.stage == Stage::Done {
            self.frozen_at = None;
            return;
        }
        let now = self.now();
        let text = match (frozen, self.frozen_at.take()) {
            (true, earlier) => {
                self.frozen_at = earlier.or(Some(now));
                "the browser freezes this page".to_owned()
            }
            (false, Some(since)) => format!(
                "the browser had frozen this page for {:.1} s: what was measured meanwhile is suspect",
                now.since(since).as_secs_f64()
            ),
            (false, None) => "the browser had frozen this page: what was measured meanwhile is suspect".to_owned(),
        };
        self.log.note(now, LogLevel::Warning, text.clone());
        self.aggregator.annotate(now, AnnotationKind::Browser, text.as_str());
    }
}
