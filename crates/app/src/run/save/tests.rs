use std::collections::{BTreeMap, BTreeSet};

use quick_xml::events::Event;
use serde_json::{Value, json};

use super::*;
use crate::run::view::RunView;
use base::time::Span;
use metrics::{InsightKind, Outcome, Reason, ReasonKind, Report, Verdict, VerdictOutcome};
use plan::Plan;
use testkit::{ClosePoint, Faults, VoiceConfig, World};

/// Texts that are secret in the plan below, and those that the simulated services give their users.
const PLANTED: [&str; 8] =
    ["pl4nted-pw", "pl4nted-key", "pl4nted-url", "pl4nted-header", "pl4nted-query", "token1", "session1", "session-0"];

/// A chat and a voice population with faults, secrets in every place that a plan has for them, and a hostile name.
fn plan() -> Plan {
    let held = json!({"model": "closed", "start": 6, "stages": [{"duration_s": 20, "target": 6}]});
    let document = json!({
        "version": 1, "name": "</script><b>&\"'", "seed": 7, "warmup_s": 3,
        "populations": [
            {"name": "owls <i>", "scenario": "ktb-chat", "load": held,
             "accounts": {"source": "pattern", "columns": {"email": "{n}@x.test", "password": "pl4nted-pw-{n}", "name": "{n}"}},
             "variables": {"target": "http://127.0.0.1:5000"}},
            {"name": "voices", "scenario": "voice-guest",
             "load": {"model": "batch", "users": 4, "size": 4, "every_s": 1, "hold_s": 25}},
        ],
        "thresholds": [
            "message.round_trip p50 < 300 ms", "message.round_trip p95 < 0.001 ms", "errors rate < 50%", "history p95 < 1 s",
            "delivery.missing == 0", "answer.first_audio p90 < 9 s",
        ],
    });
    Plan::check(&document).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn report() -> Report {
    let faults = Faults { lose: 0.1, duplicate: 0.05, ..Faults::default() };
    let config = VoiceConfig { close: Some((ClosePoint::Listening, 1011)), ..VoiceConfig::default() };
    let mut world = World::new(plan(), Vec::new(), 4, Span::from_millis(5), faults).with_voice(config);
    world.play(Span::from_secs(4_000));
    assert!(world.run.is_done());
    let browser = metrics::Browser { user_agent: "<img src=x>".to_owned(), build: "0123".to_owned(), ..<_>::default() };
    let mut report = world.run.report(vec![browser], "2026-11-25T12:00:03.250Z".to_owned());
    // A simulated service says nothing hostile.
    report.errors.push(metrics::ErrorEntry {
        operation: "join".to_owned(),
        code: "<script>alert(1)</script>".to_owned(),
        phase: metrics::Phase::Flow,
        population: "owls <i>".to_owned(),
        count: 2,
        first_s: 1.5,
        sample: "\u{1}]]><!-- \"quoted\" \\ \n</script><script>alert(2)</script>".to_owned(),
    });
    report.annotations.push(metrics::Annotation {
        at_s: 4.0,
        kind: metrics::AnnotationKind::Note,
        text: "a <script>alert(3)</script> note".to_owned(),
    });
    report
}

fn past(report: Report) -> PastRun {
    PastRun::of(report).unwrap_or_else(|error| panic!("{error}"))
}

fn judged(outcome: VerdictOutcome) -> PastRun {
    let reason = Reason {
        what: ReasonKind::WorkerLag,
        text: "worker 2 was 81 ms late <p99>\u{0}".to_owned(),
        value: Some(81.0),
        limit: Some(50.0),
        unit: "ms".to_owned(),
        since_s: Some(4.0),
        browser: None,
        worker: Some(1),
    };
    let verdict = Verdict { outcome, so_far: false, sentence: String::new(), reasons: vec![reason] };
    past(Report { verdict: Some(verdict), ..report() })
}

fn parts() -> ChartParts {
    let text = |text: &str| text.to_owned();
    ChartParts {
        script: text("var uPlot = 1 < 2;\r\n"),
        style: text(".uplot {}"),
        licence: text("The MIT License & so on"),
    }
}

/// What stands in each element of this name, and its attributes.
fn elements(xml: &str, name: &str) -> Vec<(BTreeMap<String, String>, String)> {
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let (mut found, mut open): (Vec<(BTreeMap<_, _>, String)>, bool) = (Vec::new(), false);
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error}:\n{xml}")) {
            Event::Start(start) => {
                let attributes = start.attributes().map(|attribute| {
                    let attribute = attribute.expect("attributes are well-formed");
                    let key = String::from_utf8(attribute.key.as_ref().to_vec()).expect("text");
                    (key, attribute.unescape_value().expect("entities are known").into_owned())
                });
                let attributes = attributes.collect();
                open = start.name().as_ref() == name.as_bytes();
                if open {
                    found.push((attributes, String::new()));
                }
            }
            Event::Text(text) if open => found.last_mut().expect("it is open").1 += &text.decode().expect("text"),
            Event::End(_) => open = false,
            Event::Eof => return found,
            _ => {}
        }
    }
}

