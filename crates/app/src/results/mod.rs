//! The results page: kept runs, one of them opened, some of them compared.

mod comparison;
mod event;
mod headline;
mod list;
mod model;
mod overlay;
mod update;
mod words;

pub use comparison::{ChangeView, ComparedGroup, ComparedLine, ComparisonView, RunHead};
pub use event::{ResultsEffect, ResultsEvent};
pub use list::{EntryRow, room, rows};
pub use model::{OpenRun, ResultsModel, Screen};
pub use overlay::{Overlay, overlay};
pub use update::update;
