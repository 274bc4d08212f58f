//! The plan as it stands on the page.

use serde_json::Value;

use crate::plan::path::{Path, population_path};
use crate::plan::{ClipRecording, Editor};
use crate::presets;
use base::url;
use plan::Plan;
use protocol::audio::Clip;

#[derive(Debug, Clone, PartialEq)]
pub struct PlanModel {
    pub editor: Editor,
    /// The preset that the plan was made from, if it was.
    pub preset: Option<String>,
    /// It came from somebody else: by a link, or in a file.
    pub is_foreign: bool,
    pub recording: ClipRecording,
    /// The clip that is played just now, by its name.
    pub playing: Option<String>,
}

impl Default for PlanModel {
    fn default() -> Self {
        let document = presets::plan(presets::DEFAULT_PLAN).expect("the default plan comes with the program");
        Self {
            editor: Editor::new(document),
            preset: Some(presets::DEFAULT_PLAN.to_owned()),
            is_foreign: false,
            recording: ClipRecording::default(),
            playing: None,
        }
    }
}

impl PlanModel {
    /// The default plan; for a page that a server of this machine has served, aimed at that server.
    pub fn begin(&mut self, origin: &str) {
        if let Some(mut document) = presets::plan(presets::DEFAULT_PLAN) {
            if url::host(origin).is_some_and(|host| url::is_loopback(&host)) {
                aim(&mut document, &origin.into());
            }
            self.replace(document);
        }
    }

    /// What stood here before a reload.
    pub fn restore(&mut self, draft: String) {
        self.editor.edit_text(draft);
        self.preset = None;
    }

    /// Another plan than a preset.
    pub fn open(&mut self, document: Value) {
        self.replace(document);
        self.preset = None;
    }

    pub fn choose_preset(&mut self, id: String) {
        self.is_foreign = false;
        let Some(mut document) = presets::plan(&id) else { return };
        let old = self.editor.document();
        // The server under test stays the same when another plan for the same kind of server is tried on it.
        let kind = Path::from("populations[0].scenario");
        if kind.find(old) == kind.find(&document)
            && let Some(target) = Path::from("populations[0].variables.target").find(old).cloned()
        {
            aim(&mut document, &target);
        }
        self.replace(document);
        self.preset = Some(id);
    }

    /// The clips that a run is given; none to a plan without anybody who speaks.
    pub fn clips_for(&self, plan: &Plan) -> Vec<Clip> {
        let mut scenarios = plan.populations.iter().filter_map(|population| presets::scenario(&population.scenario));
        if scenarios.any(|scenario| scenario.get("audio").is_some()) { self.editor.clips().own() } else { Vec::new() }
    }

    fn replace(&mut self, document: Value) {
        self.editor = Editor::new(document).replacing(&self.editor);
    }
}

/// Sets the target of every population.
fn aim(document: &mut Value, target: &Value) {
    let populations = document.get("populations").and_then(Value::as_array).map_or(0, Vec::len);
    for population in 0..populations {
        population_path(population).join("variables.target").put(document, target.clone());
    }
}