#[test]
fn no_format_holds_a_secret() {
    let mut secretive = report();
    // What a plan typed by a person can hold besides, in the form in which a report keeps a plan.
    let population = json!({
        "name": "p", "scenario": {"version": 1, "variables": {"apiKey": "pl4nted-key", "target": "http://u:pl4nted-url@h/?token=pl4nted-query"}},
        "load": {"model": "closed", "stages": []}, "variables": {"headers": {"Authorization": "pl4nted-header"}},
    });
    let document = json!({"version": 1, "name": "x", "seed": 1, "populations": [population]});
    let typed: Plan = serde_json::from_value(document).expect("it has a plan's shape");
    let noted = Report::new(&typed, &metrics::Totals::default(), metrics::ReportFacts::default()).plan;
    secretive.plan["note"] = noted;
    let result = run::RunResult::of(&report()).unwrap();
    let kept = PastRun { report: secretive, result };
    for format in Format::ALL {
        let text = format.write(&kept, Some(&parts()));
        let found: Vec<_> = PLANTED.iter().filter(|secret| text.contains(**secret)).collect();
        assert!(found.is_empty(), "{format:?} holds {found:?}");
    }
    assert!(Format::Html.write(&kept, None).contains("***"));
}

#[test]
fn a_saved_page_is_read_back_as_the_run_it_shows() {
    let before = judged(VerdictOutcome::Fail);
    for format in [Format::Html, Format::Json] {
        let after = PastRun::read(&format.write(&before, Some(&parts()))).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(after.report, before.report);
    }
    assert!(
        PastRun::read("<html></html>").is_err_and(|error| error.to_string().starts_with("not a report of tabswarm"))
    );
}

#[test]
fn a_page_refers_to_nothing_and_lets_no_text_become_markup() {
    let page = Format::Html.write(&judged(VerdictOutcome::Invalid), Some(&parts()));
    for outside in ["src=", "<link", "@import", "url(", "<img", "<iframe", "javascript:"] {
        // The one source is a browser's own text, escaped.
        assert!(!page.replace("&lt;img src=x&gt;", "").replace("\\u003cimg src=x", "").contains(outside), "{outside}");
    }
    assert!(!page.contains("<script>alert"), "a server's text became a script");
    assert!(!page.contains("<b>&") && !page.contains("owls <i>"), "a plan's text became markup");
    assert!(page.contains("&lt;/script&gt;&lt;b&gt;&amp;&quot;'"), "the plan's name is shown as it is");
    // Chart library, our own; two blocks of data.
    assert_eq!((page.matches("<script>").count(), page.matches("</script>").count()), (2, 4));
    assert!(page.contains("The MIT License &amp; so on"));
}

