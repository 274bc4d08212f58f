//! Every number stands once, in `crates/catalogue/src`: docs/metrics.md says of it what the catalogue says, and nobody else looks into a name.

use std::path::{Path, PathBuf};

use catalogue::{Chapter, Counter, Definition, Figure, Metric, Name};

use super::{read_text, rewritten_table, root};

#[track_caller]
fn check_table(heading: &str, head: &str, expected: &str) {
    rewritten_table("docs/metrics.md", heading, head, expected);
}

#[test]
fn the_tables_of_the_docs_are_the_catalogues() {
    check_table("\n## Latencies", "| metric |", &catalogue::times(Chapter::Latencies));
    check_table("\n## Counters", "| counter |", &catalogue::counters(Chapter::Counters));
    check_table("\n## Listening", "| metric |", &catalogue::times(Chapter::Listening));
    check_table("\n## Listening", "| counter |", &catalogue::counters(Chapter::Answers));
    check_table("\n## Verdict", "| what of the generator's own |", &catalogue::falsified());
}

/// Numbers that have no row stand in the text.
#[test]
fn every_number_is_in_the_docs() {
    let text = read_text("docs/metrics.md");
    let counters = Counter::ALL.iter().map(|counter| counter.definition());
    let in_text = counters.filter(|definition| definition.chapter == Chapter::Text);
    for definition in in_text.chain(Figure::ALL.iter().map(|figure| figure.definition())) {
        let name = definition.name.shown();
        // The ledger's numbers stand in a table by their fields.
        let field = Figure::ledger_field(&name).unwrap_or(&name);
        assert!(text.contains(&format!("`{field}`")), "docs/metrics.md does not say what {name} is");
    }
}

/// Whoever wants to know something of a name asks the catalogue. A text of the sources in which one of its names stands (or the
/// beginning or the end of a pattern) looks into it, or says it a second time.
#[test]
fn no_name_stands_outside_the_catalogue() {
    let known = names();
    let mut found = Vec::new();
    for path in ["src", "crates"].iter().flat_map(|folder| sources(&root().join(folder))) {
        let shown = path.strip_prefix(root()).expect("it is below the root").to_string_lossy().into_owned();
        if shown.starts_with("crates/catalogue/src/") || shown.starts_with("crates/testkit/src/") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source is text");
        let counts = COUNTING.iter().any(|folder| shown.starts_with(folder)) && !shown.starts_with(TELLING);
        for (line, literal) in literals(without_tests(&text)) {
            let name = known
                .iter()
                .find(|name| if name.contains('.') { stands_in(name, &literal) } else { counts && **name == literal });
            found.extend(name.map(|name| format!("{shown}:{line}: {literal:?} has the name {name:?}")));
        }
    }
    assert!(found.is_empty(), "these belong to crates/catalogue/src:\n{}", found.join("\n"));
}

/// The same number in JavaScript: a script for k6 has its names from here.
#[test]
fn the_script_for_k6_knows_no_other_names() {
    for path in ["user.js", "load.js", "links.js", "socketio.js", "websocket.js"] {
        let text = read_text(&format!("crates/app/src/k6/runtime/{path}"));
        for name in text.split("this.sample(").skip(1).filter_map(first_text) {
            let named = name.replace("${own.operation}", "x");
            assert!(Metric::read(&named).metric != Metric::Operation, "{path}: {name} is no metric of the catalogue");
        }
        for name in text.split("counters[").skip(1).filter_map(first_text) {
            assert!(Counter::read(name).is_some(), "{path}: {name} is no counter of the catalogue");
        }
    }
}

/// What stands in quotes right at the beginning.
fn first_text(code: &str) -> Option<&str> {
    let quote = code.chars().next().filter(|c| ['\'', '`'].contains(c))?;
    code[1..].split(quote).next()
}

/// Where a name without a dot (`connect`, `errors`, `turns`) is a number's. Elsewhere it is a word of documents and pages, too.
const COUNTING: [&str; 7] = [
    "crates/metrics/src/",
    "crates/engine/src/",
    "crates/run/src/conductor",
    "crates/swarm/src/",
    "crates/results/src/",
    "crates/app/src/results/",
    "crates/app/src/run/view/",
];
/// Of those the place that says in words what cannot be.
const TELLING: &str = "crates/engine/src/wire";

/// All names, and what is alike in the names of a pattern.
fn names() -> Vec<&'static str> {
    let metrics = Metric::ALL.iter().map(|metric| metric.definition());
    let counters = Counter::ALL.iter().map(|counter| counter.definition());
    let figures = Figure::ALL.iter().map(|figure| figure.definition());
    let all = metrics.chain(counters).chain(figures).map(|definition: &Definition| definition.name);
    all.map(Name::fixed)
        .chain([catalogue::AUDIO, catalogue::FRAME, catalogue::FINISH])
        .filter(|name| !name.is_empty())
        .collect()
}

/// As a name of its own: `.ack` does not stand in `.acknowledged`, nor `turns.cut` in `returns.cut`.
fn stands_in(name: &str, literal: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.ends_with('.') {
        // The end of a sentence is none.
        return literal.starts_with(name);
    }
    literal.match_indices(name).any(|(at, _)| {
        let before = literal[..at].chars().next_back().filter(|_| !name.starts_with('.'));
        let behind = literal[at + name.len()..].chars().next();
        !before.is_some_and(is_of_name) && !behind.is_some_and(is_of_name)
    })
}

/// Texts in double quotes, with their lines. Comments have none.
fn literals(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, code) in text.lines().enumerate().filter(|(_, code)| !code.trim_start().starts_with("//")) {
        let code = code.replace("\\\"", "'").replace("'\"'", "");
        found.extend(code.split('"').skip(1).step_by(2).map(|literal| (line + 1, literal.to_owned())));
    }
    found
}

/// Tests say names as people do.
fn without_tests(text: &str) -> &str {
    let tests = ["#[cfg(test)]\nmod tests {", "#[cfg(all(test, not(target_arch = \"wasm32\")))]\nmod tests {"];
    let end = tests.iter().filter_map(|head| text.find(head)).min().unwrap_or(text.len());
    &text[..end]
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of sources").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            found.extend(sources(&path));
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_name_is_found_where_somebody_looks_into_it() {
    #[track_caller]
    fn check(code: &str, is_found: bool) {
        let known = names();
        let found = literals(without_tests(code))
            .iter()
            .any(|(_, literal)| known.iter().any(|name| name.contains('.') && stands_in(name, literal)));
        assert_eq!(found, is_found, "{code}");
    }
    check(r#"if name.ends_with(".round_trip") {"#, true);
    check(r#"totals.counter("audio.answers.starved")"#, true);
    check(r#"format!("{}.first_audio.turn_{turn}", operation)"#, true);
    check(r#"name.strip_prefix("events.in.")"#, true);
    check(r#"view! { <code>"message.round_trip p95 < 300 ms"</code> }"#, true);
    check(r#""{browsers} {}, up to {} users.""#, false);
    check(r#"// Like "message.round_trip"."#, false);
    check(r#"Path::from("load.stages")"#, false);
    check(r#"fields.required("connect")"#, false);
    check("#[cfg(test)]\nmod tests {\n check(\"message.ack\") }", false);
}
