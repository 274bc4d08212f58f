//! What stands around the results: head, verdict, tiles, the browsers, the plan.

use maud::{Markup, html};

use crate::format;
use crate::past::PastRun;
use crate::run::view::RunView;
use crate::run::view::Tables;
use metrics::{Browser, Report};
use plan::Population;

pub fn head(past: &PastRun, view: &RunView) -> Markup {
    let report = &past.report;
    let facts = [
        ("Started", started(report)),
        ("Took", format::duration(report.duration_s)),
        ("Warm-up", if report.warmup_s > 0.0 { format::duration(report.warmup_s) } else { "none".to_owned() }),
        ("Target", hosts(past)),
        ("Run", report.run.clone()),
    ];
    html! {
        div.report-title {
            div {
                p.hint { "tabswarm report" }
                h1 { (view.name) }
            }
            div.row.no-print {
                button #print type="button" hidden { "Print" }
                button #save-data type="button" hidden { "Save data (JSON)" }
            }
        }
        dl.report-facts {
            @for (name, value) in facts { div { dt { (name) } dd { (value) } } }
        }
        @if let Some(problem) = &view.status.problem { p.problem { strong { "Problem: " } (problem) } }
        nav.no-print aria-label="Parts of this report" {
            @for (id, title) in [("charts", "Charts"), ("thresholds", "Thresholds"), ("operations", "Operations"), ("errors", "Errors"),
                ("health", "Generator"), ("environment", "Browsers"), ("plan", "Plan"), ("definitions", "What the numbers mean")] {
                a href={"#" (id)} { (title) }
            }
        }
    }
}

/// `2026-11-25 12:00:03 UTC`.
fn started(report: &Report) -> String {
    match report.started_at.split_once('T') {
        Some((day, time)) => format!("{day} {} UTC", time.split(['.', 'Z']).next().unwrap_or_default()),
        None => format::NOTHING.to_owned(),
    }
}

fn hosts(past: &PastRun) -> String {
    let hosts: Vec<_> = past.result.plan.hosts().into_iter().collect();
    if hosts.is_empty() { format::NOTHING.to_owned() } else { hosts.join(", ") }
}

/// One word for how it went.
pub fn word(past: &PastRun) -> &'static str {
    past.report.verdict.as_ref().map_or("no verdict", |verdict| verdict.outcome.word())
}

/// As the run page says it; what to do about a reason is for who runs the plan, and not for who reads about it.
pub fn verdict(view: &RunView) -> Markup {
    let ((kept, kept_mood), verdict) = (&view.tables.kept, &view.tables.verdict);
    html! {
        @if !verdict.word.is_empty() {
            section class={"card report-verdict " (verdict.mood.class())} aria-labelledby="verdict" {
                h2 #verdict { (verdict.word) @if verdict.so_far { " so far" } }
                div {
                    p { (verdict.says) @if !kept.is_empty() { " " (sentence(kept)) } }
                    @if !verdict.reasons.is_empty() {
                        ul {
                            @for reason in &verdict.reasons {
                                li { (reason.text) @if !reason.since.is_empty() { span.hint { " · " (reason.since) } } }
                            }
                        }
                    }
                }
            }
        } @else if !kept.is_empty() { p class={"verdict " (kept_mood.class())} { (sentence(kept)) } }
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// Each leads to the part of this file that shows more of it.
pub fn insights(tables: &Tables) -> Markup {
    html! {
        @if !tables.insights.is_empty() {
            section.card.insights aria-labelledby="insights" {
                h2 #insights { "What stands out" }
                ol {
                    @for insight in &tables.insights {
                        li {
                            a href={"#" (insight.evidence.anchor())} { (insight.happened) }
                            " " span.hint { (insight.may_mean) " " (insight.to_do) }
                        }
                    }
                }
            }
        }
    }
}

pub fn tiles(view: &RunView) -> Markup {
    html! {
        dl.tiles {
            @for tile in &view.tiles {
                div.tile {
                    dt { (tile.label) }
                    dd class=(tile.mood.class()) { (tile.value) }
                    dd.hint { (tile.note) }
                }
            }
        }
    }
}

pub fn warnings(tables: &Tables) -> Markup {
    html! {
        @if !tables.health.warnings.is_empty() {
            section.verdict.warn aria-label="Warnings" {
                p { "The results also show the browsers, not only the server:" }
                ul { @for warning in &tables.health.warnings { li { (warning) } } }
            }
        }
    }
}

pub fn environment(report: &Report) -> Markup {
    let row = |browser: &Browser| {
        let name = browser.name.as_deref().unwrap_or("this browser");
        html! {
            tr {
                th.name scope="row" { (name) }
                td.num { (format::count(browser.cores.into())) }
                td.num { (format::count(browser.workers.into())) }
                td.num { (format::count(browser.sent)) }
                td.num { (format::count(browser.received)) }
                td class={"num " (if browser.errors > 0 { "bad" } else { "" })} { (format::count(browser.errors)) }
                td { (browser.version) span.hint { " · " (browser.build.get(..8).unwrap_or(&browser.build)) } }
                td.hint { (browser.user_agent) }
            }
        }
    };
    html! {
        section.card #environment {
            div.card-head { h2 { "Browsers" } p.hint { "Who generated the load, and what each of them did." } }
            div.scroll tabindex="0" role="region" aria-label="Browsers, table" {
                table.numbers {
                    thead { tr {
                        th scope="col" { "Browser" }
                        th.num scope="col" { "Processors" }
                        th.num scope="col" { "Workers" }
                        th.num scope="col" { "Sent" }
                        th.num scope="col" { "Received" }
                        th.num scope="col" { "Errors" }
                        th scope="col" { "Tabswarm" }
                        th scope="col" { "Says it is" }
                    } }
                    tbody { @for browser in &report.browsers { (row(browser)) } }
                }
            }
            @if let Some(bound) = report.clock_bound_ms {
                p.hint { "Times between browsers are known to ±" (format::millis(bound)) "." }
            }
        }
    }
}

pub fn plan(past: &PastRun) -> Markup {
    let population = |population: &Population| {
        let scenario = population.scenario.as_str().map_or_else(
            || population.scenario.get("name").and_then(|name| name.as_str()).unwrap_or("its own").to_owned(),
            str::to_owned,
        );
        html! {
            tr {
                th.name scope="row" { (population.name) }
                td { (scenario) }
                td { (if population.load.is_open() { "arrivals" } else { "users" }) }
                td.num { (format::count(population.load.max_users().into())) }
                td.num { (format::duration(population.load.duration().as_secs_f64())) }
            }
        }
    };
    let text = serde_json::to_string_pretty(&past.report.plan).expect("plain JSON values");
    html! {
        section.card #plan {
            div.card-head { h2 { "Plan" } p.hint { "As it was run; *** stands for what was secret." } }
            div.scroll tabindex="0" role="region" aria-label="Populations, table" {
                table.numbers {
                    thead { tr {
                        th scope="col" { "Population" }
                        th scope="col" { "Scenario" }
                        th scope="col" { "Load of" }
                        th.num scope="col" { "Users at most" }
                        th.num scope="col" { "For" }
                    } }
                    tbody { @for one in &past.result.plan.populations { (population(one)) } }
                }
            }
            details.prints { summary { "The whole plan as JSON" } pre.json tabindex="0" { (text) } }
        }
    }
}
