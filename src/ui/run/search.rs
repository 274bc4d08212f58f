//! How a search for the breaking point does: its levels, and latency and errors against load.

use leptos::prelude::*;

use crate::ui::parts::{Card, DataTable};
use crate::ui::store::Store;
use app::plan::curve::Tick;
use app::run::view::{SEARCH_COLUMNS, SearchCurve, SearchView};

const WIDTH: f64 = SearchCurve::WIDTH;
const HEIGHT: f64 = SearchCurve::HEIGHT;

#[component]
pub fn Search() -> impl IntoView {
    let store = Store::here();
    let found = store.tables(|tables| tables.search.clone());
    let with = move |read: fn(&SearchView) -> String| found.with(|found| found.as_ref().map(read).unwrap_or_default());
    let rows =
        Signal::derive(move || found.with(|found| found.as_ref().map(|found| found.rows.clone()).unwrap_or_default()));
    let class = move || format!("verdict {}", with(|found| found.mood.class().to_owned()));
    view! {
        <div hidden=move || found.with(Option::is_none)>
            <Card title="Breakpoint search">
                <p class=class role="status">{move || with(|found| found.verdict.clone())}</p>
                {move || found.with(|found| found.as_ref().filter(|found| !found.curve.is_empty()).map(curve))}
                <DataTable label="Levels" columns=&SEARCH_COLUMNS rows />
            </Card>
        </div>
    }
}

fn curve(found: &SearchView) -> impl IntoView + use<> {
    let lines = found.curve.clone();
    let knee = lines.knee.clone().map(|Tick { at, label }| {
        let x = at * WIDTH;
        view! {
            <line class="knee" x1=x x2=x y1="0" y2=HEIGHT />
            <text class="knee" x=x y="-6" text-anchor="middle">{format!("holds at {label}")}</text>
        }
    });
    let summary = format!("{} and errors against load; {}", found.metric, found.verdict);
    view! {
        <figure class="curve search">
            <figcaption>{format!("{} against load", found.metric)}</figcaption>
            <div class="scroll" tabindex="0" role="region" aria-label="Curve">
                <svg viewBox=SearchCurve::view_box() role="img" aria-label=summary>
                    <g class="grid-lines">
                        {lines.millis.iter().map(|tick| view! { <line x1="0" x2=WIDTH y1=height(tick) y2=height(tick) /> }).collect_view()}
                    </g>
                    {texts(&lines.millis, |tick| (-8.0, height(tick) + 3.5), "end")}
                    {texts(&lines.shares, |tick| (WIDTH + 8.0, height(tick) + 3.5), "start")}
                    {texts(&lines.levels, |tick| (tick.at * WIDTH, HEIGHT + 18.0), "middle")}
                    <polyline class="errors" points=SearchCurve::points(&lines.errors) />
                    <polyline class="p50" points=SearchCurve::points(&lines.p50) />
                    <polyline class="p95" points=SearchCurve::points(&lines.p95) />
                    {knee}
                </svg>
            </div>
            <p class="hint legend">
                <span class="p95">"p95"</span> " " <span class="p50">"p50, dashed"</span> " (left) " <span class="errors">"errors per attempt"</span> " (right)"
            </p>
        </figure>
    }
}

fn height(tick: &Tick) -> f64 {
    HEIGHT * (1.0 - tick.at)
}

fn texts(ticks: &[Tick], place: fn(&Tick) -> (f64, f64), anchor: &'static str) -> impl IntoView + use<> {
    let text = |tick: &Tick| {
        let (x, y) = place(tick);
        view! { <text x=x y=y text-anchor=anchor>{tick.label.clone()}</text> }
    };
    ticks.iter().map(text).collect_view()
}
