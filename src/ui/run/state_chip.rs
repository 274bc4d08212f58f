//! The run's state in the header, visible from all pages: of this page's run, or of the one it plays a part of.

use leptos::prelude::*;

use crate::ui::store::Store;
use app::run_view::Phase;

#[component]
pub fn StateChip() -> impl IntoView {
    let store = Store::here();
    let own = store.run(|run| run.status.clone());
    let part = store.swarm(|swarm| swarm.part.as_ref().and_then(|part| part.status.clone()));
    let status = Memo::new(move |_| part.get().unwrap_or_else(|| own.get()));
    let class = move || match status.get().phase {
        Phase::Idle => "chip",
        Phase::Ramping | Phase::Holding => "chip live",
        Phase::Stopping => "chip warn",
        Phase::Done => "chip good",
    };
    let text = move || {
        let status = status.get();
        if status.is_running() { format!("{} · {}", status.word(), status.clock()) } else { status.word().to_owned() }
    };
    view! { <span class=class>{text}</span> }
}
