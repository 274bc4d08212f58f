//! What listening in does.

use crate::listen::{ListenEffect, ListenEvent, ListenModel};
use crate::notice::{About, NoticeKind};
use crate::response::{Response, Responses, wants};
use crate::run::RunView;

/// `run`: who is there to be listened to.
pub fn update(model: &mut ListenModel, event: ListenEvent, run: &RunView) -> Responses<ListenEffect> {
    match event {
        ListenEvent::ChooseSpeaker(name) => model.population = name,
        ListenEvent::TypeSpeaker(number) => model.number = number,
        ListenEvent::Listen => match model.listen(run) {
            Ok(effect) => return wants([effect]),
            Err(problem) => return vec![Response::say(NoticeKind::Problem, About::Deed, problem.to_string())],
        },
        ListenEvent::ListenToAny => return wants(model.listen_to_any(run)),
        ListenEvent::Stop => return wants(model.stop()),
        ListenEvent::SetVolume(volume) => {
            model.volume = volume.clamp(0.0, 1.0);
            return wants([ListenEffect::SetVolume(model.volume)]);
        }
        ListenEvent::Heard(heard) => return wants(model.take(*heard)),
    }
    Vec::new()
}
