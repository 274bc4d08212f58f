//! The variables of a population's scenario, as a form.

use serde_json::Value;

use crate::plan::Editor;
use crate::plan::field;
use crate::plan::json_text;
use crate::plan::path::Path;
use crate::plan::population_path;
use crate::presets;

/// One variable that a plan may set.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VariableField {
    pub name: String,
    /// `send_min_ms` as people read it: `Send min`.
    pub label: String,
    pub unit: &'static str,
    pub doc: String,
    /// What applies while the plan does not set it.
    pub default: String,
    /// The values to choose from; empty: it is typed in.
    pub choices: Vec<String>,
    pub path: Path,
}

/// The documented variables in the order of the scenario's text; none while the scenario is not known. Those without
/// documentation are the scenario's own notes, not settings.
pub fn variables(editor: &Editor) -> Vec<VariableField> {
    let population = population_path(editor.population());
    let reference = population.clone().key("scenario").find(editor.document());
    let Some(text) = reference.and_then(presets::scenario_text) else { return Vec::new() };
    let scenario: Value = serde_json::from_str(&text).unwrap_or_default();
    let declared = Path::from("variables");
    let here = population.key("variables");
    json_text::keys(&text, &declared)
        .into_iter()
        .filter_map(|name| variable(&name, declared.clone().key(&name).find(&scenario)?, &here))
        .collect()
}

fn variable(name: &str, declaration: &Value, variables: &Path) -> Option<VariableField> {
    let (label, unit) = label(name);
    let default = declaration.get("default");
    Some(VariableField {
        label,
        unit,
        doc: declaration.get("doc")?.as_str()?.to_owned(),
        default: field::show(default),
        choices: choices(declaration, default),
        path: variables.clone().key(name),
        name: name.to_owned(),
    })
}

fn choices(declaration: &Value, default: Option<&Value>) -> Vec<String> {
    match declaration.get("one_of").and_then(Value::as_array) {
        Some(values) => values.iter().map(|value| field::show(Some(value))).collect(),
        None if default.is_some_and(Value::is_boolean) => vec!["true".to_owned(), "false".to_owned()],
        None => Vec::new(),
    }
}

/// A choice as people read it.
pub fn choice_label(choice: &str) -> String {
    match choice {
        "true" => "yes".to_owned(),
        "false" => "no".to_owned(),
        other => other.to_owned(),
    }
}

/// A name's words, and the unit it ends in.
pub(crate) fn label(name: &str) -> (String, &'static str) {
    let (words, unit) = match name.rsplit_once('_') {
        Some((words, "ms")) => (words, "ms"),
        Some((words, "s")) => (words, "s"),
        Some((words, "db")) => (words, "dB"),
        _ => (name, ""),
    };
    let words = words.replace('_', " ");
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    (format!("{first}{}", letters.as_str()), unit)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check_label(name: &str, expected: &str, unit: &str) {
        assert_eq!(label(name), (expected.to_owned(), unit));
    }

    #[test]
    fn names_become_labels() {
        check_label("target", "Target", "");
        check_label("send_min_ms", "Send min", "ms");
        check_label("answer_timeout_s", "Answer timeout", "s");
        check_label("noise_db", "Noise", "dB");
        check_label("s", "S", "");
        check_label("", "", "");
    }

    #[test]
    fn an_inline_scenario_declares_its_own() {
        let mut document = presets::plan(presets::DEFAULT_PLAN).expect("the default plan is there");
        let scenario = json!({"variables": {
            "pace_ms": {"default": 500, "doc": "How often"},
            "notes": {"default": []},
            "read": {"default": true, "doc": "Whether"},
        }});
        Path::from("populations[0].scenario").put(&mut document, scenario);
        let fields = variables(&Editor::new(document));
        let expected = VariableField {
            name: "pace_ms".into(),
            label: "Pace".into(),
            unit: "ms",
            doc: "How often".into(),
            default: "500".into(),
            choices: vec![],
            path: Path::from("populations[0].variables.pace_ms"),
        };
        assert_eq!(fields[0], expected);
        assert_eq!((fields.len(), &fields[1].choices[..]), (2, &["true".to_owned(), "false".to_owned()][..]));
    }

    #[test]
    fn a_preset_shows_its_variables_in_its_own_order() {
        let fields = variables(&Editor::new(presets::plan(presets::DEFAULT_PLAN).expect("the default plan is there")));
        assert_eq!(fields[0].name, "target");
        assert!(fields.iter().any(|field| field.choices.iter().any(|choice| choice == "seen")), "{fields:?}");
    }
}
