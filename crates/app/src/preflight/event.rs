//! What a person does before the run, and what comes of it.

use plan::Plan;
use protocol::audio::Clip;
use run::preflight::Checklist;

#[derive(Debug, Clone, PartialEq)]
pub enum PreflightEvent {
    Start,
    Cancel,
    CountAtTarget(bool),
    News { checklist: Box<Checklist>, is_done: bool },
}

#[derive(Debug, Clone, PartialEq)]
pub enum PreflightEffect {
    /// One user of each population goes first.
    Start(Box<RehearsalOrder>),
    Cancel,
}

/// What is to be rehearsed.
#[derive(Debug, Clone, PartialEq)]
pub struct RehearsalOrder {
    pub plan: Box<Plan>,
    pub csv: Vec<Vec<Vec<String>>>,
    pub clips: Vec<Clip>,
    pub counts_at_target: bool,
}
