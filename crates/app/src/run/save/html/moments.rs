//! What happened when: the annotations that stand as numbered marks in every chart, the frames around what went wrong, and the log.

use maud::{Markup, html};

use crate::format;
use crate::past::PastRun;
use crate::run::control::Happening;
use crate::run::log::{LogRow, row};
use crate::run::view::{Tables, phase_word};
use metrics::{Cause, Evidence, Frame, Report, Way, user_name};

pub fn annotations(tables: &Tables) -> Markup {
    let row = |happening: &Happening| {
        html! {
            tr {
                th.name scope="row" { (happening.mark) }
                td.num { (happening.time) }
                td { (happening.kind) }
                td { (happening.text) }
            }
        }
    };
    html! {
        @if !tables.happenings.is_empty() {
            section.card #annotations {
                div.card-head { h2 { "What happened" } p.hint { "The numbers of the marks in the charts." } }
                div.scroll tabindex="0" role="region" aria-label="What happened, table" {
                    table.numbers {
                        thead { tr { th scope="col" { "Mark" } th.num scope="col" { "At" } th scope="col" { "Kind" } th scope="col" { "What" } } }
                        tbody { @for one in &tables.happenings { (row(one)) } }
                    }
                }
            }
        }
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
                span.hint { " · " (user_name(&evidence.population, evidence.user)) ", " (phase_word(evidence.phase)) }
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

/// The lines as the run page has them, in order of time.
pub fn log(past: &PastRun) -> Markup {
    let (lines, left_out) = (past.result.log.lines(), past.result.log.left_out());
    let line = |row: LogRow| format!("{}  {:<7}  {}  {}", row.time, row.level.name(), row.who, row.text);
    html! {
        @if !lines.is_empty() {
            section.card #log {
                h2 { "Log" }
                @if left_out > 0 { p.hint { (format::count(left_out)) " older lines are gone." } }
                details {
                    summary { (format::count(lines.len() as u64)) " lines" }
                    pre tabindex="0" { @for one in lines { (line(row(0, one))) "\n" } }
                }
            }
        }
    }
}
