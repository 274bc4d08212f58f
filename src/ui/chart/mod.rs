//! Charts over time that follow the run.

mod uplot;

use std::cell::RefCell;
use std::rc::Rc;

use leptos::html::Div;
use leptos::prelude::*;
pub use uplot::Plot;

use crate::app::Event;
use crate::app::run_view::Clue;
use crate::app::run_view::charts::{ChartData, ChartKind};
use crate::app::see::SeeEvent;
use crate::ui::store::Store;

/// `metric`: the one whose latency is shown, for the chart of latencies.
#[component]
pub fn Chart(kind: ChartKind, #[prop(optional, into)] metric: Signal<String>) -> impl IntoView {
    let store = Store::here();
    let revision = store.tables(|tables| tables.revision);
    let place = NodeRef::<Div>::new();
    let plot: Rc<RefCell<Option<Plot>>> = Rc::default();
    let look_again = RwSignal::new(());
    Effect::new({
        let plot = Rc::clone(&plot);
        move || {
            // A memo that is never read is never computed, so tracking it alone would not do.
            revision.get();
            look_again.get();
            let Some(element) = place.get() else { return };
            let mut plot = plot.borrow_mut();
            // The data of a chart that nobody sees is not even put together.
            if plot.as_ref().is_some_and(|plot| !plot.is_visible()) {
                return;
            }
            let on_pick = move |at_s| {
                let metric = metric.get_untracked();
                store.dispatch(Event::See(SeeEvent::Investigate(store.is_past(), Clue::Moment { at_s, metric })));
            };
            draw(&mut plot, &element, kind, &store.chart(kind, &metric.get()), look_again, on_pick);
        }
    });
    on_cleanup({
        let plot = StoredValue::new_local(plot);
        move || plot.with_value(|plot| drop(plot.take()))
    });
    view! { <div class="plot" node_ref=place /> }
}

/// Series come and go (an operation fails for the first time); the chart is then made anew, with the zoom and the
/// series that a person has chosen.
fn draw(
    plot: &mut Option<Plot>,
    element: &web_sys::HtmlElement,
    kind: ChartKind,
    data: &ChartData,
    look_again: RwSignal<()>,
    on_pick: impl FnMut(f64) + 'static,
) {
    let before = plot.take_if(|plot| !plot.fits(&data.series));
    let fresh = || Plot::new(element, kind.unit(), &data.series, move || look_again.set(()), on_pick, before);
    plot.get_or_insert_with(fresh).show(data);
}
