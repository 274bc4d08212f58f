//! The form of a population that speaks: what it says, in whose voice it is answered, how it takes its turns.

use serde_json::Value;

use crate::plan::Editor;
use crate::plan::check::UTTERANCES;
use crate::plan::field;
use crate::plan::path::Path;
use crate::plan::population_path;
use crate::plan::variables::{VariableField, variables};
use crate::presets;

/// A list of names to choose from, in the order in which they are offered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClipNames {
    pub path: Path,
    pub doc: String,
    pub choices: Vec<Choice>,
    /// What applies while the plan does not set it.
    default: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Choice {
    pub name: String,
    pub is_chosen: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VoiceForm {
    /// `None`: the scenario has no such variable, or the plan computes it.
    pub utterances: Option<ClipNames>,
    pub voices: Option<ClipNames>,
    pub fields: Vec<VariableField>,
}

/// A clip as the form lists it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClipLine {
    pub name: String,
    /// Dropped or recorded by the page's user.
    pub is_own: bool,
    /// The plan names it, and it is not here.
    pub is_missing: bool,
    /// `None`: the population has no list of what it says.
    pub is_chosen: Option<bool>,
    pub length: String,
    pub level: String,
    pub note: &'static str,
}

/// Every clip that can be said, and those that the plan names in vain.
pub fn clip_lines(editor: &Editor) -> Vec<ClipLine> {
    let names = voice_form(editor).and_then(|form| form.utterances);
    let choices = names.map(|names| names.choices).unwrap_or_default();
    let chosen = |name: &str| choices.iter().find(|choice| choice.name == name).map(|choice| choice.is_chosen);
    let known = editor.clips().all().map(|known| ClipLine {
        name: known.name().to_owned(),
        is_own: known.is_own,
        is_missing: false,
        is_chosen: chosen(known.name()),
        length: known.length.clone(),
        level: known.level.clone(),
        note: known.note,
    });
    let missing = choices.iter().filter(|choice| editor.clips().find(&choice.name).is_none()).map(|choice| ClipLine {
        name: choice.name.clone(),
        is_missing: true,
        is_chosen: Some(choice.is_chosen),
        note: "not in this page",
        ..ClipLine::default()
    });
    known.chain(missing).collect()
}

/// What becomes of the list of utterances when this clip is chosen, or not any more.
pub fn say_or_not(editor: &Editor, name: &str) -> Option<(Path, Option<Value>)> {
    let names = voice_form(editor)?.utterances?;
    Some((names.path.clone(), names.toggled(name)))
}

/// `None`: the open population does not speak.
pub fn voice_form(editor: &Editor) -> Option<VoiceForm> {
    if !speaks(editor) {
        return None;
    }
    let all = variables(editor);
    let named = |name: &str| all.iter().find(|variable| variable.name == name);
    let clips = editor.clips().all().map(|known| known.name().to_owned()).collect();
    let utterances = named(UTTERANCES).and_then(|variable| names(editor, variable, clips));
    let voices = named(VOICES).and_then(|variable| names(editor, variable, KNOWN_VOICES.map(str::to_owned).into()));
    let is_list = |variable: &VariableField| {
        variable.name == UTTERANCES && utterances.is_some() || variable.name == VOICES && voices.is_some()
    };
    let mut fields: Vec<_> = all.iter().filter(|variable| belongs(variable) && !is_list(variable)).cloned().collect();
    fields.sort_by_key(|variable| FIELDS.iter().position(|name| *name == variable.name));
    Some(VoiceForm { utterances, voices, fields })
}

/// The variables that are not about the voice.
pub fn other_variables(editor: &Editor) -> Vec<VariableField> {
    let speaks = speaks(editor);
    variables(editor)
        .into_iter()
        .filter(|variable| variable.name != "target" && !(speaks && belongs(variable)))
        .collect()
}

/// Samples a second that the open population's service takes; the usual ones where that is computed.
pub fn rate(editor: &Editor) -> u32 {
    let reference = population_path(editor.population()).key("scenario");
    let scenario = reference.find(editor.document()).and_then(presets::scenario);
    let rate = scenario.and_then(|scenario| scenario.pointer("/audio/rate")?.as_u64());
    rate.and_then(|rate| u32::try_from(rate).ok()).filter(|rate| (8_000..=96_000).contains(rate)).unwrap_or(24_000)
}

