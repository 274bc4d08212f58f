//! What a person does with the plan.

use serde_json::Value;

use crate::plan::field::FieldKind;
use crate::plan::load_form::LoadKind;
use crate::plan::path::Path;
use crate::text_file::ReadFile;

#[derive(Debug, Clone, PartialEq)]
pub enum PlanEvent {
    Edit(Edit),
    Save,
    Share,
    /// As a k6 script.
    SaveScript,
    /// A problem was clicked.
    GoTo {
        line: usize,
    },
}

/// What changes the plan.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Text was typed into a field of the form.
    Typed {
        path: Path,
        kind: FieldKind,
        text: String,
    },
    /// A value was chosen; `None` takes it out of the plan.
    Set {
        path: Path,
        value: Option<Value>,
    },
    TypedJson(String),
    ChoosePreset(String),
    SelectPopulation(usize),
    AddPopulation,
    RemovePopulation(usize),
    ChooseScenario(String),
    ChooseLoad(LoadKind),
    ExpandShape,
    /// A search for the breaking point, with a load that is long enough for it.
    FitSearch,
    AddStage,
    RemoveStage(usize),
    ChooseAccounts {
        csv: bool,
    },
    /// A file of accounts was dropped or selected for the open population.
    AccountsRead {
        name: String,
        file: ReadFile,
    },
    AddThreshold(String),
    RemoveThreshold(usize),
    /// A plan file was opened.
    FileRead {
        name: String,
        file: ReadFile,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanEffect {
    /// Hand a file to the person.
    Download { name: String, text: String },
    /// Remember the text of the plan, for a reload.
    KeepDraft(String),
}
