//! What a RUN is, as data: populations with their accounts and load, thresholds, seed.

mod accounts;
mod action;
mod check;
mod choices;
mod crowd;
mod expectation;
mod fields;
mod hosts;
mod limits;
mod load;
mod model;
mod search;
mod segment;
mod shape;
mod steering;
mod terms;
mod threshold;
mod verdict;

pub use accounts::AccountBook;
pub use action::{Action, Pace, TimedAction};
pub use choices::{Mark, Raised, Ramp, Redirects, ShapeName};
pub use expectation::Expectation;
pub use fields::{BATCH, CLOSED, MOST_COLUMNS, OPEN, PLAN, POPULATION, SEARCH, SHAPE, VERDICT, action_fields};
pub use limits::{Caps, Exceeded, Excess, HostLoad, Limits};
pub use load::{LoadStep, Schedule, StepAction};
pub use model::*;
pub use search::Search;
pub use segment::Segment;
pub use terms::{MARK, Terms};
pub use threshold::{
    Bound, Operator, Scope, Statistic, Subject, Threshold, ThresholdError, Unit as ThresholdUnit, VoiceValue,
};
pub use verdict::VerdictRules;