impl ClipNames {
    /// The list when this name is chosen, or not any more; `None`: it is as it would be without the plan.
    pub fn toggled(&self, name: &str) -> Option<Value> {
        let is_chosen = |choice: &&Choice| choice.is_chosen != (choice.name == name);
        let chosen: Vec<&str> = self.choices.iter().filter(is_chosen).map(|choice| choice.name.as_str()).collect();
        (chosen != self.default).then(|| chosen.into())
    }
}

fn speaks(editor: &Editor) -> bool {
    let reference = population_path(editor.population()).key("scenario");
    let scenario = reference.find(editor.document()).and_then(presets::scenario);
    scenario.is_some_and(|scenario| scenario.get("audio").is_some())
}

fn belongs(variable: &VariableField) -> bool {
    FIELDS.contains(&variable.name.as_str())
}

/// `None`: the plan (or the scenario) computes the list.
fn names(editor: &Editor, variable: &VariableField, mut offered: Vec<String>) -> Option<ClipNames> {
    let read = |value: &Value| -> Option<Vec<String>> {
        value
            .as_array()?
            .iter()
            .map(|name| name.as_str().filter(|name| !name.contains("${")).map(str::to_owned))
            .collect()
    };
    let default = read(&serde_json::from_str(&variable.default).ok()?)?;
    let chosen = match variable.path.find(editor.document()) {
        Some(value) => read(value)?,
        None => default.clone(),
    };
    // What a plan names and nobody offers is shown as well: it can be taken out.
    offered.extend(chosen.iter().filter(|name| !offered.contains(name)).cloned().collect::<Vec<_>>());
    let choices = offered.into_iter().map(|name| Choice { is_chosen: chosen.contains(&name), name }).collect();
    Some(ClipNames { path: variable.path.clone(), doc: variable.doc.clone(), choices, default })
}

/// Puts a name into the open population's list of utterances.
pub fn say_too(editor: &mut Editor, name: &str) {
    let Some(names) = voice_form(editor).and_then(|form| form.utterances) else { return };
    if names.choices.iter().any(|choice| choice.name == name && !choice.is_chosen) {
        editor.edit(&names.path, names.toggled(name));
    }
}

/// Every population says `to` where it said `from`; `None`: nothing instead.
pub fn say_instead(editor: &mut Editor, from: &str, to: Option<&str>) {
    for at in 0..editor.population_names().len() {
        let path = population_path(at).key("variables").key(UTTERANCES);
        let Some(list) = path.find(editor.document()).and_then(Value::as_array) else { continue };
        if !list.iter().any(|name| name == from) {
            continue;
        }
        let renamed = |name: &Value| if name == from { to.map(Value::from) } else { Some(name.clone()) };
        let list: Vec<Value> = list.iter().filter_map(renamed).collect();
        editor.edit(&path, (!list.is_empty()).then(|| list.into()));
    }
}

const VOICES: &str = "voices";

/// Voices of the service that the presets are for; another one's are typed into the plan.
const KNOWN_VOICES: [&str; 8] = ["alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse"];

/// What the card of the voice shows, in its order.
const FIELDS: [&str; 16] = [
    UTTERANCES,
    VOICES,
    "mic",
    "turns",
    "most_turns",
    "think_min_ms",
    "think_max_ms",
    "barge_in_share",
    "barge_in_min_ms",
    "barge_in_max_ms",
    "gain_db",
    "noise_db",
    "length_s",
    "text_share",
    "text",
    "chunk_samples",
];

