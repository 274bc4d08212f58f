//! What a person does before the run, and what comes of it.

use crate::notice::{About, NoticeKind};
use crate::plan::PlanModel;
use crate::preflight::{PreflightEffect, PreflightEvent, PreflightModel, RehearsalOrder};
use crate::response::{Response, Responses};
use run::preflight::Checklist;

pub fn update(model: &mut PreflightModel, event: PreflightEvent, plan: &PlanModel) -> Responses<PreflightEffect> {
    match event {
        PreflightEvent::Start => return start(model, plan),
        PreflightEvent::Cancel => return cancel(model),
        PreflightEvent::CountAtTarget(counts) => model.counts_at_target = counts,
        PreflightEvent::News { checklist, is_done } => {
            model.checklist = *checklist;
            model.is_running = !is_done;
        }
    }
    Vec::new()
}

/// What had to be asked before was asked: see [`Safety`](crate::safety::Safety).
fn start(model: &mut PreflightModel, around: &PlanModel) -> Responses<PreflightEffect> {
    let over = Response::over(About::Plan);
    let Some(plan) = around.editor.plan() else {
        let text = "The plan has problems; they are listed beside it.";
        return vec![over, Response::say(NoticeKind::Problem, About::Plan, text)];
    };
    if model.is_running {
        return vec![over];
    }
    model.is_running = true;
    model.checklist = Checklist::default();
    let order = RehearsalOrder {
        plan: Box::new(plan.clone()),
        csv: around.editor.csv_rows(),
        clips: around.clips_for(plan),
        counts_at_target: model.counts_at_target,
    };
    vec![over, Response::Do(PreflightEffect::Start(Box::new(order)))]
}

pub fn cancel(model: &mut PreflightModel) -> Responses<PreflightEffect> {
    if !std::mem::take(&mut model.is_running) {
        return Vec::new();
    }
    let said = Response::say(NoticeKind::Warning, About::Plan, "The preflight was cancelled.");
    vec![said, Response::Do(PreflightEffect::Cancel)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::PageEvent;
    use crate::{Effect, Model, update};
    use run::preflight::{Check, Group, State};

    fn with(states: &[State], is_done: bool) -> PreflightModel {
        let mut model = Model::default();
        model.safety.fair_use = true;
        let effects = update(&mut model, PreflightEvent::Start);
        assert!(matches!(&effects[..], [Effect::Preflight(PreflightEffect::Start(_))]), "{effects:?}");
        let checks = states.iter().map(|&state| Check { state, ..Check::default() }).collect();
        let checklist = Box::new(Checklist { groups: vec![Group { title: "a".to_owned(), checks }] });
        update(&mut model, PreflightEvent::News { checklist, is_done });
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
        update(&mut model, PreflightEvent::Start);
        let effects = update(&mut model, PageEvent::StopKey);
        assert!(effects.contains(&Effect::Preflight(PreflightEffect::Cancel)) && !model.preflight.is_running);
    }
}
