//! The look before the run, as the page shows it.

pub mod uplink;

use crate::event::{Effect, Event};
use crate::model::Model;
use crate::notice::{About, NoticeKind, over, say};
use crate::plan::clips::update as sound;
use crate::run::view::Mood;
use crate::safety;
use plan::Plan;
use protocol::audio::Clip;
use run::preflight::{Checklist, State};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct PreflightView {
    pub is_running: bool,
    pub checklist: Checklist,
    /// Whether sockets are counted at the target.
    pub counts_at_target: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum PreflightEvent {
    Start,
    Cancel,
    CountAtTarget(bool),
    News { checklist: Box<Checklist>, is_done: bool },
}

/// What is to be rehearsed.
#[derive(Debug, Clone, PartialEq)]
pub struct RehearsalOrder {
    pub plan: Box<Plan>,
    pub csv: Vec<Vec<Vec<String>>>,
    pub clips: Vec<Clip>,
    pub counts_at_target: bool,
}

pub fn update(model: &mut Model, event: PreflightEvent) -> Vec<Effect> {
    match event {
        PreflightEvent::Start => return start(model),
        PreflightEvent::Cancel => return cancel(model),
        PreflightEvent::CountAtTarget(counts) => model.preflight.counts_at_target = counts,
        PreflightEvent::News { checklist, is_done } => {
            model.preflight.checklist = *checklist;
            model.preflight.is_running = !is_done;
        }
    }
    Vec::new()
}

fn start(model: &mut Model) -> Vec<Effect> {
    over(model, About::Plan);
    let Some(plan) = model.editor.plan().cloned() else {
        say(model, NoticeKind::Problem, About::Plan, "The plan has problems; they are listed beside it.".to_owned());
        return Vec::new();
    };
    if model.preflight.is_running || safety::ask(model, &plan, Event::Preflight(PreflightEvent::Start)) {
        return Vec::new();
    }
    let (csv, clips) = (model.editor.csv_rows(), sound::needed(&model.editor, &plan));
    let counts_at_target = model.preflight.counts_at_target;
    model.preflight = PreflightView { is_running: true, checklist: Checklist::default(), counts_at_target };
    vec![Effect::Preflight(Box::new(RehearsalOrder { plan: Box::new(plan), csv, clips, counts_at_target }))]
}

pub fn cancel(model: &mut Model) -> Vec<Effect> {
    if !std::mem::take(&mut model.preflight.is_running) {
        return Vec::new();
    }
    say(model, NoticeKind::Warning, About::Plan, "The preflight was cancelled.".to_owned());
    vec![Effect::CancelPreflight]
}

impl PreflightView {
    /// What it comes to, in one line; empty before the first.
    pub fn summary(&self) -> (String, Mood) {
        let checks = || self.checklist.groups.iter().flat_map(|group| &group.checks);
        let count = |state| checks().filter(|check| check.state == state).count();
        let (failed, warned) = (count(State::Failed), count(State::Warning));
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        match (self.is_running, checks().next().is_some()) {
            (true, _) => (format!("Checking: {} steps so far.", self.checklist.done()), Mood::Plain),
            (false, false) => (String::new(), Mood::Plain),
            _ if failed > 0 => (format!("{failed} step{} failed.", plural(failed)), Mood::Bad),
            _ if warned > 0 => (format!("Ready, with {warned} thing{} to know.", plural(warned)), Mood::Warn),
            _ => ("Ready.".to_owned(), Mood::Good),
        }
    }
}

/// How a state is said, and how it looks.
pub const fn shown(state: State) -> (&'static str, Mood) {
    match state {
        State::Waiting => ("waiting", Mood::Plain),
        State::Good => ("good", Mood::Good),
        State::Warning => ("mind", Mood::Warn),
        State::Failed => ("failed", Mood::Bad),
        State::Skipped => ("not reached", Mood::Plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::update;
    use run::preflight::{Check, Group};

    fn with(states: &[State], is_done: bool) -> PreflightView {
        let mut model = Model::default();
        model.safety.fair_use = true;
        let effects = update(&mut model, Event::Preflight(PreflightEvent::Start));
        assert!(matches!(&effects[..], [Effect::Preflight(_)]), "{effects:?}");
        let checks = states.iter().map(|&state| Check { state, ..Check::default() }).collect();
        let checklist = Box::new(Checklist { groups: vec![Group { title: "a".to_owned(), checks }] });
        update(&mut model, Event::Preflight(PreflightEvent::News { checklist, is_done }));
        model.preflight
    }

    #[track_caller]
    fn check(states: &[State], is_done: bool, expected: &str) {
        assert_eq!(with(states, is_done).summary().0, expected);
    }

    #[test]
    fn what_it_comes_to() {
        check(&[State::Good, State::Waiting], false, "Checking: 1 steps so far.");
        check(&[State::Good, State::Good], true, "Ready.");
        check(&[State::Good, State::Warning], true, "Ready, with 1 thing to know.");
        check(&[State::Failed, State::Skipped, State::Failed], true, "2 steps failed.");
    }

    #[test]
    fn the_stop_key_cancels_it() {
        let mut model = Model::default();
        model.safety.fair_use = true;
        update(&mut model, Event::Preflight(PreflightEvent::Start));
        let effects = update(&mut model, Event::StopKey);
        assert!(effects.contains(&Effect::CancelPreflight) && !model.preflight.is_running);
    }
}
