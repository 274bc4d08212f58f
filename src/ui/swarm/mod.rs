//! The swarm page: several browsers become one run.

mod broker;
mod conductor;
mod consent;
pub mod effects;
mod entrance;
mod generator;
mod name;
mod qr;
mod watcher;

use leptos::prelude::*;

use crate::browser::{RunDriver, SwarmDriver};
use crate::ui::store::Store;
use app::swarm::SwarmView;
use app::swarm::view::SwarmFacts;
use conductor::Conducting;
pub use consent::{BrokerQuestion, LoadQuestion};
use entrance::Entrance;
use generator::Generating;
use swarm::{Role, Side};
use watcher::Watching;

#[component]
pub fn SwarmPage() -> impl IntoView {
    let store = Store::here();
    let role = store.swarm(|swarm| swarm.role);
    view! {
        <h1 class="unseen">"Swarm"</h1>
        <div class="swarm">
            {move || match role.get() {
                None => view! { <Entrance /> }.into_any(),
                Some(Role::Conductor) => view! { <Conducting /> }.into_any(),
                Some(Role::Generator) => view! { <Generating /> }.into_any(),
                Some(Role::Watcher) => view! { <Watching /> }.into_any(),
            }}
        </div>
    }
}

/// The swarm as it is now.
pub fn swarm_picture(driver: &SwarmDriver, runs: &RunDriver, wanted_users: Option<u32>) -> SwarmView {
    driver.with(|swarm| {
        let Some(swarm) = swarm else { return SwarmView::default() };
        let facts = SwarmFacts {
            invite: swarm.invite(),
            name: &swarm.card().name,
            is_connected: swarm.is_connected(),
            problem: swarm.trouble(),
            only_watches: swarm.only_watches(),
            moves_parts: swarm.moves_parts(),
            traffic: swarm.traffic(),
        };
        match swarm.side() {
            Side::Conductor(conductor) => {
                runs.with_run(|run| SwarmView::of_conductor(&facts, conductor, swarm.card(), run, wanted_users))
            }
            Side::Generator(generator) => SwarmView::of_generator(&facts, generator),
            Side::Watcher(watcher) => SwarmView::of_watcher(&facts, watcher),
        }
    })
}
