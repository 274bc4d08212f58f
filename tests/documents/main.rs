//! Documents as people type them: what passes, and what everything else is told.
#![cfg(not(target_arch = "wasm32"))]

mod addresses;
mod catalogue;
mod faults;
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

/// The published schema of scenarios.
fn schema() -> jsonschema::Validator {
    jsonschema::options().build(&read("docs/scenario.schema.json")).expect("the schema is one")
}
