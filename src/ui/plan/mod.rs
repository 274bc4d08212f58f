//! The plan page: what the next run will do.

mod accounts;
mod actions;
mod behaviour;
mod clips;
pub mod effects;
mod general;
mod json_editor;
mod lab;
mod load;
mod load_chart;
mod load_fields;
mod populations;
mod preflight;
mod preset_picker;
mod problems;
mod recorder;
mod search;
mod stages;
mod steering;
mod target;
mod thresholds;
mod voice;

use leptos::prelude::*;

use accounts::Accounts;
use actions::Actions;
use behaviour::Behaviour;
use general::General;
use json_editor::JsonEditor;
use lab::LabFaults;
use load::LoadCard;
use load_chart::LoadChart;
use populations::PopulationTabs;
use preflight::Preflight;
use preset_picker::PresetPicker;
use problems::Problems;
use search::Search;
use steering::Steering;
use target::Target;
use thresholds::Thresholds;
use voice::Voice;

/// The form on the left; what it amounts to, its problems and the way on stay in view on the right. Start comes first
/// for the keyboard, and at the top of a phone.
#[component]
pub fn PlanPage() -> impl IntoView {
    view! {
        <h1 class="unseen">"Plan"</h1>
        <div class="plan">
            <aside class="beside" aria-label="Summary">
                <Actions />
                <Preflight />
                <LoadChart />
                <Problems />
            </aside>
            <div class="form">
                <PresetPicker />
                <PopulationTabs />
                <Target />
                <LoadCard />
                <Accounts />
                <Voice />
                <Behaviour />
                <Thresholds />
                <Steering />
                <Search />
                <General />
                <LabFaults />
                <JsonEditor />
            </div>
        </div>
    }
}
