//! The switches of the lab, each defined once: [`LabFaults`], [`LabRules`] and [`VoiceFaults`] are tables of [`Switch`]es.

mod switch;
mod tables;

pub use switch::{Switch, SwitchError, SwitchGroup};
pub use tables::{ClosePhase, LabFaults, LabRules, VoiceFaults};
