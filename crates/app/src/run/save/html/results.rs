//! The result tables: the same rows under the same heads as on the run page.

use maud::{Markup, html};

use crate::run::view::table::{Column, ColumnKind, Row};
use crate::run::view::{
    ANSWER_COLUMNS, CLOSE_COLUMNS, CONSISTENCY_COLUMNS, CONTRACT_COLUMNS, COUNTER_COLUMNS, DISCONNECT_COLUMNS,
    ERROR_COLUMNS, HealthView, Mood, OPERATION_COLUMNS, RECEIVED_COLUMNS, SENT_COLUMNS, SILENCE_COLUMNS, TURN_COLUMNS,
    Tables, VoiceView, WORKER_COLUMNS,
};

pub fn sections(tables: &Tables) -> Markup {
    html! {
        (thresholds(tables))
        @if let Some(voice) = &tables.voice { (conversations(voice)) }
        @if tables.has_chat { (delivery(tables)) }
        (finding("consistency", "Consistency", &tables.consistency.verdict, tables.consistency.mood, &CONSISTENCY_COLUMNS, &tables.consistency.rows))
        section.card #operations {
            div.card-head { h2 { "Operations" } p.hint { "Latencies and counts of samples without the warm-up; errors with it." } }
            @for part in &tables.operations {
                @if !part.population.is_empty() { h3 { (part.population) } }
                @else if tables.operations.len() > 1 { h3 { "All users" } }
                (table("Operations", &OPERATION_COLUMNS, &part.rows))
            }
        }
        (card("errors", "Errors", "", "None.", &[("Errors", &ERROR_COLUMNS, &tables.errors)]))
        (finding("contract", "Contract", &tables.contract.verdict, tables.contract.mood, &CONTRACT_COLUMNS, &tables.contract.rows))
        @if let Some(voice) = &tables.voice {
            (card("closes", "Closes by phase", "Voice users only. Red: not closed by the user itself.", "No connection has ended.",
                &[("Closes by phase", &CLOSE_COLUMNS, &voice.closes.closes), ("Silence by phase", &SILENCE_COLUMNS, &voice.closes.silence)]))
        }
        (card("disconnects", "Disconnects", &tables.close_notes.join(" "), "None.", &[("Disconnects", &DISCONNECT_COLUMNS, &tables.disconnects)]))
        (health(&tables.health))
        (card("counters", "Counters", "Of the whole run, warm-up included.", "None.", &[("Counters", &COUNTER_COLUMNS, &tables.counters)]))
    }
}

fn thresholds(tables: &Tables) -> Markup {
    html! {
        section.card #thresholds {
            h2 { "Thresholds" }
            @if tables.thresholds.is_empty() { p.hint { "The plan has none." } }
            @else {
                ul.outcomes {
                    @for row in &tables.thresholds {
                        li {
                            span class={"chip " (row.mood.class())} { (row.outcome) } " "
                            code { (row.text) } " "
                            span.hint { "measured " (row.actual) @if !row.note.is_empty() { " · " (row.note) } }
                        }
                    }
                }
            }
        }
    }
}

fn conversations(voice: &VoiceView) -> Markup {
    html! {
        section.card #conversations {
            h2 { "Conversations" }
            p class={"verdict " (voice.mood.class())} { (voice.verdict) }
            div.ledgers {
                (table("Turns", &TURN_COLUMNS, &voice.turns))
                (table("Answers", &ANSWER_COLUMNS, &voice.answers))
            }
            (facts(&voice.facts))
            @if !voice.closes.quiet.is_empty() { p.hint { (voice.closes.quiet) } }
        }
    }
}

fn delivery(tables: &Tables) -> Markup {
    let ledger = &tables.delivery;
    html! {
        section.card #delivery {
            h2 { "Delivery" }
            p class={"verdict " (ledger.mood.class())} { (ledger.verdict) }
            @if !ledger.clocks.is_empty() { p.hint { (ledger.clocks) } }
            div.ledgers {
                (table("Messages", &SENT_COLUMNS, &ledger.sent))
                (table("Deliveries", &RECEIVED_COLUMNS, &ledger.received))
            }
        }
    }
}

fn health(health: &HealthView) -> Markup {
    html! {
        section.card #health {
            h2 { "Generator health" }
            p class={"verdict " (health.mood.class())} { (health.says) }
            (table("Workers", &WORKER_COLUMNS, &health.workers))
            (facts(&health.facts))
        }
    }
}

/// A card with one sentence and what it is based on; none where there is nothing to say.
fn finding(id: &str, title: &str, verdict: &str, mood: Mood, columns: &[Column], rows: &[Row]) -> Markup {
    html! {
        @if !verdict.is_empty() {
            section.card id=(id) {
                h2 { (title) }
                p class={"verdict " (mood.class())} { (verdict) }
                @if !rows.is_empty() { (table(title, columns, rows)) }
            }
        }
    }
}

/// A card with tables, or with what it says when all of them are empty.
fn card(id: &str, title: &str, hint: &str, none: &str, parts: &[(&str, &[Column], &[Row])]) -> Markup {
    let is_empty = parts.iter().all(|(.., rows)| rows.is_empty());
    html! {
        section.card id=(id) {
            div.card-head { h2 { (title) } @if !hint.is_empty() { p.hint { (hint) } } }
            @if is_empty { p.hint { (none) } }
            @for (label, columns, rows) in parts { @if !rows.is_empty() { (table(label, columns, rows)) } }
        }
    }
}

fn facts(facts: &[(&'static str, String, &'static str)]) -> Markup {
    html! {
        dl.facts {
            @for (name, value, meaning) in facts {
                div.fact { dt { (name) } dd { (value) } dd.hint { (meaning) } }
            }
        }
    }
}

pub fn table(label: &str, columns: &[Column], rows: &[Row]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label={(label) ", table"} {
            table.numbers {
                thead { tr { @for column in columns { th scope="col" class=(column.kind.class()) { (column.title) } } } }
                tbody {
                    @for row in rows {
                        tr.part[row.is_part] {
                            @for (column, cell) in columns.iter().zip(&row.cells) {
                                @let class = format!("{} {}", column.kind.class(), cell.mood.class());
                                @if column.kind == ColumnKind::Name {
                                    th scope="row" class=(class) {
                                        @if cell.about.is_empty() { (cell.text) } @else { abbr title=(cell.about) { (cell.text) } }
                                    }
                                } @else { td class=(class) { (cell.text) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