/// A value as its field shows it, with what applies while it is unset.
pub fn shown(editor: &Editor, variable: &VariableField) -> String {
    match field::show_at(editor.document(), &variable.path) {
        unset if unset.is_empty() => variable.default.clone(),
        set => set,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use protocol::audio::Clip;

    fn editor(scenario: &str) -> Editor {
        let mut document = presets::plan(presets::DEFAULT_PLAN).expect("the default plan is there");
        population_path(0).key("scenario").put(&mut document, scenario.into());
        population_path(0).key("variables").put(&mut document, json!({"target": "http://127.0.0.1:4280"}));
        Editor::new(document)
    }

    fn chosen(names: &ClipNames) -> Vec<&str> {
        names.choices.iter().filter(|choice| choice.is_chosen).map(|choice| choice.name.as_str()).collect()
    }

    #[test]
    fn only_voice_users_have_a_voice_form() {
        assert_eq!(voice_form(&editor("ktb-chat")), None);
        let form = voice_form(&editor("voice-guest")).unwrap();
        assert_eq!(chosen(form.utterances.as_ref().unwrap()), ["order", "weather", "weekend"]);
        assert_eq!(form.voices.unwrap().choices.len(), 8);
        assert_eq!(form.fields[..2].iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["mic", "turns"]);
    }

    #[test]
    fn what_is_about_the_voice_is_not_said_twice() {
        let editor = editor("voice-guest");
        let others: Vec<_> = other_variables(&editor).into_iter().map(|variable| variable.name).collect();
        assert!(others.contains(&"prefix".to_owned()) && !others.contains(&"utterances".to_owned()), "{others:?}");
        assert!(!others.contains(&"target".to_owned()));
    }

    #[test]
    fn a_list_as_it_is_by_default_is_not_in_the_plan() {
        let mut editor = editor("voice-guest");
        let names = |editor: &Editor| voice_form(editor).unwrap().utterances.unwrap();
        let without = names(&editor).toggled("weather");
        assert_eq!(without, Some(json!(["order", "weekend"])));
        editor.edit(&names(&editor).path, without);
        assert_eq!(names(&editor).toggled("weather"), None);
    }

    #[test]
    fn a_computed_list_is_a_field_like_others() {
        let mut editor = editor("voice-guest");
        let path = population_path(0).join("variables.utterances");
        editor.edit(&path, Some("${if(user.number == 1, ['order'], ['weather'])}".into()));
        let form = voice_form(&editor).unwrap();
        assert_eq!((form.utterances, form.fields[0].name.as_str()), (None, "utterances"));
    }

    #[test]
    fn a_clip_that_is_not_here_is_listed_and_can_be_taken_out() {
        let mut editor = editor("voice-guest");
        let path = population_path(0).join("variables.utterances");
        editor.edit(&path, Some(json!(["order", "gone"])));
        let last = clip_lines(&editor).pop().unwrap();
        assert_eq!((last.name.as_str(), last.is_missing, last.is_chosen), ("gone", true, Some(true)));
        assert_eq!(say_or_not(&editor, "gone"), Some((path, Some(json!(["order"])))));
    }

    #[test]
    fn clips_that_come_and_go_are_followed_by_the_lists() {
        let mut editor = editor("voice-guest");
        let names = |editor: &Editor| voice_form(editor).unwrap().utterances.unwrap();
        editor.edit_clips(|clips| clips.add(Clip::new("mine".into(), 24_000, &[1]))).unwrap();
        assert_eq!(chosen(&names(&editor)).len(), 3);
        say_too(&mut editor, "mine");
        assert_eq!(chosen(&names(&editor)), ["order", "weather", "weekend", "mine"]);
        editor.edit_clips(|clips| clips.rename("mine", "ours"));
        say_instead(&mut editor, "mine", Some("ours"));
        assert_eq!(chosen(&names(&editor)), ["order", "weather", "weekend", "ours"]);
        assert_eq!(editor.problems(), []);
        editor.edit_clips(|clips| clips.remove("ours"));
        assert_eq!(editor.problems()[0].path.to_string(), "populations[0].variables.utterances[3]");
        say_instead(&mut editor, "ours", None);
        assert_eq!(editor.problems(), []);
    }

    #[test]
    fn clips_are_decoded_at_the_rate_of_the_service() {
        assert_eq!((rate(&editor("voice-guest")), rate(&editor("ktb-chat"))), (24_000, 24_000));
        let mut editor = editor("voice-guest");
        editor.edit(&population_path(0).key("scenario"), Some(json!({"audio": {"rate": 16_000}})));
        assert_eq!(rate(&editor), 16_000);
    }
}
