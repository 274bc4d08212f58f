//! The switches of the lab, each defined once: [`LabFaults`], [`LabRules`] and [`VoiceFaults`] are tables of [`Switch`]es.

mod schema;
mod switch;
mod tables;

pub use schema::schema;
pub use switch::{Kind, Switch, SwitchError, SwitchGroup};
pub use tables::{ClosePhase, LabFaults, LabRules, VoiceFaults};
