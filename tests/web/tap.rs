//! The JavaScript classifier against the table that the host's classifier is tested with.

use serde::Deserialize;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/browser/tap.js")]
extern "C" {
    type Classifier;
    #[wasm_bindgen(constructor)]
    fn new(population: usize, field: Option<&str>, names: Vec<String>, events: Vec<u32>, every: Vec<u32>)
    -> Classifier;
    #[wasm_bindgen(method)]
    fn counts(this: &Classifier, frame: &str) -> bool;
    #[wasm_bindgen(method)]
    fn drain(this: &Classifier) -> Vec<f64>;
}

#[derive(Deserialize)]
struct Table {
    socketio: Vec<(String, Option<String>)>,
    r#type: Vec<(String, Option<String>)>,
}

pub fn check_table() {
    let table: Table = serde_json::from_str(include_str!("../../src/protocol/classify.json")).expect("it is a table");
    check_rows(None, &table.socketio);
    check_rows(Some("type"), &table.r#type);
}

/// Of an event with a contract the first and every third one after it is wasm's to look at.
pub fn check_sampling() {
    let classifier = Classifier::new(3, None, vec!["seen".into(), "counted".into()], vec![1, 2], vec![3, 0]);
    let counted: Vec<bool> = (0..7).map(|_| classifier.counts(r#"42["seen",{}]"#)).collect();
    assert_eq!(counted, [false, true, true, false, true, true, false]);
    assert!(classifier.counts(r#"42["counted"]"#));
}

/// Every name of the table is only counted, and some that its nameless frames could be mistaken for.
fn check_rows(field: Option<&str>, rows: &[(String, Option<String>)]) {
    let mistakes =
        ["with \\", "with \"escape\"", "\\u0061", "a\\", "a\"b", "cut", "space", "message", "wants an acknowledgement"];
    let mut names: Vec<String> = rows.iter().filter_map(|(_, name)| name.clone()).collect();
    names.extend(mistakes.map(str::to_owned));
    names.sort();
    names.dedup();
    let classifier =
        Classifier::new(3, field, names.clone(), (100..).take(names.len()).collect(), vec![0; names.len()]);
    for (frame, name) in rows {
        assert_eq!(classifier.counts(frame), name.is_some(), "{frame}");
        let expected = name.as_ref().and_then(|name| names.iter().position(|known| known == name));
        let expected = expected.map(|event| vec![3.0, 100.0 + event as f64, 1.0, frame.len() as f64]);
        assert_eq!(classifier.drain(), expected.unwrap_or_default(), "{frame}");
    }
}