#[test]
fn a_page_allows_its_own_scripts_by_what_they_are() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let page = Format::Html.write(&past(report()), Some(&parts()));
    let policy = page.split("content=\"default-src 'none'; ").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert!(!policy.contains("unsafe"), "{policy}");
    for tag in ["script", "style"] {
        for inline in page.split(&format!("<{tag}>")).skip(1) {
            let text = inline.split(&format!("</{tag}>")).next().unwrap();
            let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(text));
            assert!(policy.contains(&format!("'sha256-{hash}'")), "{tag} {}", &text[..40]);
        }
    }
}

#[test]
fn without_its_chart_library_a_page_says_so() {
    let ending = ChartParts { script: "'</script>'".to_owned(), ..parts() };
    for parts in [None, Some(&ending)] {
        let page = Format::Html.write(&past(report()), parts);
        assert!(page.contains("The charts are missing"));
        assert!(!page.contains("<figure"));
    }
}

#[test]
fn a_page_shows_every_number_of_the_run_page() {
    let past = judged(VerdictOutcome::Fail);
    let page = Format::Html.write(&past, Some(&parts()));
    let view = RunView::of(&past.result);
    let tables = &view.tables;
    let voice = tables.voice.as_ref().expect("there are voice users");
    let rows = tables.operations.iter().flat_map(|table| &table.rows);
    let rows =
        rows.chain(&tables.errors).chain(&tables.disconnects).chain(&tables.counters).chain(&tables.health.workers);
    let rows =
        rows.chain(&tables.delivery.sent).chain(&tables.delivery.received).chain(&voice.turns).chain(&voice.answers);
    let rows = rows.chain(&tables.contract.rows).chain(&tables.consistency.rows);
    let cells = rows.flat_map(|row| &row.cells).map(|cell| cell.text.as_str());
    let tiles = view.tiles.iter().flat_map(|tile| [tile.value.as_str(), &tile.note]);
    let log = past.result.log.lines().iter().map(|line| line.text.as_str());
    assert!(log.len() > 0, "a run tells of its start and its end");
    let happened = past.report.annotations.iter().map(|annotation| annotation.text.as_str());
    assert!(!past.report.evidence.is_empty(), "errors and closes leave evidence");
    let frames = past.report.evidence.iter().flat_map(|one| &one.frames).filter_map(|frame| frame.text.as_deref());
    let thresholds = tables.thresholds.iter().flat_map(|row| [row.text.as_str(), &row.actual]);
    for text in
        cells.chain(tiles).chain(thresholds).chain(happened).chain(log).chain(frames).filter(|text| !text.is_empty())
    {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        assert!(page.contains(&escaped), "{text} is not on the page");
    }
}

