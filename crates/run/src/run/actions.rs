//! What the tester does to a run while it goes on: stamped, told to every worker, written into the plan and on the charts.

use serde_json::Value;

use super::{Run, Stage};
use crate::member::MemberState;
use crate::target::Target;
use document::Problem;
use engine::wire::{LogLevel, ToWorker};
use metrics::{AnnotationKind, MASK, shown_action, text_without_secrets};
use plan::TimedAction;

impl Run {
    /// An action that is typed in while the run goes on.
    ///
    /// # Errors
    /// Everything that is wrong with it, now.
    pub fn read_action(&self, document: &Value) -> Result<TimedAction, Vec<Problem>> {
        let read = TimedAction::check(document, &self.plan);
        let late = self.is_too_late().map(|message| Problem { path: String::new(), message });
        match (read, late) {
            (Ok(action), None) => Ok(action),
            (read, late) => Err(late.into_iter().chain(read.err().unwrap_or_default()).collect()),
        }
    }

    fn is_too_late(&self) -> Option<String> {
        (self.stage != Stage::Running).then(|| "only a run that is going on can be steered".to_owned())
    }

    /// All workers act at the same time of the run, which lies as far ahead as a message takes to the last of them.
    pub(super) fn act(&mut self, mut action: TimedAction) {
        if let Some(refusal) = self.is_too_late().or_else(|| action.refusal(&self.plan)) {
            let text = format!("not done: {}: {refusal}", shown_action(&action).text());
            return self.log.note(self.now(), LogLevel::Warning, text);
        }
        let is_remote = self.members.iter().any(|member| member.part.browser.is_some());
        let lead_ms = if is_remote { REMOTE_LEAD_MS } else { LEAD_MS };
        let soon_ms = self.now().since(base::time::Timestamp::ZERO).as_millis_f64() + lead_ms;
        // Whole milliseconds read well in a recorded plan, and are exact there.
        action.at_s = (soon_ms.max(action.at_s * 1e3)).ceil() / 1e3;
        for (worker, member) in self.members.iter().enumerate() {
            // Who has not loaded yet will find it in its plan.
            if member.has_load && member.state != MemberState::Dead {
                self.outbox.push_back((worker, ToWorker::Act(Box::new(action.clone()))));
            }
        }
        self.plan.add_action(action);
        self.plan_anew();
        self.target = Target::new(&self.plan);
    }

    /// Annotates what has happened by now, of the plan's own actions as well.
    pub(super) fn tell_acts(&mut self) {
        if !matches!(self.stage, Stage::Running) {
            return;
        }
        let now = self.now();
        while let Some(action) = self.plan.actions.get(self.acted).filter(|action| action.at() <= now) {
            self.acted += 1;
            let (at, text) = (action.at(), shown_action(action).text());
            self.aggregator.annotate(at, AnnotationKind::Action, text.as_str());
            self.log.note(at, LogLevel::Info, text);
        }
    }

    pub(super) fn note_down(&mut self, at_s: f64, text: &str) {
        let clean = text_without_secrets(text, MASK);
        let text = clean.as_deref().unwrap_or(text).trim();
        if self.clock.epoch_ms.is_none() || text.is_empty() {
            return;
        }
        let at = base::time::Timestamp::from_millis_f64(at_s * 1e3).min(self.now());
        self.aggregator.annotate(at, AnnotationKind::Note, text);
        self.log.note(at, LogLevel::Info, format!("note: {text}"));
    }
}

/// A message between two threads of one browser, and a frame's work before it is looked at.
const LEAD_MS: f64 = 100.0;
/// A broker's two hops; a browser that hears later acts as soon as it hears.
const REMOTE_LEAD_MS: f64 = 500.0;
