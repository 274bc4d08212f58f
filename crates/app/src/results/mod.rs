//! The results page: kept runs, one of them opened, some of them compared.

mod comparison;
mod headline;
mod list;
mod overlay;
mod update;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use comparison::{ChangeView, ComparedGroup, ComparedLine, ComparisonView, RunHead};
pub use list::{EntryRow, room, rows};
pub use overlay::{Overlay, overlay};
pub use update::update;

use crate::run::log::LogFilter;
use crate::run::view::{LogView, RunView};
use crate::save::Format;
use crate::text_file::ReadFile;
use results::Entry;
use results::archive::ArchivedRun;
use run::Log;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResultsView {
    /// Newest first, those that are deleted included.
    pub entries: Vec<Entry>,
    /// Why nothing, or not everything, is kept.
    pub problem: Option<String>,
    /// Why the run on the other page is not kept, and what to do about it.
    pub not_kept: Option<String>,
    /// Somebody has saved that run as a file.
    pub is_saved: bool,
    /// Marked for comparison, in the order of marking.
    pub marked: Vec<String>,
    /// Whose name and note are being changed.
    pub editing: Option<String>,
    /// Who was deleted last, and can be brought back.
    pub deleted: Option<Entry>,
    /// What could not be read of the files that were opened last.
    pub unread: Vec<String>,
    pub screen: Screen,
}

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Screen {
    #[default]
    List,
    Run(Box<OpenRun>),
    Comparison(Arc<ComparisonView>),
}

/// A kept run that is looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenRun {
    pub entry: Entry,
    pub view: RunView,
    /// All of it: the view has what passes the filter.
    pub log: Log,
}

impl OpenRun {
    /// What shows it looks again when its revision has changed.
    pub fn filter_log(&mut self, filter: &LogFilter) {
        self.view.log = LogView::of(&self.log, filter, Some(&self.view.log));
        self.view.revision += 1;
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum ResultsEvent {
    /// What is kept has changed.
    Listed {
        entries: Vec<Entry>,
        problem: Option<String>,
    },
    /// Why the run that goes on, or is just over, is not kept here.
    NotKept(Option<String>),
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

impl ResultsView {
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id && !entry.deleted)
    }

    /// The plans whose thresholds have something to compare with.
    pub fn baselines(&self) -> BTreeSet<&str> {
        let baselines = self.entries.iter().filter(|entry| entry.baseline && !entry.deleted);
        baselines.map(|entry| entry.summary.plan.as_str()).collect()
    }
}
