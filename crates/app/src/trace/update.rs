//! What looking at one user does, and having it do something.

use crate::notice::{About, NoticeKind};
use crate::page::PageEffect;
use crate::response::{Response, Responses, wants};
use crate::run::RunView;
use crate::trace::model::{TraceModel, name};
use crate::trace::{TraceEffect, TraceEvent};
use engine::wire::Canary;

/// `run`: who is there to be seen.
pub fn update(model: &mut TraceModel, event: TraceEvent, run: &RunView) -> Responses<TraceEffect> {
    match event {
        TraceEvent::ChoosePopulation(name) => model.population = name,
        TraceEvent::TypeNumber(number) => model.number = number,
        TraceEvent::Watch => match model.watch(run) {
            Ok(effects) => return wants(effects),
            Err(problem) => return vec![Response::say(NoticeKind::Problem, About::Deed, problem.to_string())],
        },
        TraceEvent::WatchAny => return wants(model.watch_any(run)),
        TraceEvent::WatchUser(user) => {
            model.clue = None;
            return wants(model.show(run, user).into_iter().chain([TraceEffect::RevealUser]));
        }
        TraceEvent::Stop => return wants(model.stop()),
        TraceEvent::Search(words) => model.words = words,
        TraceEvent::CopyFrames => return copied(model.as_text(), "Frames copied."),
        TraceEvent::Seen(seen) => model.take_in(*seen),
        TraceEvent::Take => return wants(model.order(Canary::Take)),
        TraceEvent::Release => return wants(model.order(Canary::Release)),
        TraceEvent::Draft(text) => model.draft = text,
        TraceEvent::Say => return wants(model.say()),
        TraceEvent::ChooseClip(clip) => model.chosen_clip = clip,
        TraceEvent::Speak => return wants(model.speak()),
        TraceEvent::Tick(timer) => return wants(model.order(Canary::Tick(timer))),
        TraceEvent::React { reaction, frame } => return wants(model.order(Canary::React { reaction, frame })),
        TraceEvent::FeltSlow => return felt_slow(model, run),
        TraceEvent::Investigate(past, clue) => model.clue = Some((past, clue)),
        TraceEvent::CloseCase => model.clue = None,
        TraceEvent::CopyCase(text) => return copied(text, "Transcript copied."),
    }
    Vec::new()
}

fn copied(text: String, done: &str) -> Responses<TraceEffect> {
    vec![Response::Page(PageEffect::CopyText { text, done: done.to_owned() })]
}

/// A person says that the service felt slow just now: a mark on the charts, for whoever looks at them later.
fn felt_slow(model: &TraceModel, run: &RunView) -> Responses<TraceEffect> {
    if !run.status.is_running() {
        return vec![Response::say(NoticeKind::Problem, About::Deed, "Nothing runs that could feel slow.")];
    }
    let text = match model.user() {
        Some(user) => format!("felt slow, watching {}", name(run, user)),
        None => "felt slow".to_owned(),
    };
    let said = format!("Marked at {}: felt slow.", run.status.clock());
    vec![Response::say(NoticeKind::Done, About::Run, said), Response::Do(TraceEffect::NoteDown(text))]
}
