//! The run page: what is happening now, and what happened. A finished run stays until the next one begins.

mod charts;
mod controls;
mod definitions;
mod evidence;
mod happenings;
mod health;
mod hear;
mod leave_guard;
mod live;
mod log;
mod past;
mod save;
mod search;
mod see;
mod see_chat;
mod see_frames;
mod state_chip;
mod tables;
mod tiles;
mod verdict;
mod voice;
mod waveform;
mod whom;

use leptos::prelude::*;

use crate::ui::store::Store;
use charts::Charts;
use controls::Controls;
use evidence::Evidence;
pub use happenings::HappeningList;
use happenings::Happenings;
use health::{Health, Warnings};
use hear::Hear;
use leave_guard::LeaveGuard;
use live::LiveControl;
use log::Log;
pub use past::PastOutcome;
pub use save::Save;
use search::Search;
pub use see::SEE_ID;
use see::{FeltSlowKey, See};
pub use state_chip::StateChip;
use tables::{Closes, Consistency, Contract, Counters, Delivery, Disconnects, Errors, Operations, Thresholds};
use tiles::Tiles;
use verdict::VerdictCard;
use voice::Voice;

#[component]
pub fn RunPage() -> impl IntoView {
    let store = Store::here();
    let is_empty = store.run(|run| run.id.is_empty());
    view! {
        <h1 class="unseen">"Run"</h1>
        <LeaveGuard />
        <FeltSlowKey />
        <div class="run">
            <Controls />
            <div class="empty card" hidden=move || !is_empty.get()>
                <p>"Nothing has run yet. The plan is ready; press Start."</p>
            </div>
            <div class="results" hidden=is_empty>
                <VerdictCard />
                <Tiles />
                <Warnings />
                <Search />
                <Charts />
                <Happenings />
                <LiveControl />
                <See />
                <Hear />
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
        </div>
    }
}
