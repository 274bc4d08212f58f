//! What happens to clips and recordings.

use crate::notice::{About, Notice, NoticeEffect, NoticeKind};
use crate::plan::clips::LONGEST_S;
use crate::plan::update::edited;
use crate::plan::{ClipEffect, ClipEvent, ClipRecording, PlanModel, voice_form};
use crate::response::{Response, Responses, wants};
use protocol::audio::Clip;

pub fn update(model: &mut PlanModel, event: ClipEvent) -> Responses<ClipEffect> {
    match event {
        ClipEvent::Read(clip) => return edited(Some(take(model, clip))),
        ClipEvent::Rename { from, to } => {
            if let Some(name) = model.editor.edit_clips(|clips| clips.rename(&from, &to)) {
                model.playing.take_if(|playing| *playing == from);
                voice_form::say_instead(&mut model.editor, &from, Some(&name));
            }
            return edited(None);
        }
        ClipEvent::Remove(name) => {
            model.editor.edit_clips(|clips| clips.remove(&name));
            voice_form::say_instead(&mut model.editor, &name, None);
            return edited(None);
        }
        ClipEvent::Play(name) => return wants([play(model, &name)]),
        ClipEvent::Ended => {
            model.playing = None;
            return wants([ClipEffect::Stop]);
        }
        ClipEvent::Record if model.recording == ClipRecording::Off => {
            model.recording = ClipRecording::Asked;
            // What is played would be recorded.
            model.playing = None;
            let over = Response::over(About::Clip);
            return vec![over, Response::Do(ClipEffect::Stop), Response::Do(ClipEffect::Record)];
        }
        ClipEvent::RecordingBegan if model.recording == ClipRecording::Asked => {
            model.recording = ClipRecording::On { seconds: 0.0, level: 0.0 };
        }
        ClipEvent::RecordingGoesOn { seconds, level } if model.recording.is_on() => {
            model.recording = ClipRecording::On { seconds, level };
            if seconds >= LONGEST_S as f64 {
                return wants([end(model)]);
            }
        }
        ClipEvent::EndRecording if model.recording.is_on() => return wants([end(model)]),
        ClipEvent::DiscardRecording => {
            model.recording = ClipRecording::Off;
            return wants([ClipEffect::DiscardRecording]);
        }
        ClipEvent::RecordingFailed(problem) => {
            model.recording = ClipRecording::Off;
            return vec![Response::say(NoticeKind::Problem, About::Clip, problem)];
        }
        // Too late: what they belong to is not going on.
        ClipEvent::Record | ClipEvent::RecordingBegan | ClipEvent::RecordingGoesOn { .. } | ClipEvent::EndRecording => {
        }
    }
    Vec::new()
}

fn play(model: &mut PlanModel, name: &str) -> ClipEffect {
    let was_playing = model.playing.take();
    if was_playing.as_deref() == Some(name) {
        return ClipEffect::Stop;
    }
    let Some(known) = model.editor.clips().find(name) else { return ClipEffect::Stop };
    model.playing = Some(name.to_owned());
    ClipEffect::Play(known.clip.clone())
}

fn end(model: &mut PlanModel) -> ClipEffect {
    model.recording = ClipRecording::Ending;
    ClipEffect::EndRecording { name: "recording".to_owned(), rate: voice_form::rate(&model.editor) }
}

