//! What version 0.1 has kept, saved and shared opens in every later one. `tests/kept/0.1` was made by a browser that ran it: a run
//! against the sample server that lost 5 % of the deliveries (its results as a file), the first seconds of the same run as they were
//! written down while it went, and the plans that came with the page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plan::Plan;
use results::{archive, report_of_notes};
use serde_json::Value;

use super::{read, read_text};

#[test]
fn results_of_0_1_open_with_every_number() {
    let text = read_text("tests/kept/0.1/results.jsonl");
    let reading = archive::read("results.jsonl", &text);
    assert_eq!(reading.problems, [""; 0]);
    let [found] = reading.found.as_slice() else { panic!("it holds one run, not {}", reading.found.len()) };
    assert_eq!(found.entry.name, "kept by 0.1");
    let line = text.lines().nth(1).expect("a head and one run");
    let kept: Value = serde_json::from_str(line).expect("a line is JSON");
    let opened = serde_json::to_value(&found.report).expect("a report is JSON");
    let mut lost = Vec::new();
    missing("report", &kept["report"], &opened, &mut lost);
    assert_eq!(lost, [""; 0]);
}

#[test]
fn a_run_that_0_1_wrote_down_plays_again() {
    let pages = read("tests/kept/0.1/pages.json");
    let pages = pages.as_array().expect("a list").iter().map(|page| page.as_str().expect("a text"));
    let pages: Vec<Vec<u8>> = pages.map(|page| STANDARD.decode(page).expect("it is base64")).collect();
    let report = report_of_notes(pages.iter().map(Vec::as_slice), |_| String::new()).expect("it begins");
    assert_eq!(report.plan["name"], "kept by 0.1");
    // What version 0.1 itself counts when it plays these pages again.
    assert_eq!((report.delivery.sent, report.delivery.arrived), (44, 244), "{:?}", report.delivery);
    assert!(report.metrics.iter().any(|metric| metric.name == "message.round_trip"));
}

#[test]
fn plans_of_0_1_can_be_played() {
    let presets = read("tests/kept/0.1/plans.json");
    let presets = presets.as_array().expect("a list");
    assert_eq!(presets.len(), 11);
    for preset in presets {
        Plan::check(&preset["plan"]).unwrap_or_else(|problems| panic!("{}: {problems:#?}", preset["id"]));
    }
}

/// Everything of `kept` that `opened` has not, or has otherwise. What is new in `opened` may be there.
fn missing(path: &str, kept: &Value, opened: &Value, lost: &mut Vec<String>) {
    match (kept, opened) {
        (Value::Object(kept), Value::Object(opened)) => {
            for (name, kept) in kept {
                let opened = opened.get(name).unwrap_or(&Value::Null);
                missing(&format!("{path}.{name}"), kept, opened, lost);
            }
        }
        (Value::Array(kept), Value::Array(opened)) if kept.len() == opened.len() => {
            for (at, (kept, opened)) in kept.iter().zip(opened).enumerate() {
                missing(&format!("{path}[{at}]"), kept, opened, lost);
            }
        }
        // JSON knows one kind of number.
        (Value::Number(kept), Value::Number(opened)) if kept.as_f64() == opened.as_f64() => {}
        _ if kept == opened => {}
        _ => lost.push(format!("{path}: {kept} became {opened}")),
    }
}
