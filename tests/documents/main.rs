//! Documents as people type them: what passes, and what everything else is told.
#![cfg(not(target_arch = "wasm32"))]

mod addresses;
mod catalogue;
mod fields;
mod kept;
mod presets;
mod robustness;
mod safety;
mod scenarios;

use std::path::Path;

use serde_json::Value;

/// A JSON file of this repository.
#[track_caller]
fn read(path: &str) -> Value {
    serde_json::from_str(&read_text(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A file of this repository.
#[track_caller]
fn read_text(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Rows stand below this head, and end with the first line that is no row. `TABSWARM_UPDATE=1` writes them anew.
#[track_caller]
fn rewritten_table(path: &str, heading: &str, head: &str, expected: &str) {
    let text = read_text(path);
    let chapter = text.find(heading).unwrap_or_else(|| panic!("{path} has no {heading:?}"));
    let above =
        chapter + text[chapter..].find(head).unwrap_or_else(|| panic!("{path} has no {head:?} below {heading:?}"));
    let start = above + text[above..].match_indices('\n').nth(1).expect("a head is followed by a line").0 + 1;
    let end = start + text[start..].find("\n\n").map_or(text.len() - start, |end| end + 1);
    if std::env::var_os("TABSWARM_UPDATE").is_some() {
        let whole = format!("{}{expected}{}", &text[..start], &text[end..]);
        std::fs::write(root().join(path), whole).expect("the file can be written");
        return;
    }
    for (row, expected) in text[start..end].lines().zip(expected.lines()) {
        assert_eq!(
            row, expected,
            "{path}, {heading:?}: it is not the definitions' row; TABSWARM_UPDATE=1 writes it anew"
        );
    }
    let (rows, wanted) = (text[start..end].lines().count(), expected.lines().count());
    assert_eq!(rows, wanted, "{path}, {heading:?}: so many rows; TABSWARM_UPDATE=1 writes them anew");
}

/// The published schema of scenarios.
fn schema() -> jsonschema::Validator {
    jsonschema::options().build(&read("docs/scenario.schema.json")).expect("the schema is one")
}
