//! The switches of the lab stand once, in `crates/faults`: the schema of plans says of them what the tables say.

use faults::LabFaults;

use super::{read, read_text, root};

/// `TABSWARM_UPDATE=1` writes it anew.
#[test]
fn the_schema_has_the_tables() {
    let path = "docs/plan.schema.json";
    let about = "The switches of the lab. Shares of deliveries add up to at most 1.";
    let expected = faults::schema(LabFaults::SWITCHES, about);
    if std::env::var_os("TABSWARM_UPDATE").is_some() {
        let text = read_text(path);
        let defined = text.find("\"$defs\"").expect("it defines parts");
        let start = defined + text[defined..].find("\n    \"lab\": {").expect("one of them is the lab");
        let end = start + text[start..].find("\n    }").expect("it ends") + "\n    }".len();
        let lines = serde_json::to_string_pretty(&expected).expect("plain data").replace('\n', "\n    ");
        let whole = format!("{}\n    \"lab\": {lines}{}", &text[..start], &text[end..]);
        std::fs::write(root().join(path), whole).expect("the file can be written");
    }
    let found = &read(path)["$defs"]["lab"];
    assert_eq!(*found, expected, "{path} has not the tables of crates/faults; TABSWARM_UPDATE=1 writes them anew");
}