/// A clip that somebody adds is meant to be said.
fn take(model: &mut PlanModel, clip: Clip) -> NoticeEffect {
    if model.recording == ClipRecording::Ending {
        model.recording = ClipRecording::Off;
    }
    let wanted = clip.name.clone();
    let said = |kind, text| Notice::new(kind, About::Clip, text);
    match model.editor.edit_clips(|clips| clips.add(clip)) {
        Ok(name) => {
            voice_form::say_too(&mut model.editor, &name);
            // Of several files one may have failed.
            let text = format!("The clip {name} is there. It stays in this page.");
            NoticeEffect::Mention(said(NoticeKind::Done, text))
        }
        Err(problem) => NoticeEffect::Say(said(NoticeKind::Problem, format!("{wanted} was not taken: {problem}."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Edit, PlanEffect};
    use crate::run::{RunEffect, RunEvent};
    use crate::{Effect, Event, Model, update};

    fn voice_model() -> Model {
        let mut model = Model::default();
        model.safety.fair_use = true;
        update(&mut model, Edit::ChooseScenario("voice-guest".into()));
        model
    }

    fn after(model: &mut Model, events: impl IntoIterator<Item = Event>) -> Vec<Effect> {
        let all = events.into_iter().flat_map(|event| update(model, event));
        all.filter(|effect| !matches!(effect, Effect::Plan(PlanEffect::KeepDraft(_)))).collect()
    }

    fn clip(name: &str) -> Clip {
        Clip::new(name.into(), 24_000, &[1_000; 2_400])
    }

    #[test]
    fn a_new_clip_is_said_and_goes_with_the_run_but_not_into_the_plan_s_link() {
        let mut model = voice_model();
        after(&mut model, [ClipEvent::Read(clip("mine")).into()]);
        assert!(model.plan.editor.text().contains("\"mine\""));
        let effects = after(&mut model, [RunEvent::Start.into()]);
        let [Effect::Run(RunEffect::Start { clips, .. })] = &effects[..] else { panic!("{effects:?}") };
        assert_eq!(clips, &[clip("mine")]);
    }

    #[test]
    fn chat_users_get_no_clips() {
        let mut model = Model::default();
        model.safety.fair_use = true;
        let effects = after(&mut model, [ClipEvent::Read(clip("mine")).into(), RunEvent::Start.into()]);
        assert!(
            matches!(&effects[..], [Effect::Run(RunEffect::Start { clips, .. })] if clips.is_empty()),
            "{effects:?}"
        );
    }

    #[test]
    fn clips_outlive_the_choice_of_another_plan() {
        let mut model = voice_model();
        after(&mut model, [ClipEvent::Read(clip("mine")).into(), Edit::ChoosePreset("chat-voice".into()).into()]);
        assert!(model.plan.editor.clips().find("mine").is_some());
    }

    #[test]
    fn played_again_a_clip_stops() {
        let mut model = voice_model();
        let play = || ClipEvent::Play("order".into()).into();
        assert!(matches!(after(&mut model, [play()])[..], [Effect::Clips(ClipEffect::Play(_))]));
        assert_eq!(model.plan.playing.as_deref(), Some("order"));
        assert_eq!(after(&mut model, [play()]), [Effect::Clips(ClipEffect::Stop)]);
        after(&mut model, [play(), ClipEvent::Ended.into()]);
        assert_eq!(model.plan.playing, None);
    }

    #[test]
    fn a_recording_becomes_a_clip() {
        let mut model = voice_model();
        let began = [
            ClipEvent::Record.into(),
            ClipEvent::RecordingBegan.into(),
            ClipEvent::RecordingGoesOn { seconds: 1.0, level: 0.5 }.into(),
        ];
        assert_eq!(after(&mut model, began), [Effect::Clips(ClipEffect::Stop), Effect::Clips(ClipEffect::Record)]);
        assert_eq!(model.plan.recording.clock(), "0:01");
        let ended = after(&mut model, [ClipEvent::EndRecording.into()]);
        assert_eq!(ended, [Effect::Clips(ClipEffect::EndRecording { name: "recording".into(), rate: 24_000 })]);
        after(&mut model, [ClipEvent::Read(clip("recording")).into()]);
        assert_eq!((model.plan.recording.clone(), model.plan.editor.clips().own().len()), (ClipRecording::Off, 1));
    }

    #[test]
    fn a_refused_microphone_is_said_in_words() {
        let mut model = voice_model();
        after(&mut model, [ClipEvent::Record.into(), ClipEvent::RecordingFailed("the browser refused".into()).into()]);
        assert_eq!(model.plan.recording, ClipRecording::Off);
        assert_eq!(model.notice.unwrap().text, "the browser refused");
    }

    #[test]
    fn an_endless_recording_ends() {
        let mut model = voice_model();
        let on = [
            ClipEvent::Record.into(),
            ClipEvent::RecordingBegan.into(),
            ClipEvent::RecordingGoesOn { seconds: 120.0, level: 0.5 }.into(),
        ];
        let effects = after(&mut model, on);
        assert!(matches!(effects.last(), Some(Effect::Clips(ClipEffect::EndRecording { .. }))), "{effects:?}");
    }
}
