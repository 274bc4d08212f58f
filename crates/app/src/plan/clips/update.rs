//! What happens to clips and recordings: a part of [`update`](crate::update()).

use crate::event::{Effect, Event};
use crate::model::Model;
use crate::notice::{About, NoticeKind, over, say};
use crate::plan::Editor;
use crate::plan::clips::recording::ClipRecording;
use crate::plan::voice_form;
use crate::presets;
use plan::Plan;
use protocol::audio::Clip;

/// The events of playing and recording; none of them changes the plan.
pub fn update(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::PlayClip(name) => return play(model, &name),
        Event::ClipEnded => {
            model.playing = None;
            return vec![Effect::StopClip];
        }
        Event::Record if model.recording == ClipRecording::Off => {
            model.recording = ClipRecording::Asked;
            over(model, About::Clip);
            // What is played would be recorded.
            model.playing = None;
            return vec![Effect::StopClip, Effect::Record];
        }
        Event::RecordingBegan if model.recording == ClipRecording::Asked => {
            model.recording = ClipRecording::On { seconds: 0.0, level: 0.0 };
        }
        Event::RecordingGoesOn { seconds, level } if model.recording.is_on() => {
            model.recording = ClipRecording::On { seconds, level };
            if seconds >= crate::plan::clips::LONGEST_S as f64 {
                return end(model);
            }
        }
        Event::EndRecording if model.recording.is_on() => return end(model),
        Event::DiscardRecording => {
            model.recording = ClipRecording::Off;
            return vec![Effect::DiscardRecording];
        }
        Event::RecordingFailed(problem) => {
            model.recording = ClipRecording::Off;
            say(model, NoticeKind::Problem, About::Clip, problem);
        }
        _ => {}
    }
    Vec::new()
}

/// The events of listening in on a user of the run.
pub fn hear(model: &mut Model, event: Event) -> Vec<Effect> {
    let (hearing, run) = (&mut model.hearing, &model.run);
    match event {
        Event::ChooseSpeaker(name) => hearing.population = name,
        Event::TypeSpeaker(number) => hearing.number = number,
        Event::Listen => match hearing.listen(run) {
            Ok(effects) => return effects,
            Err(problem) => say(model, NoticeKind::Problem, About::Deed, problem),
        },
        Event::ListenToAny => return hearing.listen_to_any(run),
        Event::StopListening => return hearing.stop(),
        Event::SetVolume(volume) => {
            hearing.volume = volume.clamp(0.0, 1.0);
            return vec![Effect::SetVolume(hearing.volume)];
        }
        Event::Heard(heard) => return hearing.take(*heard),
        _ => {}
    }
    Vec::new()
}

fn play(model: &mut Model, name: &str) -> Vec<Effect> {
    let was_playing = model.playing.take();
    if was_playing.as_deref() == Some(name) {
        return vec![Effect::StopClip];
    }
    let Some(known) = model.editor.clips().find(name) else { return vec![Effect::StopClip] };
    model.playing = Some(name.to_owned());
    vec![Effect::PlayClip(known.clip.clone())]
}

fn end(model: &mut Model) -> Vec<Effect> {
    model.recording = ClipRecording::Ending;
    vec![Effect::EndRecording { name: "recording".to_owned(), rate: voice_form::rate(&model.editor) }]
}

/// A clip that somebody adds is meant to be said.
pub fn take(model: &mut Model, clip: Clip) {
    if model.recording == ClipRecording::Ending {
        model.recording = ClipRecording::Off;
    }
    let wanted = clip.name.clone();
    match model.editor.edit_clips(|clips| clips.add(clip)) {
        Ok(name) => {
            voice_form::say_too(&mut model.editor, &name);
            // Of several files one may have failed: that must not vanish behind those that went well.
            if model.notice.as_ref().is_none_or(|notice| notice.kind != NoticeKind::Problem) {
                say(model, NoticeKind::Done, About::Clip, format!("The clip {name} is there. It stays in this page."));
            }
        }
        Err(problem) => say(model, NoticeKind::Problem, About::Clip, format!("{wanted} was not taken: {problem}.")),
    }
}

pub fn rename(model: &mut Model, from: &str, to: &str) {
    if let Some(name) = model.editor.edit_clips(|clips| clips.rename(from, to)) {
        model.playing.take_if(|playing| playing == from);
        voice_form::say_instead(&mut model.editor, from, Some(&name));
    }
}

