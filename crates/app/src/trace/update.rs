//! What happens to the user that is seen, and to panels of evidence: a part of [`update`](crate::update()).

use crate::event::Effect;
use crate::model::Model;
use crate::notice::{About, NoticeKind, say};
use crate::trace::SeeEvent;
use engine::wire::Canary;

pub fn update(model: &mut Model, event: SeeEvent) -> Vec<Effect> {
    let (seeing, run) = (&mut model.seeing, &model.run);
    match event {
        SeeEvent::ChoosePopulation(name) => seeing.population = name,
        SeeEvent::TypeNumber(number) => seeing.number = number,
        SeeEvent::Watch => match seeing.watch(run) {
            Ok(effects) => return effects,
            Err(problem) => say(model, NoticeKind::Problem, About::Deed, problem),
        },
        SeeEvent::WatchAny => return seeing.watch_any(run),
        SeeEvent::WatchUser(user) => {
            seeing.clue = None;
            return [seeing.show(run, user), vec![Effect::RevealUser]].concat();
        }
        SeeEvent::Stop => return seeing.stop(),
        SeeEvent::Search(words) => seeing.words = words,
        SeeEvent::CopyFrames => {
            return vec![Effect::CopyText { text: seeing.as_text(), done: "Frames copied.".to_owned() }];
        }
        SeeEvent::Seen(seen) => seeing.take_in(*seen),
        SeeEvent::Take => return seeing.order(Canary::Take),
        SeeEvent::Release => return seeing.order(Canary::Release),
        SeeEvent::Draft(text) => seeing.draft = text,
        SeeEvent::Say => return seeing.say(),
        SeeEvent::ChooseClip(clip) => seeing.chosen_clip = clip,
        SeeEvent::Speak => return seeing.speak(),
        SeeEvent::Tick(timer) => return seeing.order(Canary::Tick(timer)),
        SeeEvent::React { reaction, frame } => return seeing.order(Canary::React { reaction, frame }),
        SeeEvent::FeltSlow => return felt_slow(model),
        SeeEvent::Investigate(past, clue) => seeing.clue = Some((past, clue)),
        SeeEvent::CloseCase => seeing.clue = None,
        SeeEvent::CopyCase(text) => {
            return vec![Effect::CopyText { text, done: "Transcript copied.".to_owned() }];
        }
    }
    Vec::new()
}

/// A person says that the service felt slow just now: a mark on the charts, for whoever looks at them later.
fn felt_slow(model: &mut Model) -> Vec<Effect> {
    if !model.run.status.is_running() {
        say(model, NoticeKind::Problem, About::Deed, "Nothing runs that could feel slow.".to_owned());
        return Vec::new();
    }
    let text = match model.seeing.user() {
        Some(user) => format!("felt slow, watching {}", crate::trace::name(&model.run, user)),
        None => "felt slow".to_owned(),
    };
    say(model, NoticeKind::Done, About::Run, format!("Marked at {}: felt slow.", model.run.status.clock()));
    vec![Effect::NoteDown(text)]
}
