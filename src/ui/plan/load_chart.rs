//! The load curve, drawn while its numbers are typed.

use leptos::prelude::*;

use crate::ui::store::Store;
use app::plan::curve::LoadCurve;

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 150.0;

#[component]
pub fn LoadChart() -> impl IntoView {
    let store = Store::here();
    // An unfinished number keeps the last curve that made sense.
    let curve = Memo::new({
        let load = store.plan(|editor| editor.load());
        move |last: Option<&LoadCurve>| {
            load.get().map(|load| LoadCurve::of(&load)).or_else(|| last.cloned()).unwrap_or_default()
        }
    });
    let title = move || format!("Load: {}", curve.with(LoadCurve::summary));
    view! {
        <figure class="curve">
            <figcaption>{title}</figcaption>
            <svg viewBox=format!("-42 -8 {} {}", WIDTH + 56.0, HEIGHT + 32.0) role="img" aria-label=title>
                <g class="grid-lines">{move || curve.with(levels)}</g>
                <g class="ticks">{move || curve.with(times)}</g>
                <path class="area" d=move || curve.with(|curve| curve.area(WIDTH, HEIGHT)) />
                <path class="line" d=move || curve.with(|curve| curve.line(WIDTH, HEIGHT)) />
            </svg>
        </figure>
    }
}

fn levels(curve: &LoadCurve) -> impl IntoView + use<> {
    let level = |tick: app::plan::curve::Tick| {
        let y = HEIGHT * (1.0 - tick.at);
        view! {
            <line x1="0" x2=WIDTH y1=y y2=y />
            <text x="-8" y=y + 3.5 text-anchor="end">{tick.label}</text>
        }
    };
    curve.y_ticks().into_iter().map(level).collect_view()
}

fn times(curve: &LoadCurve) -> impl IntoView + use<> {
    let time = |tick: app::plan::curve::Tick| {
        view! { <text x=WIDTH * tick.at y=HEIGHT + 18.0 text-anchor="middle">{tick.label}</text> }
    };
    curve.x_ticks().into_iter().map(time).collect_view()
}