#[test]
fn charts_of_a_page_have_its_marks_and_its_suspect_seconds() {
    let mut report = report();
    report.annotations.retain(|annotation| annotation.kind == metrics::AnnotationKind::Note);
    let suspect = [0.0, 2.0, 1.0, 0.0].map(Some).to_vec();
    report.series.values.insert("health.suspect".to_owned(), suspect);
    let page = Format::Html.write(&past(report), Some(&parts()));
    assert!(page.contains(r#""marks":[{"at_s":4.0,"label":"1"}],"suspect":[[1.0,3.0]]"#));
}

#[test]
fn a_page_has_the_curve_of_its_search() {
    use metrics::{Ended, LevelMeasured, SearchReport, SearchStep, StepOutcome};
    let step = |level: f64, p95: f64, outcome| {
        let measured =
            LevelMeasured { p50: Some(1.0), p95: Some(p95), error_rate: Some(0.25), ..LevelMeasured::default() };
        SearchStep { level, from_s: 1.0, to_s: 2.0, outcome, measured }
    };
    let search = SearchReport {
        raise: plan::Raised::Users,
        metric: "message.round_trip".to_owned(),
        held: Some(40.0),
        broke: Some(60.0),
        ended: Some(Ended::Found),
        steps: vec![step(40.0, 30.0, StepOutcome::Held), step(60.0, 900.0, StepOutcome::Broke)],
    };
    let page = Format::Html.write(&past(Report { search: Some(search), ..report() }), Some(&parts()));
    for shown in [
        "all thresholds hold up to 40\u{a0}users; they break at 60\u{a0}users",
        "message.round_trip against load",
        "holds at 40\u{a0}users",
        "900\u{a0}ms",
        "<polyline class=\"p95\"",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
}

#[test]
fn junit_tells_failures_from_what_nobody_can_tell() {
    #[track_caller]
    fn check(outcome: VerdictOutcome, of_validity: usize) {
        let past = judged(outcome);
        let of = |wanted: Outcome| past.report.thresholds.iter().filter(move |entry| entry.outcome == wanted).count();
        let (failures, errors) = (of(Outcome::Fail), of(Outcome::NotMeasured) + of_validity);
        assert!(failures >= 2 && of(Outcome::NotMeasured) >= 2 && of(Outcome::Pass) >= 2, "there is some of each");
        let xml = Format::Junit.write(&past, None);
        let suite = &elements(&xml, "testsuite")[0].0;
        let cases: Vec<_> =
            elements(&xml, "testcase").into_iter().map(|(attributes, _)| attributes["name"].clone()).collect();
        let expected = ["the measurement is valid"].into_iter().map(str::to_owned);
        let expected: Vec<_> =
            expected.chain(past.report.thresholds.iter().map(|entry| entry.expression.clone())).collect();
        assert_eq!(cases, expected);
        let types = |element| -> Vec<_> {
            elements(&xml, element).into_iter().map(|(attributes, _)| attributes["type"].clone()).collect()
        };
        assert_eq!(types("failure"), vec!["threshold"; failures]);
        let found = types("error");
        assert_eq!(found.iter().filter(|kind| *kind == "not measured").count(), of(Outcome::NotMeasured));
        assert_eq!((found.len(), found.iter().filter(|kind| *kind == "invalid").count()), (errors, of_validity));
        let counted = ["tests", "failures", "errors"].map(|name| suite[name].parse::<usize>().unwrap());
        assert_eq!(counted, [cases.len(), failures, errors]);
        assert_eq!((suite["name"].as_str(), suite["timestamp"].as_str()), ("</script><b>&\"'", "2026-11-25T12:00:03"));
    }
    check(VerdictOutcome::Fail, 0);
    check(VerdictOutcome::Invalid, 1);
}

#[test]
fn what_stands_out_is_in_the_files_that_people_and_pipelines_read() {
    let close = InsightKind::MassClose { at_s: 83.0, within_s: 1.0, lost: 40, of: 40, by: None, code: None };
    let refused =
        InsightKind::Refused { at_s: 2.0, operation: "join".into(), code: "GONE\u{1}".into(), count: 5, of: 9 };
    let told = past(Report { insights: vec![close.into(), refused.into()], ..report() });
    let xml = Format::Junit.write(&told, None);
    let (_, said) = elements(&xml, "system-out").remove(0);
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines[0].starts_with("At 1:23 40 of 40 open connections were lost within 1 s. A process of the target may "),
        "{said}"
    );
    assert!(lines[1].starts_with("join ended with “GONE\u{fffd}” in 5 of 9 attempts"), "{said}");
    let page = Format::Html.write(&told, None);
    assert!(page.contains("<a href=\"#disconnects\">At 1:23 40 of 40 open connections were lost within 1 s.</a>"));
    assert!(page.contains("id=\"disconnects\""));
    let none = past(Report { insights: Vec::new(), ..report() });
    assert!(!Format::Junit.write(&none, None).contains("system-out"));
    assert!(!Format::Html.write(&none, None).contains("id=\"insights\""));
}

#[test]
fn junit_says_when_a_run_started_or_nothing() {
    #[track_caller]
    fn check(started_at: &str, expected: Option<&str>) {
        let mut past = past(report());
        past.report.started_at = started_at.to_owned();
        let xml = Format::Junit.write(&past, None);
        let (suite, _) = elements(&xml, "testsuite").remove(0);
        assert_eq!(suite.get("timestamp").map(String::as_str), expected, "{started_at:?}");
    }
    check("2026-11-25T12:00:03.250Z", Some("2026-11-25T12:00:03"));
    check("2026-11-25T12:00:03Z", Some("2026-11-25T12:00:03"));
    check("2026-11-25T12:00:03", Some("2026-11-25T12:00:03"));
    for none in [
        "",
        "yesterday",
        "2026-11-25",
        "2026-11-25T12:00:03+09:00",
        "Wed Nov 25 2026 12:00:03",
        "２０２６-11-25T12:00:03Z",
    ] {
        check(none, None);
    }
}

#[test]
fn csv_has_a_row_a_second_and_a_column_a_series() {
    let report = report();
    let csv = Format::Csv.write(&past(report.clone()), None);
    let mut lines = csv.split("\r\n");
    let head: Vec<_> = lines.next().unwrap().split(',').collect();
    let rows: Vec<Vec<_>> = lines.filter(|line| !line.is_empty()).map(|line| line.split(',').collect()).collect();
    assert!(rows.iter().all(|row| row.len() == head.len()));
    let column = |name: &str| -> Vec<Option<f64>> {
        let at = head.iter().position(|head| *head == name).unwrap_or_else(|| panic!("no {name} in {head:?}"));
        rows.iter().map(|row| row[at].parse().ok()).collect()
    };
    assert_eq!(column("users.active"), report.series.values["users.active"]);
    assert_eq!(column("message.round_trip p95 ms"), report.series.metrics["message.round_trip"].p95);
    let seconds: Vec<_> = (0..rows.len()).map(|second| Some(second as f64)).collect();
    assert_eq!(column("second"), seconds);
    assert!(column("message.round_trip p95 ms").contains(&None), "a second without messages is empty, and no zero");
}

#[test]
fn k6_summaries_have_the_shape_of_k6s() {
    let report = report();
    let summary: Value = serde_json::from_str(&Format::K6.write(&past(report.clone()), None)).unwrap();
    let metrics = summary["metrics"].as_object().unwrap();
    for (name, metric) in metrics {
        let kind = metric["type"].as_str().unwrap();
        let (base, _) = name.split_once('{').unwrap_or((name, ""));
        assert!(base.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{name}");
        assert!(["trend", "counter", "rate", "gauge"].contains(&kind), "{name}");
        assert!(["time", "data", "default"].contains(&metric["contains"].as_str().unwrap()), "{name}");
        assert!(metric["values"].is_object(), "{name}");
    }
    let trip = report.metrics.iter().find(|entry| entry.name == "message.round_trip").unwrap();
    assert_eq!(metrics["message_round_trip"]["values"]["p(95)"], json!(trip.stats.p95));
    assert_eq!(metrics["message_round_trip"]["thresholds"]["message.round_trip p50 < 300 ms"], json!({"ok": true}));
    assert_eq!(metrics["message_round_trip"]["thresholds"]["message.round_trip p95 < 0.001 ms"], json!({"ok": false}));
    assert_eq!(metrics["delivery_missing"]["values"]["count"], json!(report.delivery.missing as f64));
    assert_eq!(metrics["errors"]["type"], "rate");
    assert_eq!(summary["state"]["testRunDurationMs"], json!(report.duration_s * 1e3));
    let kept: usize =
        metrics.values().filter_map(|metric| metric["thresholds"].as_object()).map(serde_json::Map::len).sum();
    assert_eq!(kept, report.thresholds.len());
}

/// What the OpenMetrics text format asks for, read back: families are not interleaved, every sample belongs to the family above it,
/// names and labels are of the allowed kind, no sample is there twice.
fn read_openmetrics(text: &str) -> BTreeMap<String, f64> {
    let body = text.strip_suffix("# EOF\n").expect("it ends with # EOF");
    let (mut families, mut samples) = (BTreeSet::new(), BTreeMap::new());
    let (mut family, mut kind) = (String::new(), String::new());
    for line in body.lines() {
        if let Some(meta) = line.strip_prefix("# ") {
            let (what, named) = meta.split_once(' ').expect("a kind of line");
            let (name, rest) = named.split_once(' ').expect("a name");
            match what {
                "TYPE" => {
                    assert!(families.insert(name.to_owned()), "{name} comes twice");
                    (family, kind) = (name.to_owned(), rest.to_owned());
                    assert!(["info", "gauge", "counter", "summary", "stateset"].contains(&rest), "{line}");
                }
                "UNIT" => assert!(name == family && name.ends_with(&format!("_{rest}")), "{line}"),
                "HELP" => assert_eq!(name, family),
                _ => panic!("{line}"),
            }
            continue;
        }
        let (series, value) = line.rsplit_once(' ').expect("a sample has a value");
        let (name, labels) = series
            .split_once('{')
            .map_or((series, ""), |(name, rest)| (name, rest.strip_suffix('}').expect("labels end")));
        let ending = name.strip_prefix(&family).unwrap_or_else(|| panic!("{line} is not of {family}"));
        let endings: &[&str] = match kind.as_str() {
            "info" => &["_info"],
            "counter" => &["_total"],
            "summary" => &["", "_count", "_sum"],
            _ => &[""],
        };
        assert!(endings.contains(&ending), "{line}");
        assert_eq!(labels.replace("\\\\", "").replace("\\\"", "").matches('"').count() % 2, 0, "{line}");
        let value = if value == "NaN" { f64::NAN } else { value.parse().unwrap_or_else(|_| panic!("{line}")) };
        assert!(samples.insert(series.to_owned(), value).is_none(), "{series} comes twice");
    }
    samples
}

#[test]
fn openmetrics_text_is_valid_and_says_the_same_numbers() {
    let past = judged(VerdictOutcome::Fail);
    let samples = read_openmetrics(&Format::OpenMetrics.write(&past, None));
    let report = &past.report;
    let stats = &report.metrics.iter().find(|entry| entry.name == "message.round_trip").unwrap().stats;
    let near = |sample: &str, expected: f64| {
        let found = *samples.get(sample).unwrap_or_else(|| panic!("no {sample} in {:#?}", samples.keys()));
        assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{sample}: {found} for {expected}");
    };
    near("tabswarm_message_round_trip_seconds{quantile=\"0.95\"}", stats.p95 / 1e3);
    near("tabswarm_message_round_trip_seconds_count", stats.count as f64);
    near("tabswarm_message_round_trip_seconds_sum", stats.mean * stats.count as f64 / 1e3);
    near("tabswarm_delivery{fate=\"missing\"}", report.delivery.missing as f64);
    near("tabswarm_threshold_kept{expression=\"message.round_trip p50 < 300 ms\"}", 1.0);
    near("tabswarm_verdict{tabswarm_verdict=\"fail\"}", 1.0);
    near("tabswarm_verdict{tabswarm_verdict=\"pass\"}", 0.0);
    near("tabswarm_duration_seconds", report.duration_s);
    assert!(samples.keys().any(|sample| sample.starts_with("tabswarm_in_bytes_total{population=\"voices\"}")));
    assert!(samples["tabswarm_threshold_kept{expression=\"history p95 < 1 s\"}"].is_nan(), "not measured is no number");
}

#[test]
fn formats_are_found_by_their_names() {
    for format in Format::ALL {
        assert_eq!(Format::named(format.name()), Ok(format));
    }
    let error = Format::named("pdf").unwrap_err().to_string();
    assert_eq!(error, "there is no format \"pdf\", expected one of html, json, csv, junit, k6, openmetrics");
}
