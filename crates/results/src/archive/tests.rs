use serde_json::json;

use super::*;
use metrics::ReportFacts;
use metrics::{Aggregator, Totals, TotalsConfig};
use plan::Plan;

fn report(run: &str) -> Report {
    let plan = json!({
        "version": 1,
        "name": "evening",
        "populations": [{"name": "owls", "scenario": "ktb-chat", "load": {"model": "shape", "name": "smoke", "users": 3, "duration_s": 60}}],
    });
    let plan = Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:?}"));
    let totals: Totals = Aggregator::new(TotalsConfig::new(&plan, Vec::new(), Vec::new())).into();
    let facts =
        ReportFacts { run: run.into(), started_at: "2026-11-25T16:00:00.000Z".into(), ..ReportFacts::default() };
    Report::new(&plan, &totals, facts)
}

fn entry(run: &str) -> Entry {
    Entry { name: "before the release".into(), note: "cold cache\n<b>".into(), pinned: true, ..Entry::of(&report(run)) }
}

fn names(reading: &Reading) -> Vec<&str> {
    reading.found.iter().map(|found| found.report.run.as_str()).collect()
}

#[test]
fn what_was_written_reads_back() {
    let text = [HEAD.to_owned(), line(&entry("aaa"), &report("aaa")), line(&entry("bbb"), &report("bbb"))].concat();
    let reading = read("all.jsonl", &text);
    assert_eq!((names(&reading), &reading.problems[..]), (vec!["aaa", "bbb"], &[][..]));
    assert_eq!(reading.found[0], ArchivedRun { entry: entry("aaa"), report: report("aaa") });
}

#[test]
fn a_report_is_read_as_a_file_and_as_a_page() {
    let json = serde_json::to_string_pretty(&report("aaa")).unwrap();
    assert_eq!(names(&read("report.json", &json)), ["aaa"]);
    let page =
        format!("<!doctype html><script>var x=1</script><script id=\"r\" type=\"application/json\">{json}</script>");
    assert_eq!(names(&read("report.html", &page)), ["aaa"]);
}

#[track_caller]
fn check_problem(text: &str, found: &[&str], expected: &[&str]) {
    let reading = read("f", text);
    assert_eq!(names(&reading), found);
    assert_eq!(reading.problems.len(), expected.len(), "{:?}", reading.problems);
    for (problem, expected) in reading.problems.iter().zip(expected) {
        assert!(problem.contains(expected), "{problem}");
    }
}

#[test]
fn a_damaged_line_is_named_and_loses_no_other() {
    let (a, b) = (line(&entry("aaa"), &report("aaa")), line(&entry("bbb"), &report("bbb")));
    let cut = &a[..a.len() / 2];
    check_problem(&format!("{HEAD}{cut}\n{b}"), &["bbb"], &["f, line 2: "]);
    check_problem(
        &format!("{HEAD}{a}{{\"x\": 1}}\n[]\n{b}"),
        &["aaa", "bbb"],
        &["f, line 3: no Tabswarm report, but JSON with \"x\"", "f, line 4: no Tabswarm report, but a JSON list"],
    );
}

#[test]
fn what_is_not_ours_is_said_to_be_so() {
    check_problem("", &[], &["f holds no run"]);
    check_problem(HEAD, &[], &["f holds no run"]);
    check_problem("<html></html>", &[], &["holds no report"]);
    check_problem("{\"version\": 7, \"run\": \"a\"}", &[], &["a report of version 7, expected 1"]);
    check_problem("{\"version\": 7}", &[], &["no Tabswarm report, but JSON with \"version\""]);
    check_problem("{\"version\": 1, \"populations\": []}", &[], &["but a plan: open it on the Plan page"]);
    check_problem("{\"tabswarm\":\"results\",\"version\":2}", &[], &["expected 1"]);
    check_problem("{\"version\": 1, \"run\": \"a\"}", &[], &["not a whole report: missing field"]);
    check_problem("name,password\nann,x\nben,y\n", &[], &["f is no Tabswarm report: it is a text, and no JSON"]);
    let whole = serde_json::to_string_pretty(&report("aaa")).unwrap();
    check_problem(&whole[..whole.len() / 2], &[], &["f is no Tabswarm report: it is JSON that breaks off"]);
    check_problem("{\n  1: 2,\n  3: 4\n}\n", &[], &["f is no Tabswarm report: it is damaged JSON"]);
    let lines = format!("{HEAD}{}x\n", "?\n".repeat(8));
    check_problem(&lines, &[], &["f, line 2: ", "f, line 3: ", "f, line 4: ", "f: and 6 more lines"]);
}

#[test]
fn a_stored_report_is_the_same_again() {
    let report = report("aaa");
    assert_eq!(super::super::restored(&super::super::stored(&report)), Some(report));
    assert_eq!(super::super::restored(b"no"), None);
}
