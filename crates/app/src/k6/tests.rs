//! Some presets' scripts stand in `tests/k6`, where a change of theirs can be read; Node runs scripts in the end-to-end tests.

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

/// What a script has of its plan, and of the part that is the same for all only what was chosen of it.
fn own(script: &str) -> String {
    let (own, runtime) = script.split_once(&super::section("The load")).expect("every script has a load");
    let names = ["function ", "async function ", "class "];
    let chosen = runtime.lines().filter(|line| names.iter().any(|name| line.starts_with(name)));
    let chosen: String = chosen.map(|line| format!("// {}\n", line.trim_end_matches(" {"))).collect();
    format!("{own}// What follows is crates/app/src/k6/runtime, of which this script takes:\n{chosen}")
}

#[test]
fn presets_read_as_they_are_kept() {
    let update = std::env::var_os("TABSWARM_UPDATE").is_some();
    for preset in crate::presets::plans() {
        let document = crate::presets::plan(&preset.id).expect("it is a preset");
        let (path, text) =
            (format!("{}/../../tests/k6/{}.js", env!("CARGO_MANIFEST_DIR"), preset.id), own(&exported(&document)));
        if !["lab", "websocket-json", "chat-voice"].contains(&preset.id.as_str()) {
            continue;
        }
        if update {
            std::fs::write(&path, &text).expect("the folder is there");
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == text, "{path} is not what is exported; TABSWARM_UPDATE=1 writes it anew");
    }
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
        &["No voice: microphones", "`audio.answers.starved count == 0`", "half a step later"],
        &["No delivery ledger"],
    );
}

#[test]
fn thresholds_are_k6s() {
    #[track_caller]
    fn check(threshold: &str, expected: &str) {
        let mut document = base(json!({}));
        document["thresholds"] = json!([threshold]);
        let script = exported(&document);
        let line = script.lines().find(|line| line.trim_start().starts_with("thresholds: ")).unwrap_or_default();
        assert_eq!(line.trim(), format!("thresholds: {expected},"), "{threshold}");
    }
    check("message.round_trip p95 < 300 ms", "{ message_round_trip: ['p(95)<300'] }");
    check("join mean <= 1.5 s", "{ join: ['avg<=1500'] }");
    check("message.ack p99.9 < 2 s", "{ message_ack: ['p(99.9)<2000'] }");
    check("errors rate < 1%", "{ errors_rate: ['rate<0.01'] }");
    check("errors[join] == 0", "{ 'errors{operation:join}': ['count==0'] }");
    check("errors[join/timeout] == 0", "{ 'errors{operation:join,code:timeout}': ['count==0'] }");
    check("disconnects[1006] < 3", "{ 'disconnects{code:1006}': ['count<3'] }");
    check("events.in.message rate > 100 /s", "{ events_in_message: ['rate>100'] }");
    check(
        "errors{chat} rate < 1% abort after 5 s",
        "{ 'errors_rate{scenario:chat}': [{ threshold: 'rate<0.01', abortOnFail: true, delayAbortEval: '5s' }] }",
    );
}

#[test]
fn loads_are_k6s_executors() {
    #[track_caller]
    fn check(load: Value, expected: &[&str]) {
        let mut document = base(json!({}));
        document["populations"][0]["load"] = load;
        let script = exported(&document);
        expected.iter().for_each(|text| assert!(script.contains(text), "{text}"));
    }
    check(
        json!({"model": "closed", "start": 2, "stages": [{"duration_s": 5, "target": 3}]}),
        &["executor: 'ramping-vus'", "start: 2,", "stages: [{ seconds: 5, target: 3 }]"],
    );
    check(
        json!({"model": "shape", "name": "smoke", "users": 5, "duration_s": 20}),
        &["executor: 'constant-vus'", "start: 5,"],
    );
    check(
        json!({"model": "batch", "users": 25, "size": 10, "every_s": 2, "hold_s": 30}),
        &[
            "start: 10,",
            "{ seconds: 2, target: 10 },\n",
            "{ seconds: 0, target: 20 },\n",
            "{ seconds: 30, target: 25 },\n",
        ],
    );
    check(
        json!({"model": "open", "start_rate": 0.5, "stages": [{"duration_s": 4, "target": 2.5}], "max_users": 9}),
        &[
            "executor: 'ramping-arrival-rate'",
            "timeUnit: '10s'",
            "start: 5,",
            "[{ seconds: 4, target: 25 }]",
            "users: 9,",
        ],
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
    for (name, kept) in [
        ("API_TOKEN", true),
        ("AUTHORIZATION", true),
        ("ACCOUNT_PASSWORD", true),
        ("PIN_TOKEN", true),
        ("TOKEN_IN'", false),
    ] {
        assert_eq!(script.contains(&format!("secret('{name}")), kept, "{name}");
    }
    assert!(script.contains("env('TOKEN_IN', 'query')"));
}
