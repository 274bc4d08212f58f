//! The switches of the lab, each defined once: [`LabFaults`], [`LabRules`] and [`VoiceFaults`] are tables of [`Switch`]es.

mod kind;
mod schema;
mod switch;
mod tables;

pub use kind::Kind;
pub use schema::schema;
pub use switch::{Switch, SwitchError, SwitchGroup};
pub use tables::{ClosePhase, LabFaults, LabRules, VoiceFaults};
