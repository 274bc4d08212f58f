//! Charts of the compared runs, laid over each other.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::html::Div;
use leptos::prelude::*;

use crate::app::results::{Overlay, Screen};
use crate::ui::chart::Plot;
use crate::ui::parts::Select;
use crate::ui::store::Store;

#[component]
pub fn Overlays() -> impl IntoView {
    let store = Store::here();
    let metrics = store.select(|model| match &model.results.screen {
        Screen::Comparison(view) => view.metrics.clone(),
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
        <div class="narrow">
            <Select label="Latency of" options value=metric on_choose=move |name| chosen.set(Some(name)) />
        </div>
        <section class="charts" aria-label="Charts of all runs">
            {Overlay::ALL
                .map(|what| {
                    let of = move || if matches!(what, Overlay::Latency(_)) { metric.get() } else { String::new() };
                    view! {
                        <figure class="card chart">
                            <figcaption><h2>{what.title()}</h2><span class="hint">{of}</span></figcaption>
                            <OverlayChart what metric />
                        </figure>
                    }
                })
                .collect_view()}
        </section>
    }
}

#[component]
fn OverlayChart(what: Overlay, metric: Memo<String>) -> impl IntoView {
    let store = Store::here();
    let screen = store.select(|model| match &model.results.screen {
        Screen::Comparison(view) => view.runs.clone(),
        _ => Vec::new(),
    });
    let place = NodeRef::<Div>::new();
    let plot: Rc<RefCell<Option<Plot>>> = Rc::default();
    let look_again = RwSignal::new(());
    Effect::new({
        let plot = Rc::clone(&plot);
        move || {
            let names: Vec<_> = screen.with(|runs| runs.iter().map(|run| run.name.clone()).collect());
            look_again.get();
            let metric = metric.get();
            let Some(element) = place.get() else { return };
            let mut plot = plot.borrow_mut();
            let data = store.overlay(what, &names, &metric);
            let before = plot.take_if(|plot| !plot.fits(&data.series));
            // A point of several runs leads to none of them.
            let fresh = || Plot::new(&element, what.unit(), &data.series, move || look_again.set(()), |_| {}, before);
            plot.get_or_insert_with(fresh).show(&data);
        }
    });
    on_cleanup({
        let plot = StoredValue::new_local(plot);
        move || plot.with_value(|plot| drop(plot.take()))
    });
    view! { <div class="plot" node_ref=place /> }
}
