//! The tables of docs/metrics.md, and its words for other readers.

use super::{Chapter, Counter, Definition, Falsifier, Figure, Metric};

/// The rows of a table of times.
pub fn times(chapter: Chapter) -> String {
    let all = Metric::ALL.iter().map(|metric| metric.definition());
    let rows = all.filter(|definition| definition.chapter == chapter);
    let row = |of: &Definition| format!("| {} | {} | {} |\n", shown(of), of.help, of.until).replace("|  |", "| |");
    rows.map(row).collect()
}

/// The rows of a table of counters.
pub fn counters(chapter: Chapter) -> String {
    let all = Counter::ALL.iter().map(|counter| counter.definition());
    let rows = all.filter(|definition| definition.chapter == chapter);
    rows.map(|of| format!("| {} | {} |\n", shown(of), of.help)).collect()
}

/// The rows of the table that says which numbers each of the generator's own faults can falsify.
pub fn falsified() -> String {
    let faults = [
        ("it was late: its timers, its users' steps, or frames that waited in its browser", Falsifier::Lateness),
        ("it had no socket or no handshake slot left", Falsifier::Sockets),
        ("frames were left unread when it closed their sockets, or went with a worker that broke", Falsifier::Queue),
        ("its clock is not known well enough beside another browser's", Falsifier::Clocks),
        ("somebody stopped it", Falsifier::Tester),
    ];
    let named = |fault| {
        let is_touched = |of: &&Definition| of.falsified_by.contains(&fault);
        let times = Metric::ALL.iter().map(|metric| metric.definition()).filter(is_touched);
        let times = match fault {
            Falsifier::Lateness => vec!["every time but the generator's own and lengths of audio".to_owned()],
            _ => times.map(shown).collect(),
        };
        let counters = Counter::ALL.iter().map(|counter| counter.definition()).filter(is_touched).map(shown);
        let figures = Figure::ALL.iter().map(|figure| figure.definition()).filter(is_touched).map(shown);
        times.into_iter().chain(counters).chain(figures).collect::<Vec<_>>().join(", ")
    };
    faults.map(|(words, fault)| format!("| {words} | {} |\n", named(fault))).concat()
}

/// Without what only a page of the docs can show: links and marks.
pub fn plain(help: &str) -> String {
    let mut text = String::new();
    let mut rest = help;
    while let Some((before, behind)) = rest.split_once('[') {
        let Some((words, behind)) = behind.split_once("](") else { break };
        let Some((_, behind)) = behind.split_once(')') else { break };
        text.push_str(before);
        text.push_str(words);
        rest = behind;
    }
    text.push_str(rest);
    text.replace("**", "").replace('`', "")
}

fn shown(definition: &Definition) -> String {
    format!("`{}`", definition.name.shown())
}
