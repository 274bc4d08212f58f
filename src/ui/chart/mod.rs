//! A chart over time, on the page.

mod uplot;

use std::cell::RefCell;
use std::rc::Rc;

use leptos::html::Div;
use leptos::prelude::*;
use uplot::Plot;
pub use uplot::can_draw;

use app::run::view::charts::ChartData;

/// The charts of a section; where none can be drawn, a sentence stands for all of them.
#[component]
pub fn ChartSection(
    label: &'static str,
    /// Its name for links that lead here; empty: none do.
    #[prop(optional)]
    anchor: String,
    children: ChildrenFn,
) -> impl IntoView {
    let anchor = (!anchor.is_empty()).then_some(anchor);
    let tabindex = anchor.as_ref().map(|_| "-1");
    if can_draw() {
        view! { <section class="charts" id=anchor tabindex=tabindex aria-label=label>{children()}</section> }.into_any()
    } else {
        view! {
            <p class="card problem" role="status">
                "Charts cannot be drawn: the page's chart library did not load. The numbers are in the tables and files."
            </p>
        }
            .into_any()
    }
}

/// `data` is put together while the chart is in view or `is_final`, and again when something that it reads changes. `on_pick` gets the
/// second of a point that is picked; without it points lead nowhere.
#[component]
pub fn Chart(
    unit: &'static str,
    data: impl Fn() -> ChartData + 'static,
    /// Nothing more comes: the chart holds the last state, seen or not.
    #[prop(into)]
    is_final: Signal<bool>,
    #[prop(optional)] on_pick: Option<Callback<f64>>,
) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    let plot: Rc<RefCell<Option<Plot>>> = Rc::default();
    let look_again = RwSignal::new(());
    // Why there is no chart. A run goes on without: what draws is somebody else's code.
    let failed = RwSignal::new(None::<String>);
    Effect::new({
        let plot = Rc::clone(&plot);
        move || {
            look_again.get();
            let Some(element) = place.get() else { return };
            let mut plot = plot.borrow_mut();
            // While more comes, the data of a chart that nobody sees is not even put together.
            let is_unseen = !is_final.get() && plot.as_ref().is_some_and(|plot| !plot.is_visible());
            if is_unseen || failed.with_untracked(Option::is_some) {
                return;
            }
            let data = data();
            // Series come and go (an operation fails for the first time); the chart is then made anew, with the zoom and the
            // series that a person has chosen.
            let before = plot.take_if(|plot| !plot.fits(&data.series));
            let made = match plot.take() {
                Some(fitting) => Ok(fitting),
                None => Plot::new(&element, unit, &data.series, move || look_again.set(()), on_pick, before),
            };
            match made.and_then(|made| made.show(&data).map(|()| made)) {
                Ok(made) => *plot = Some(made),
                Err(why) => failed.set(Some(why)),
            }
        }
    });
    on_cleanup({
        let plot = StoredValue::new_local(plot);
        move || plot.with_value(|plot| drop(plot.take()))
    });
    view! {
        <div class="plot" node_ref=place hidden=move || failed.with(Option::is_some) />
        <p class="problem" hidden=move || failed.with(Option::is_none)>
            {move || failed.get().map(|why| format!("This chart cannot be drawn ({why}). Its numbers are in the tables and files."))}
        </p>
    }
}
