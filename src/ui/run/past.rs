//! What a run that is over has shown: the parts of the run page that do not need it to be there.

use leptos::prelude::*;

use super::charts::Charts;
use super::evidence::Evidence;
use super::happenings::Happenings;
use super::health::{Health, Warnings};
use super::insights::Insights;
use super::log::Log;
use super::search::Search;
use super::tables::{Closes, Consistency, Contract, Counters, Delivery, Disconnects, Errors, Operations, Thresholds};
use super::tiles::Tiles;
use super::verdict::VerdictCard;
use super::voice::Voice;

#[component]
pub fn PastOutcome() -> impl IntoView {
    view! {
        <div class="results">
            <VerdictCard />
            <Insights />
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
