//! Charts of the compared runs, laid over each other.

use leptos::prelude::*;

use crate::ui::chart::{Chart, ChartSection, can_draw};
use crate::ui::parts::Select;
use crate::ui::store::Store;
use app::results::{Overlay, Screen};

#[component]
pub fn Overlays() -> impl IntoView {
    let store = Store::here();
    let metrics = store.select(|model| match &model.results.screen {
        Screen::Comparison(view) => view.metrics.clone(),
        _ => Vec::new(),
    });
    let names = store.select(|model| match &model.results.screen {
        Screen::Comparison(view) => view.runs.iter().map(|run| run.name.clone()).collect(),
        _ => Vec::new(),
    });
    let chosen = RwSignal::new(None::<String>);
    let metric = Memo::new(move |_| {
        let chosen = chosen.get().filter(|name| metrics.with(|metrics| metrics.contains(name)));
        chosen.or_else(|| metrics.with(|metrics| metrics.first().cloned())).unwrap_or_default()
    });
    let options =
        Signal::derive(move || metrics.get().into_iter().map(|name| (name.clone(), name)).collect::<Vec<_>>());
    view! {
        <div class="narrow" hidden=!can_draw()>
            <Select label="Latency of" options value=metric on_choose=move |name| chosen.set(Some(name)) />
        </div>
        <ChartSection label="Charts of all runs">
            {Overlay::ALL
                .map(|what| {
                    let of = move || if matches!(what, Overlay::Latency(_)) { metric.get() } else { String::new() };
                    view! {
                        <figure class="card chart">
                            <figcaption><h2>{what.title()}</h2><span class="hint">{of}</span></figcaption>
                            <Chart
                                unit=what.unit()
                                data=move || store.overlay(what, &names.get(), &metric.get())
                                is_final=true
                            />
                        </figure>
                    }
                })
                .collect_view()}
        </ChartSection>
    }
}
