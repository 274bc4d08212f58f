//! Everything the page shows, in one value: a model for each feature.

use crate::listen::ListenModel;
use crate::notice::Notice;
use crate::page::{Page, Theme};
use crate::plan::PlanModel;
use crate::preflight::PreflightModel;
use crate::results::ResultsModel;
use crate::run::RunModel;
use crate::safety::Safety;
use crate::swarm::SwarmModel;
use crate::trace::TraceModel;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Model {
    pub page: Page,
    pub theme: Theme,
    /// Where this page came from.
    pub origin: String,
    pub notice: Option<Notice>,
    pub plan: PlanModel,
    pub safety: Safety,
    pub preflight: PreflightModel,
    pub run: RunModel,
    pub listen: ListenModel,
    pub trace: TraceModel,
    pub swarm: SwarmModel,
    pub results: ResultsModel,
}

impl Model {
    /// This page is in a swarm or plays a run, which joining another one ends.
    pub fn leaves_something(&self) -> bool {
        self.swarm.view.role.is_some() || self.run.view.status.is_running()
    }
}
