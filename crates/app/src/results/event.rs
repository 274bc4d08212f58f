//! What a person does with kept runs.

use std::sync::Arc;

use crate::results::{ComparisonView, OpenRun};
use crate::run::save::Format;
use crate::text_file::ReadFile;
use results::Entry;
use results::archive::ArchivedRun;

#[derive(Debug, Clone, PartialEq)]
pub enum ResultsEvent {
    /// What is kept has changed.
    Listed {
        entries: Vec<Entry>,
        problem: Option<String>,
    },
    Mark {
        id: String,
        on: bool,
    },
    /// Change a name and a note; nobody's any more.
    Edit(Option<String>),
    Describe {
        id: String,
        name: String,
        note: String,
    },
    Pin {
        id: String,
        on: bool,
    },
    Baseline {
        id: String,
        on: bool,
    },
    Delete(String),
    Undo,
    Open(String),
    Opened(Box<OpenRun>),
    /// Files were opened: their names and texts.
    FilesRead(Vec<(String, ReadFile)>),
    Export,
    Compare,
    /// Compare with this one of the compared runs.
    CompareWith(String),
    Compared(Arc<ComparisonView>),
    /// Back to the list.
    Back,
    /// The opened run's report as a file.
    SaveReport(Format),
}

#[derive(Debug, Clone, PartialEq)]
pub enum ResultsEffect {
    /// Read the list anew.
    LookAgain,
    Open(Box<Entry>),
    Save(Vec<Entry>),
    Keep(Vec<ArchivedRun>),
    /// All of these as one file.
    Export(Vec<Entry>),
    /// The first with the others.
    Compare(Vec<Entry>),
    SaveReport(Format),
}
