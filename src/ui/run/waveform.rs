//! The last seconds of one user: two lanes of sound and its protocol's events, on one axis of time.

use std::sync::Arc;

use leptos::prelude::*;

use app::listen::{Lane, Trace, TraceMark};

#[component]
pub fn Waveform(trace: Memo<Arc<Trace>>) -> impl IntoView {
    let path = move |lane| trace.with(|trace| trace.path(lane, WIDTH, HALF));
    let label =
        move || trace.with(|trace| format!("{}; {}", trace.in_words(Lane::Service), trace.in_words(Lane::User)));
    let marks = move || trace.with(|trace| trace.marks_in_view()).into_iter().map(mark).collect_view();
    let flags = move || trace.with(|trace| trace.named_in_view()).into_iter().map(flag).collect_view();
    let ticks = move || trace.with(|trace| trace.ticks()).into_iter().map(tick).collect_view();
    view! {
        <figure class="waveform">
            <div class="flags" aria-hidden="true">{flags}</div>
            <svg viewBox=format!("0 0 {WIDTH} {}", 4.0 * HALF + 12.0) preserveAspectRatio="none" role="img" aria-label=label>
                <line class="rest" x2=WIDTH y1=HALF y2=HALF />
                <line class="rest" x2=WIDTH y1=3.0 * HALF + 12.0 y2=3.0 * HALF + 12.0 />
                <path class="service" transform=format!("translate(0 {HALF})") d=move || path(Lane::Service) />
                <path class="user" transform=format!("translate(0 {})", 3.0 * HALF + 12.0) d=move || path(Lane::User) />
                {marks}
            </svg>
            <span class="lane service">"Service"</span>
            <span class="lane user">"User"</span>
            <div class="ticks" aria-hidden="true">{ticks}</div>
        </figure>
    }
}

fn mark((place, mark): (f64, TraceMark)) -> impl IntoView {
    let (.., class) = mark.kind.words();
    view! { <line class=format!("mark {class}") x1=place * WIDTH x2=place * WIDTH y1=0 y2=4.0 * HALF + 12.0 /> }
}

/// Names stand aslant, so that events close to each other can be read.
fn flag((place, mark): (f64, TraceMark)) -> impl IntoView {
    let (.., class) = mark.kind.words();
    view! { <span class=class style:left=percent(place)>{mark.text}</span> }
}

fn tick((place, text): (f64, String)) -> impl IntoView {
    view! { <span style:left=percent(place)>{text}</span> }
}

fn percent(place: f64) -> String {
    format!("{:.2}%", place * 100.0)
}

const WIDTH: f64 = 1_000.0;
/// Of one lane's height.
const HALF: f64 = 40.0;
