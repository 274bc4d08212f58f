//! What stands in a script; Node runs scripts in the end-to-end tests.

use serde_json::{Value, json};

use super::script;
use plan::Plan;

fn plan(document: &Value) -> Plan {
    Plan::check(document).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

#[track_caller]
fn exported(document: &Value) -> String {
    script(&plan(document)).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn base(variables: Value) -> Value {
    json!({
        "version": 1, "name": "base", "seed": 1,
        "populations": [{
            "name": "chat", "scenario": "ktb-chat", "variables": variables,
            "load": {"model": "closed", "stages": [{"duration_s": 5, "target": 3}]}
        }]
    })
}

/// One of the script's constants.
#[track_caller]
fn data(script: &str, name: &str) -> Value {
    let (_, rest) = script.split_once(&format!("const {name} = ")).unwrap_or_else(|| panic!("there is no {name}"));
    let (json, _) = rest.split_once(";\n").expect("a constant ends");
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_preset_is_exported_with_its_scenario_as_it_is() {
    for preset in crate::presets::plans() {
        let document = crate::presets::plan(&preset.id).expect("it is a preset");
        let script = exported(&document);
        let populations = data(&script, "populations");
        for (population, wanted) in
            populations.as_object().expect("by name").values().zip(document["populations"].as_array().expect("a list"))
        {
            let scenario = scenario::resolve(&wanted["scenario"]).expect("it is known");
            for part in ["once", "before", "connect", "flow", "rejoin", "finish", "every", "on", "errors"] {
                assert_eq!(population["scenario"].get(part), scenario.get(part), "{}: {part}", preset.id);
            }
        }
        assert_eq!(data(&script, "secrets"), json!([]), "{}: it has no secrets", preset.id);
    }
}

#[test]
fn the_runtime_plays_every_kind_of_step() {
    let (_, table) = include_str!("runtime/steps.js").split_once("const STEPS = ").expect("it is there");
    let (table, _) = table.split_once("\n}));").expect("it ends");
    // `"leave"` is a text and no object.
    for kind in scenario::step_kinds().into_iter().filter(|kind| *kind != "leave") {
        let is_played = [format!("\n  {kind}("), format!("\n  {kind}: ")].iter().any(|row| table.contains(row));
        assert!(is_played, "{kind}");
    }
}

#[test]
fn the_plan_s_values_are_the_scenario_s_defaults() {
    let mut document = base(json!({"room_size": 3, "emoji": "x"}));
    let variables =
        |document: &Value| data(&exported(document), "populations")["chat"]["scenario"]["variables"].clone();
    let found = variables(&document);
    assert_eq!(found["room_size"]["default"], 3);
    assert!(found["room_size"]["doc"].is_string(), "what it means stays beside it");
    assert_eq!(found["rest"]["default"], "${target}");
    document["populations"][0]["scenario"] = json!({
        "version": 1, "name": "mine", "protocol": "socketio", "variables": {"plain": [1], "list": 5},
        "connect": {"url": "http://h/${plain}/${list}"},
    });
    document["populations"][0]["variables"] = json!({"plain": [2]});
    assert_eq!(variables(&document), json!({"plain": {"default": [2]}, "list": 5}));
}

#[test]
fn who_leaves_a_batch_stays_away() {
    let mut document = base(json!({}));
    let returns = |document: &Value| data(&exported(document), "populations")["chat"]["returns"].clone();
    assert_eq!(returns(&document), true);
    document["populations"][0]["load"] = json!({"model": "batch", "users": 2, "size": 1, "every_s": 1, "hold_s": 3});
    assert_eq!(returns(&document), false);
}

#[test]
fn names_are_free_for_k6() {
    let operations = ["checks", "iterations", "errors", "http_reqs", "message.ack", "message_ack", "x", "vus"];
    let step = |operation: &str| json!({"http": {"operation": operation, "url": "http://h/"}});
    let mut document = base(json!({}));
    document["populations"][0]["name"] = "export".into();
    document["populations"][0]["scenario"] = json!({
        "version": 1, "name": "mine", "protocol": "socketio", "connect": {"url": "http://h"},
        "before": operations.iter().filter(|name| !name.ends_with(".ack")).map(|name| step(name)).collect::<Vec<_>>(),
        "flow": [{"emit": {"event": "message", "ack": true}}],
    });
    document["thresholds"] = json!(["checks p95 < 1 s"]);
    let script = exported(&document);
    let metrics = data(&script, "metrics");
    let mut seen = std::collections::BTreeSet::new();
    for (name, plain) in ["times", "counters"].iter().flat_map(|kind| metrics[kind].as_object().expect("by name")) {
        let plain = plain.as_str().expect("a name");
        assert!(seen.insert(plain.to_owned()), "{plain} stands twice");
        assert!(!["checks", "iterations", "errors", "http_reqs", "vus"].contains(&plain), "{name} is {plain}");
    }
    assert_eq!(metrics["times"]["checks"], "checks_2");
    assert_eq!(data(&script, "options")["thresholds"], json!({"checks_2": ["p(95)<1000"]}));
}

#[test]
fn a_script_says_what_it_leaves_out() {
    #[track_caller]
    fn check(document: Value, said: &[&str], not_said: &[&str]) {
        // The head wraps its lines.
        let script = exported(&document);
        let head = script.split("*/").next().unwrap_or_default().replace("\n *   ", " ");
        said.iter().for_each(|text| assert!(head.contains(text), "{text}\n{head}"));
        not_said.iter().for_each(|text| assert!(!head.contains(text), "{text}\n{head}"));
    }
    check(
        base(json!({})),
        &["No delivery ledger", "reacted to twice"],
        &["No voice", "CSV", "Secrets", "the load falls"],
    );
    let mut plan = base(json!({}));
    plan["lab"] = json!({});
    plan["warmup_s"] = json!(1);
    plan["thresholds"] = json!([
        "delivery.missing == 0",
        "message.fanout p95 < 1 s",
        "message.round_trip p95 < 1 s for 2 s",
        "errors rate < 1%",
        "message.round_trip p95 <= baseline + 10%",
    ]);
    let limits = [
        "Not the threshold `delivery.missing == 0`: it needs the delivery ledger.",
        "Not the threshold `message.fanout p95 < 1 s`: this script does not measure it.",
        "`message.round_trip p95 < 1 s for 2 s`: k6 evaluates whole tests, not windows.",
        "`message.round_trip p95 <= baseline + 10%`: k6 has no baseline",
        "The lab's fault switches",
    ];
    check(plan, &limits, &["`errors rate < 1%`"]);
    let voice = crate::presets::plan("voice-mix").expect("it is a preset");
    check(
        voice,
        &["No voice: nobody speaks", "`audio.answers.starved count == 0`", "half a step later"],
        &["No delivery ledger"],
    );
}

#[test]
fn thresholds_are_k6s() {
    #[track_caller]
    fn check(threshold: &str, expected: Value) {
        let mut document = base(json!({}));
        document["thresholds"] = json!([threshold]);
        assert_eq!(data(&exported(&document), "options")["thresholds"], expected, "{threshold}");
    }
    check("message.round_trip p95 < 300 ms", json!({"message_round_trip": ["p(95)<300"]}));
    check("join mean <= 1.5 s", json!({"join": ["avg<=1500"]}));
    check("message.ack p99.9 < 2 s", json!({"message_ack": ["p(99.9)<2000"]}));
    check("errors rate < 1%", json!({"errors_rate": ["rate<0.01"]}));
    check("errors[join] == 0", json!({"errors{operation:join}": ["count==0"]}));
    check("errors[join/timeout] == 0", json!({"errors{operation:join,code:timeout}": ["count==0"]}));
    check("disconnects[1006] < 3", json!({"disconnects{code:1006}": ["count<3"]}));
    check("events.in.message rate > 100 /s", json!({"events_in_message": ["rate>100"]}));
    check(
        "errors{chat} rate < 1% abort after 5 s",
        json!({"errors_rate{scenario:chat}": [{"threshold": "rate<0.01", "abortOnFail": true, "delayAbortEval": "5s"}]}),
    );
}

#[test]
fn loads_are_k6s_executors() {
    #[track_caller]
    fn check(load: Value, expected: Value) {
        let mut document = base(json!({}));
        document["populations"][0]["load"] = load;
        let options = data(&exported(&document), "options");
        let found = &options["scenarios"]["chat"];
        for (field, value) in expected.as_object().expect("fields") {
            assert_eq!(found.get(field), Some(value), "{field} of {found}");
        }
        assert_eq!(found["exec"], "user");
    }
    check(
        json!({"model": "closed", "start": 2, "stages": [{"duration_s": 5, "target": 3}]}),
        json!({"executor": "ramping-vus", "startVUs": 2, "stages": [{"duration": "5s", "target": 3}]}),
    );
    check(
        json!({"model": "shape", "name": "smoke", "users": 5, "duration_s": 20}),
        json!({"executor": "constant-vus", "vus": 5, "duration": "20s"}),
    );
    check(
        json!({"model": "batch", "users": 25, "size": 10, "every_s": 2, "hold_s": 30}),
        json!({"executor": "ramping-vus", "startVUs": 10, "stages": [
            {"duration": "2s", "target": 10},
            {"duration": "0s", "target": 20},
            {"duration": "2s", "target": 20},
            {"duration": "0s", "target": 25},
            {"duration": "30s", "target": 25},
        ]}),
    );
    check(
        json!({"model": "open", "start_rate": 0.5, "stages": [{"duration_s": 4, "target": 2.5}], "max_users": 9}),
        json!({"executor": "ramping-arrival-rate", "timeUnit": "10s", "startRate": 5, "maxVUs": 9, "preAllocatedVUs": 9,
            "stages": [{"duration": "4s", "target": 25}]}),
    );
}

#[test]
fn no_secret_of_a_plan_is_in_its_script() {
    let mut document = base(json!({}));
    document["populations"][0]["scenario"] = json!({
        "version": 1, "name": "mine", "protocol": "socketio",
        "variables": {
            "api_token": {"default": "s3cr3t-default"}, "token_in": {"default": "query", "one_of": ["query", "protocol"]},
            "pin_token": 4711
        },
        "before": [{"http": {"operation": "login", "url": "http://h/x?access_token=abc123", "headers": {"Authorization": "Bearer xyz"},
            "json": {"password": "${account.password}", "pin": "${pin_token}"}, "save": {"token": "/token"}}}],
        "connect": {"url": "http://h", "auth": {"token": "${token}", "key": "${api_token}", "in": "${token_in}"}},
    });
    document["populations"][0]["variables"] = json!({"api_token": "s3cr3t-override"});
    document["populations"][0]["accounts"] = json!({"source": "pattern", "columns": {"password": "Hush-{n}"}});
    let script = exported(&document);
    for secret in ["s3cr3t", "abc123", "xyz", "Hush", "4711"] {
        assert!(!script.contains(secret), "{secret}");
    }
    assert_eq!(
        data(&script, "secrets"),
        json!(["ACCOUNT_PASSWORD", "API_TOKEN", "AUTHORIZATION", "PIN_TOKEN", "URL_SECRET"])
    );
    let chat = &data(&script, "populations")["chat"];
    assert_eq!(chat["accounts"]["columns"]["password"], json!({"secret": "ACCOUNT_PASSWORD"}));
    assert_eq!(chat["scenario"]["variables"]["api_token"]["default"], "${secret.API_TOKEN}");
    assert_eq!(chat["scenario"]["variables"]["token_in"]["default"], "query");
}
