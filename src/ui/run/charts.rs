//! All charts of the run.

use leptos::prelude::*;

use crate::app::run_view::charts::ChartKind;
use crate::ui::chart::Chart;
use crate::ui::parts::Select;
use crate::ui::store::Store;

#[component]
pub fn Charts() -> impl IntoView {
    let charts = ChartKind::ALL.map(|kind| match kind {
        ChartKind::Latency => view! { <LatencyChart /> }.into_any(),
        _ => view! {
            <figure class="card chart">
                <figcaption><h2>{kind.title()}</h2></figcaption>
                <Chart kind />
            </figure>
        }
        .into_any(),
    });
    view! { <section class="charts" aria-label="Charts">{charts.collect_view()}</section> }
}

#[component]
fn LatencyChart() -> impl IntoView {
    let store = Store::here();
    let names = store.tables(|tables| tables.latencies.clone());
    let chosen = RwSignal::new(None::<String>);
    // Until somebody chooses, the metric that matters most of those that there are.
    let metric =
        Memo::new(move |_| chosen.get().or_else(|| names.with(|names| names.first().cloned())).unwrap_or_default());
    let options = Signal::derive(move || names.get().into_iter().map(|name| (name.clone(), name)).collect::<Vec<_>>());
    view! {
        <figure class="card chart">
            <figcaption>
                <h2>{ChartKind::Latency.title()}</h2>
                <Select label="Metric" options value=metric on_choose=move |name| chosen.set(Some(name)) bare=true />
            </figcaption>
            <Chart kind=ChartKind::Latency metric />
        </figure>
    }
}
