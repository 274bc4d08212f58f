//! What happened when: the annotations that stand as numbered marks in every chart, and the frames around what went wrong.

use maud::{Markup, html};

use crate::app::format;
use crate::app::run_view::phase_word;
use crate::metrics::{Annotation, AnnotationKind, Cause, Evidence, Frame, Report, Way};

pub fn annotations(report: &Report) -> Markup {
    let row = |(at, annotation): (usize, &Annotation)| {
        html! {
            tr {
                th.name scope="row" { (at + 1) }
                td.num { (format::clock(annotation.at_s)) }
                td { (kind(annotation.kind)) }
                td { (annotation.text) }
            }
        }
    };
    html! {
        @if !report.annotations.is_empty() {
            section.card #annotations {
                div.card-head { h2 { "What happened" } p.hint { "The numbers of the marks in the charts." } }
                div.scroll tabindex="0" role="region" aria-label="What happened, table" {
                    table.numbers {
                        thead { tr { th scope="col" { "Mark" } th.num scope="col" { "At" } th scope="col" { "Kind" } th scope="col" { "What" } } }
                        tbody { @for one in report.annotations.iter().enumerate() { (row(one)) } }
                    }
                }
            }
        }
    }
}

const fn kind(kind: AnnotationKind) -> &'static str {
    match kind {
        AnnotationKind::Action => "action",
        AnnotationKind::Errors => "errors",
        AnnotationKind::Browser => "browser",
        AnnotationKind::Note => "note",
    }
}

pub fn evidence(report: &Report) -> Markup {
    html! {
        @if !report.evidence.is_empty() {
            section.card #evidence {
                div.card-head {
                    h2 { "Evidence" }
                    p.hint { "The last frames before some errors, closes and slowest samples; *** stands for what was secret." }
                }
                ul.evidence { @for one in &report.evidence { li { (moment(one)) } } }
            }
        }
    }
}

fn moment(evidence: &Evidence) -> Markup {
    html! {
        details {
            summary {
                (format::clock(evidence.at_s)) " · " (cause(&evidence.cause))
                span.hint { " · user " (evidence.user + 1) " of " (evidence.population) ", " (phase_word(evidence.phase)) }
            }
            @if let Some(generator) = &evidence.generator {
                p.hint {
                    "Its worker then: " (format::share(generator.busy_share)) " busy"
                    @if let Some(lag) = generator.lag_ms { ", " (format::millis(lag)) " late" }
                    ", " (format::bytes(generator.buffered_bytes as f64)) " waiting to be sent."
                }
            }
            pre tabindex="0" { @for one in &evidence.frames { (frame(one)) "\n" } }
        }
    }
}

fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Error { operation, code } => format!("{operation} failed: {code}"),
        Cause::Close { code, reason, .. } if reason.is_empty() => format!("closed with {code}"),
        Cause::Close { code, reason, .. } => format!("closed with {code}: {reason}"),
        Cause::Slowest { metric, ms } => format!("slowest {metric}: {}", format::millis(*ms)),
    }
}

/// `3.042 s  in    42["message",…]`.
fn frame(frame: &Frame) -> String {
    let way = match frame.way {
        Way::In => "in ",
        Way::Out => "out",
        Way::Response => "res",
        Way::Request => "req",
    };
    let text = frame.text.clone().unwrap_or_else(|| format!("({} of binary)", format::bytes(frame.length.into())));
    let more = if frame.more > 0 { format!("  (and {} more like it)", frame.more) } else { String::new() };
    format!("{:9.3} s  {way}  {text}{more}", frame.at_s)
}
