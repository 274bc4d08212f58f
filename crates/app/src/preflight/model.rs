//! What was looked at before the run.

use run::preflight::Checklist;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct PreflightModel {
    pub is_running: bool,
    pub checklist: Checklist,
    /// Whether sockets are counted at the target.
    pub counts_at_target: bool,
}
