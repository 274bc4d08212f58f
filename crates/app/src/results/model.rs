//! Kept runs, one of them opened, some of them compared.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::results::ComparisonView;
use crate::run::RunView;
use crate::run::log::LogFilter;
use crate::run::view::LogView;
use results::Entry;
use run::Log;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResultsModel {
    /// Newest first, those that are deleted included.
    pub entries: Vec<Entry>,
    /// Why nothing, or not everything, is kept.
    pub problem: Option<String>,
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

impl ResultsModel {
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id && !entry.deleted)
    }

    /// The plans whose thresholds have something to compare with.
    pub fn baselines(&self) -> BTreeSet<&str> {
        let baselines = self.entries.iter().filter(|entry| entry.baseline && !entry.deleted);
        baselines.map(|entry| entry.summary.plan.as_str()).collect()
    }
}
