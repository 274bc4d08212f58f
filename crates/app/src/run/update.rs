//! What a person does to the run, and what becomes of it.

use crate::notice::{About, NoticeKind};
use crate::page::{Page, PageEffect};
use crate::plan::PlanModel;
use crate::response::{Response, Responses, wants};
use crate::run::log::LogFilter;
use crate::run::view::Phase;
use crate::run::{RunEffect, RunEvent, RunModel};
use plan::Limits;

/// What a run needs to know of the rest of the page.
pub struct RunContext<'a> {
    pub plan: &'a PlanModel,
    pub limits: &'a Limits,
    /// Why the clocks of a swarm cannot judge some of the plan's thresholds.
    pub doubts: &'a [String],
}

pub fn update(model: &mut RunModel, event: RunEvent, context: &RunContext<'_>) -> Responses<RunEffect> {
    match event {
        RunEvent::Start if model.view.status.is_running() => Vec::new(),
        RunEvent::Start => start(context),
        RunEvent::Stop => wants([RunEffect::Stop]),
        RunEvent::Abort => wants([RunEffect::Abort]),
        RunEvent::Act(action) => wants([RunEffect::Act(action)]),
        RunEvent::NoteDown { at_s, text } => wants([RunEffect::NoteAt { at_s, text }]),
        RunEvent::RecordSession => wants([RunEffect::RecordSession]),
        RunEvent::Started(plan) => {
            model.is_saved = false;
            vec![Response::RunStarted(plan)]
        }
        RunEvent::Refused(problem) => vec![Response::say(NoticeKind::Problem, About::Plan, problem)],
        RunEvent::Changed(view) => {
            model.view = *view;
            let over = (model.view.status.phase == Phase::Done).then(|| Response::over(About::Run));
            over.into_iter().chain([Response::RunChanged]).collect()
        }
        RunEvent::NotKept(text) => not_kept(model, text).into_iter().collect(),
        RunEvent::FilterLog { level, words } => {
            model.log_filter = LogFilter { level, words };
            vec![Response::LogFiltered, Response::Do(RunEffect::Refresh)]
        }
        RunEvent::Save(format) => {
            model.is_saved = true;
            wants([RunEffect::Save(format)])
        }
    }
}

/// What had to be asked before was asked: see [`Safety`](crate::safety::Safety).
fn start(context: &RunContext<'_>) -> Responses<RunEffect> {
    let mut responses = vec![Response::over(About::Plan)];
    let editor = &context.plan.editor;
    let Some(plan) = editor.plan() else {
        let text = match editor.problems() {
            [only] => format!("The plan has a problem: {}.", only.message),
            all => format!("The plan has {} problems; they are listed beside it.", all.len()),
        };
        responses.extend([Response::Show(Page::Plan), Response::say(NoticeKind::Problem, About::Plan, text)]);
        let first = editor.problems().first();
        responses.extend(first.map(|problem| Response::Page(PageEffect::RevealLine(problem.line))));
        return responses;
    };
    if let Err(exceeded) = context.limits.check(plan) {
        let text = format!("Not started: {exceeded}. \"Hosts and limits\" beside the plan has them.");
        responses.push(Response::say(NoticeKind::Problem, About::Plan, text));
        return responses;
    }
    if !context.doubts.is_empty() {
        responses.push(Response::say(NoticeKind::Warning, About::Swarm, context.doubts.join(" ")));
    }
    let (csv, clips) = (editor.csv_rows(), context.plan.clips_for(plan));
    responses.push(Response::Do(RunEffect::Start { plan: Box::new(plan.clone()), csv, clips }));
    responses
}

fn not_kept(model: &mut RunModel, text: Option<String>) -> Option<Response<RunEffect>> {
    let is_news = text != model.not_kept;
    model.not_kept.clone_from(&text);
    match text {
        Some(text) => is_news.then(|| Response::say(NoticeKind::Problem, About::Kept, text)),
        None => Some(Response::over(About::Kept)),
    }
}