pub fn remove(model: &mut Model, name: &str) {
    model.editor.edit_clips(|clips| clips.remove(name));
    voice_form::say_instead(&mut model.editor, name, None);
}

/// The clips that a run is given; none to a plan without anybody who speaks.
pub fn needed(editor: &Editor, plan: &Plan) -> Vec<Clip> {
    let mut scenarios = plan.populations.iter().filter_map(|population| presets::scenario(&population.scenario));
    if scenarios.any(|scenario| scenario.get("audio").is_some()) { editor.clips().own() } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::{Clip, ClipRecording, Effect, Event, Model};
    use crate::update;

    fn voice_model() -> Model {
        let mut model = Model::default();
        model.safety.fair_use = true;
        update(&mut model, Event::ChooseScenario("voice-guest".into()));
        model
    }

    fn after(model: &mut Model, events: impl IntoIterator<Item = Event>) -> Vec<Effect> {
        let all = events.into_iter().flat_map(|event| update(model, event));
        all.filter(|effect| !matches!(effect, Effect::KeepDraft(_))).collect()
    }

    fn clip(name: &str) -> Clip {
        Clip::new(name.into(), 24_000, &[1_000; 2_400])
    }

    #[test]
    fn a_new_clip_is_said_and_goes_with_the_run_but_not_into_the_plan_s_link() {
        let mut model = voice_model();
        after(&mut model, [Event::ClipRead(clip("mine"))]);
        assert!(model.editor.text().contains("\"mine\""));
        let effects = after(&mut model, [Event::Start]);
        let [Effect::Start { clips, .. }] = &effects[..] else { panic!("{effects:?}") };
        assert_eq!(clips, &[clip("mine")]);
    }

    #[test]
    fn chat_users_get_no_clips() {
        let mut model = Model::default();
        model.safety.fair_use = true;
        let effects = after(&mut model, [Event::ClipRead(clip("mine")), Event::Start]);
        assert!(matches!(&effects[..], [Effect::Start { clips, .. }] if clips.is_empty()), "{effects:?}");
    }

    #[test]
    fn clips_outlive_the_choice_of_another_plan() {
        let mut model = voice_model();
        after(&mut model, [Event::ClipRead(clip("mine")), Event::ChoosePlan("chat-voice".into())]);
        assert!(model.editor.clips().find("mine").is_some());
    }

    #[test]
    fn played_again_a_clip_stops() {
        let mut model = voice_model();
        let play = || Event::PlayClip("order".into());
        assert!(matches!(after(&mut model, [play()])[..], [Effect::PlayClip(_)]));
        assert_eq!(model.playing.as_deref(), Some("order"));
        assert_eq!(after(&mut model, [play()]), [Effect::StopClip]);
        after(&mut model, [play(), Event::ClipEnded]);
        assert_eq!(model.playing, None);
    }

    #[test]
    fn a_recording_becomes_a_clip() {
        let mut model = voice_model();
        let began = [Event::Record, Event::RecordingBegan, Event::RecordingGoesOn { seconds: 1.0, level: 0.5 }];
        assert_eq!(after(&mut model, began), [Effect::StopClip, Effect::Record]);
        assert_eq!(model.recording.clock(), "0:01");
        let ended = after(&mut model, [Event::EndRecording]);
        assert_eq!(ended, [Effect::EndRecording { name: "recording".into(), rate: 24_000 }]);
        after(&mut model, [Event::ClipRead(clip("recording"))]);
        assert_eq!((model.recording.clone(), model.editor.clips().own().len()), (ClipRecording::Off, 1));
    }

    #[test]
    fn a_refused_microphone_is_said_in_words() {
        let mut model = voice_model();
        after(&mut model, [Event::Record, Event::RecordingFailed("the browser refused".into())]);
        assert_eq!(model.recording, ClipRecording::Off);
        assert_eq!(model.notice.unwrap().text, "the browser refused");
    }

    #[test]
    fn an_endless_recording_ends() {
        let mut model = voice_model();
        let on = [Event::Record, Event::RecordingBegan, Event::RecordingGoesOn { seconds: 120.0, level: 0.5 }];
        let effects = after(&mut model, on);
        assert!(matches!(effects.last(), Some(Effect::EndRecording { .. })), "{effects:?}");
    }
}
