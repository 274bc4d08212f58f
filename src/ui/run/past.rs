//! What a run that is over has shown: the parts of the run page that do not need it to be there.

use leptos::prelude::*;

use super::charts::Charts;
use super::closes::Closes;
use super::contract::{Consistency, Contract};
use super::counters::Counters;
use super::delivery::Delivery;
use super::disconnects::Disconnects;
use super::errors::Errors;
use super::evidence::Evidence;
use super::happenings::Happenings;
use super::health::{Health, Warnings};
use super::log::Log;
use super::operations::Operations;
use super::search::Search;
use super::thresholds::Thresholds;
use super::tiles::Tiles;
use super::verdict::VerdictCard;
use super::voice::Voice;

#[component]
pub fn PastOutcome() -> impl IntoView {
    view! {
        <div class="results">
            <VerdictCard />
            <Tiles />
            <Warnings />
            <Search />
            <Charts />
            <Happenings />
            <div class="pair">
                <div class="stack">
                    <Thresholds />
                    <Voice />
                    <Delivery />
                    <Consistency />
                </div>
                <Health />
            </div>
            <Operations />
            <Errors />
            <Contract />
            <Closes />
            <Disconnects />
            <Evidence />
            <Counters />
            <Log />
        </div>
    }
}
