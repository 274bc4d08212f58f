//! The charts: the data that the run page draws, for every metric that could be chosen there.

use maud::{Markup, html};
use serde::Serialize;

use crate::past::PastRun;
use crate::run::view::RunView;
use crate::run::view::charts::{self, ChartKind, ChartMark};

#[derive(Default, Serialize)]
pub struct Plots {
    /// Seconds since the start, of every series.
    seconds: Vec<f64>,
    /// When something happened, in the order of the list.
    marks: Vec<ChartMark>,
    /// Spans of suspect seconds.
    suspect: Vec<(f64, f64)>,
    charts: Vec<Plot>,
}

#[derive(Serialize)]
struct Plot {
    unit: &'static str,
    /// One for each metric that can be chosen.
    views: Vec<Vec<Line>>,
}

#[derive(Serialize)]
struct Line {
    label: String,
    reference: bool,
    hidden: bool,
    /// Null: nothing to draw.
    values: Vec<Option<f64>>,
}

fn kinds(view: &RunView) -> Vec<ChartKind> {
    let tables = &view.tables;
    let voice = if tables.voice.is_some() { &ChartKind::VOICE[..] } else { &[] };
    let all = ChartKind::ALL.iter().filter(|kind| tables.has_chat || **kind != ChartKind::Messages);
    all.chain(voice).copied().collect()
}

/// What can be chosen in a chart; where nothing can, one nameless choice.
fn choices(kind: ChartKind, view: &RunView) -> Vec<String> {
    let names = match kind {
        ChartKind::Latency => view.tables.latencies.clone(),
        ChartKind::FirstAudio => view.tables.first_audio.clone(),
        _ => Vec::new(),
    };
    if names.is_empty() { vec![String::new()] } else { names }
}

pub fn of(past: &PastRun, view: &RunView) -> Plots {
    let mut plots = Plots::default();
    let mut draw = |kind: ChartKind, metric: &str| -> Vec<Line> {
        let data = charts::data(kind, &past.result, metric);
        // The same in all charts.
        (plots.seconds, plots.marks, plots.suspect) = (data.seconds, data.marks, data.suspect);
        data.series.into_iter().map(line).collect()
    };
    let charts = kinds(view).into_iter().map(|kind| Plot {
        unit: kind.unit(),
        views: choices(kind, view).iter().map(|metric| draw(kind, metric)).collect(),
    });
    let charts = charts.collect();
    Plots { charts, ..plots }
}

/// To the thousandth, as in the report.
fn line(series: charts::ChartSeries) -> Line {
    let value = |value: f64| value.is_finite().then(|| (value * 1e3).round() / 1e3);
    Line {
        label: series.label,
        reference: series.is_reference,
        hidden: series.starts_hidden,
        values: series.values.into_iter().map(value).collect(),
    }
}

pub fn section(past: &PastRun, view: &RunView, drawn: bool) -> Markup {
    html! {
        section #charts aria-label="Charts" {
            @if !drawn {
                p.verdict.warn { "The charts are missing: the page that made this file could not read its chart library. All numbers are in the tables below and in the data inside this file." }
            } @else {
                noscript { p.verdict.warn { "The charts need JavaScript. All numbers are in the tables below." } }
                div.charts {
                    @for (at, kind) in kinds(view).into_iter().enumerate() { (figure(at, kind, &choices(kind, view))) }
                }
                @if past.report.warmup_s > 0.0 { p.hint { "Charts show the warm-up too; latencies in tables do not." } }
            }
        }
    }
}

fn figure(at: usize, kind: ChartKind, choices: &[String]) -> Markup {
    html! {
        figure.card.chart data-chart=(at) {
            figcaption {
                h2 { (kind.title()) }
                @if choices.len() > 1 {
                    label.field { span.unseen { "Metric" } select { @for (at, name) in choices.iter().enumerate() { option value=(at) { (name) } } } }
                }
            }
            div.plot {}
        }
    }
}
