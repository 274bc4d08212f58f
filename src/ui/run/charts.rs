//! All charts of the run.

use leptos::prelude::*;

use super::insights::anchor;
use crate::ui::chart::{Chart, ChartSection};
use crate::ui::parts::Select;
use crate::ui::store::Store;
use app::run::view::charts::ChartKind;
use app::run::view::{Clue, Phase};
use app::trace::TraceEvent;
use metrics::Section;

#[component]
pub fn Charts() -> impl IntoView {
    let store = Store::here();
    let has_voice = store.tables(|tables| tables.voice.is_some());
    let is_shown = store.tables(|tables| tables.has_chat);
    let is_unplayed = store.tables(|tables| tables.is_unplayed);
    view! {
        <div hidden=is_unplayed>
        <ChartSection label="Charts" anchor=anchor(store, Section::Charts)>
            {ChartKind::ALL.map(move |kind| view! { <ChartCard kind hidden=Signal::derive(move || kind == ChartKind::Messages && !is_shown.get()) /> }).collect_view()}
            <Show when=move || has_voice.get()>{ChartKind::VOICE.map(|kind| view! { <ChartCard kind /> }).collect_view()}</Show>
        </ChartSection>
        </div>
    }
}

#[component]
fn ChartCard(kind: ChartKind, #[prop(optional, into)] hidden: Signal<bool>) -> impl IntoView {
    let store = Store::here();
    // The metrics to choose from; none where the chart shows one thing only.
    let names = match kind {
        ChartKind::Latency => Some(store.tables(|tables| tables.latencies.clone())),
        ChartKind::FirstAudio => Some(store.tables(|tables| tables.first_audio.clone())),
        _ => None,
    };
    let chosen = RwSignal::new(None::<String>);
    // Until somebody chooses, the metric that matters most of those that there are.
    let first = move || names.and_then(|names| names.with(|names| names.first().cloned()));
    let metric = Memo::new(move |_| chosen.get().or_else(first).unwrap_or_default());
    let select = names.map(|names| {
        let options =
            Signal::derive(move || names.get().into_iter().map(|name| (name.clone(), name)).collect::<Vec<_>>());
        view! { <Select label="Metric" options value=metric on_choose=move |name| chosen.set(Some(name)) bare=true /> }
    });
    let is_final = store.run(|run| run.status.phase == Phase::Done);
    let data = move || store.chart(kind, &metric.get());
    let on_pick = Callback::new(move |at_s| {
        let metric = metric.get_untracked();
        store.dispatch(TraceEvent::Investigate(store.is_past(), Clue::Moment { at_s, metric }));
    });
    view! {
        <figure class="card chart" hidden=hidden>
            <figcaption><h2>{kind.title()}</h2>{select}</figcaption>
            <Chart unit=kind.unit() data is_final on_pick />
        </figure>
    }
}
