//! A search for the breaking point: what it found, the curve against load, and every level. As on the run page.

use maud::{Markup, html};

use super::results::table;
use crate::plan::curve::Tick;
use crate::run::view::{SEARCH_COLUMNS, SearchCurve, SearchView};

const WIDTH: f64 = SearchCurve::WIDTH;
const HEIGHT: f64 = SearchCurve::HEIGHT;

/// `None`: the plan has no search.
pub fn section(search: Option<&SearchView>) -> Markup {
    html! {
        @if let Some(search) = search {
            section.card #search {
                h2 { "Breakpoint search" }
                p class={"verdict " (search.mood.class())} { (search.verdict) }
                @if !search.curve.is_empty() { (curve(search)) }
                (table("Levels", &SEARCH_COLUMNS, &search.rows))
            }
        }
    }
}

fn curve(search: &SearchView) -> Markup {
    let lines = &search.curve;
    html! {
        figure.curve.search {
            figcaption { (search.metric) " against load" }
            div.scroll tabindex="0" role="region" aria-label="Curve" {
                svg viewBox=(SearchCurve::view_box()) role="img" aria-label={(search.metric) " and errors against load; " (search.verdict)} {
                    g.grid-lines { @for tick in &lines.millis { line x1="0" x2=(WIDTH) y1=(height(tick)) y2=(height(tick)) {} } }
                    (texts(&lines.millis, |tick| (-8.0, height(tick) + 3.5), "end"))
                    (texts(&lines.shares, |tick| (WIDTH + 8.0, height(tick) + 3.5), "start"))
                    (texts(&lines.levels, |tick| (tick.at * WIDTH, HEIGHT + 18.0), "middle"))
                    polyline.errors points=(SearchCurve::points(&lines.errors)) {}
                    polyline.p50 points=(SearchCurve::points(&lines.p50)) {}
                    polyline.p95 points=(SearchCurve::points(&lines.p95)) {}
                    @if let Some(knee) = &lines.knee {
                        line.knee x1=(knee.at * WIDTH) x2=(knee.at * WIDTH) y1="0" y2=(HEIGHT) {}
                        text.knee x=(knee.at * WIDTH) y="-6" text-anchor="middle" { "holds at " (knee.label) }
                    }
                }
            }
            p.hint.legend {
                span.p95 { "p95" } " " span.p50 { "p50, dashed" } " (left) " span.errors { "errors per attempt" } " (right)"
            }
        }
    }
}

fn height(tick: &Tick) -> f64 {
    HEIGHT * (1.0 - tick.at)
}

fn texts(ticks: &[Tick], place: fn(&Tick) -> (f64, f64), anchor: &str) -> Markup {
    html! {
        @for tick in ticks {
            @let (x, y) = place(tick);
            text x=(x) y=(y) text-anchor=(anchor) { (tick.label) }
        }
    }
}
