//! What a person does to the run, and what becomes of it.

use crate::run::save::Format;
use crate::run::view::RunView;
use engine::wire::LogLevel;
use plan::{Plan, TimedAction};
use protocol::audio::Clip;

#[derive(Debug, Clone, PartialEq)]
pub enum RunEvent {
    Start,
    Stop,
    Abort,
    /// The tester steers the run.
    Act(Box<TimedAction>),
    NoteDown {
        at_s: f64,
        text: String,
    },
    /// Opens the run's plan, with all that was done to it.
    RecordSession,
    /// A run begins, whoever asked for it; it obeys this plan.
    Started(Box<Plan>),
    /// The run could not even begin.
    Refused(String),
    /// At most four times a second, and when its phase changes.
    Changed(Box<RunView>),
    /// Why the run that goes on, or is just over, is not kept here.
    NotKept(Option<String>),
    FilterLog {
        level: LogLevel,
        words: String,
    },
    /// Save the run as a file.
    Save(Format),
}

#[derive(Debug, Clone, PartialEq)]
pub enum RunEffect {
    /// Begin a run with this plan, these account rows and these clips.
    Start {
        plan: Box<Plan>,
        csv: Vec<Vec<Vec<String>>>,
        clips: Vec<Clip>,
    },
    Stop,
    Abort,
    Act(Box<TimedAction>),
    /// A mark on the charts, at that time.
    NoteAt {
        at_s: f64,
        text: String,
    },
    /// Hand in the run's plan as a file, and show it.
    RecordSession,
    Save(Format),
    /// Build the run's view anew: what it shows was changed, not the run.
    Refresh,
}
