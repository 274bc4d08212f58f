//! The run page: what is happening now, and what happened. A finished run stays until the next one begins.

mod charts;
mod controls;
pub mod effects;
mod evidence;
mod happenings;
mod health;
mod hear;
mod insights;
mod live;
mod log;
mod past;
mod save;
mod search;
mod see;
mod see_chat;
mod see_frames;
mod tables;
mod tiles;
mod verdict;
mod voice;
mod waveform;
mod whom;

use leptos::ev::beforeunload;
use leptos::prelude::*;

use crate::ui::store::Store;
use charts::Charts;
use controls::Controls;
use evidence::Evidence;
pub use happenings::HappeningList;
use happenings::Happenings;
use health::{Health, Warnings};
use hear::Hear;
use insights::Insights;
use live::LiveControl;
use log::Log;
pub use past::PastOutcome;
pub use save::Save;
use search::Search;
pub use see::SEE_ID;
use see::{FeltSlowKey, See};
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
                <Insights />
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

/// Asks before a reload or a closed tab would end a run, or lose one that is kept nowhere.
#[component]
fn LeaveGuard() -> impl IntoView {
    let store = Store::here();
    let handle = window_event_listener(beforeunload, move |event| {
        if store.peek(|model| model.run.would_be_lost()) {
            event.prevent_default();
        }
    });
    on_cleanup(move || handle.remove());
}
