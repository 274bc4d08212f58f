//! A run that breaks a threshold which may stop it is stopped.

use super::{Run, Stage};
use engine::wire::LogLevel;

impl Run {
    /// Thresholds are looked at once a second: when every worker has handed over beyond it.
    pub(super) fn heed_thresholds(&mut self) {
        let closed = self.aggregator.totals().timeline().closed();
        // A search wants thresholds to break.
        if self.stage != Stage::Running || closed <= self.heeded || self.searching.is_some() {
            return;
        }
        self.heeded = closed;
        let now = self.now();
        if let Some(broken) = self.aggregator.stop_for_threshold(now) {
            let text = format!("stopped after {:.1} s: `{broken}` is broken", now.as_secs_f64());
            self.log.note(now, LogLevel::Warning, text);
            self.on_stop();
        }
    }
}
