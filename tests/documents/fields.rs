//! Every field of a plan and of a scenario stands once, in `crates/plan/src/fields.rs` and `crates/scenario/src/fields`: the JSON
//! Schemas and the tables of the docs say what stands there. `TABSWARM_UPDATE=1` writes them anew.

use document::{Object, schema, table};
use serde_json::Value;

use super::{read_text, rewritten_table, root};

#[track_caller]
fn check_schema(path: &str, expected: &Value) {
    let expected = written(expected, 0) + "\n";
    if std::env::var_os("TABSWARM_UPDATE").is_some() {
        std::fs::write(root().join(path), &expected).expect("the file can be written");
    }
    assert!(read_text(path) == expected, "{path} is not what the fields say; TABSWARM_UPDATE=1 writes it anew");
}

/// What fits into a line stands in one.
fn written(value: &Value, depth: usize) -> String {
    let line = value.to_string();
    if line.len() + 2 * depth <= WIDTH {
        return line;
    }
    let (inside, end) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    let lines =
        |entries: Vec<String>| entries.iter().map(|entry| format!("{inside}{entry}")).collect::<Vec<_>>().join(",\n");
    match value {
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), written(value, depth + 1)));
            format!("{{\n{}\n{end}}}", lines(fields.collect()))
        }
        Value::Array(entries) => {
            format!("[\n{}\n{end}]", lines(entries.iter().map(|entry| written(entry, depth + 1)).collect()))
        }
        _ => line,
    }
}

const WIDTH: usize = 150;

#[test]
fn the_schemas_are_the_fields() {
    let plan = schema(&plan::PLAN, "https://tabswarm.example/plan.schema.json", "Tabswarm plan, version 1");
    check_schema("docs/plan.schema.json", &plan);
    let scenario = schema(&scenario::SCENARIO, "urn:tabswarm:scenario:1", "Tabswarm scenario, version 1");
    check_schema("docs/scenario.schema.json", &scenario);
}

#[test]
fn the_tables_of_the_docs_are_the_fields() {
    let check = |path: &str, heading: &str, object: &Object| {
        rewritten_table(path, heading, "| field |", &table(object));
    };
    check("docs/plan.md", "# Plans", &plan::PLAN);
    check("docs/plan.md", "\n## A population", &plan::POPULATION);
    check("docs/plan.md", "\n## `verdict`", &plan::VERDICT);
    check("docs/plan.md", "\n## `search`", &plan::SEARCH);
    check("docs/scenario.md", "\n## A user's life", &scenario::SCENARIO);
    check("docs/scenario.md", "\n### connect", &scenario::CONNECT);
    check("docs/scenario.md", "\n**`reconnect`**", &scenario::BACKOFF);
    check("docs/scenario.md", "\n### http", &scenario::HTTP);
    check("docs/scenario.md", "\n### emit", &scenario::EMIT);
    check("docs/scenario.md", "\n**`ack`**", &scenario::ACK);
    check("docs/scenario.md", "\n**`delivery`**", &scenario::DELIVERY);
    check("docs/scenario.md", "\n**`audio`**", &scenario::AUDIO);
    check("docs/scenario.md", "\n**`speak`**", &scenario::SPEAK);
    check("docs/scenario.md", "\n**`listen`**", &scenario::LISTEN);
}
