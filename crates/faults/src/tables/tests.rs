use super::*;
use document::{Node, Problems};

#[track_caller]
fn check_refused(body: &str, field: &str, message: &str) {
    let error = LabFaults::parse(body.as_bytes()).expect_err(body);
    assert_eq!(error.field, field, "{body}: {error:?}");
    assert!(error.message.contains(message), "{body}: {error:?}");
}

#[test]
fn a_wrong_field_is_named() {
    check_refused("[]", "", "expected an object");
    check_refused("{", "", "EOF");
    check_refused(r#"{"latency_ms":"50"}"#, "latency_ms", "expected a number from 0 to 600000, found the text");
    check_refused(r#"{"latency":50}"#, "latency", "unknown field");
    check_refused(r#"{"latency_ms":-1}"#, "latency_ms", "expected a number from 0 to 600000, found the number -1");
    check_refused(r#"{"lose_share":1.5}"#, "lose_share", "expected a number from 0 to 1, found the number 1.5");
    check_refused(r#"{"lose_share":0.5,"duplicate_share":0.4,"reorder_share":0.2}"#, "reorder_share", "together");
    check_refused(r#"{"rate_limit_per_min":-5}"#, "rate_limit_per_min", "a whole number from 0 to 4294967295");
    check_refused(r#"{"stop_reading":1}"#, "stop_reading", "true or false");
    check_refused(r#"{"error_share":0.1}"#, "error_code", "needs an");
    check_refused(r#"{"rules":{"batches":1}}"#, "rules.batches", "unknown field");
    check_refused(r#"{"rules":{"login_ms":-1}}"#, "rules.login_ms", "found the number -1");
    check_refused(r#"{"rules":{"redirect_to":"a.example"}}"#, "rules.redirect_to", "an origin");
    check_refused(r#"{"rules":{"redirect_to":"http://a.example/x"}}"#, "rules.redirect_to", "an origin");
    // They have addresses of their own.
    check_refused(r#"{"voice":{}}"#, "voice", "unknown field");
    check_refused(r#"{"restart_at_s":3}"#, "restart_at_s", "unknown field");
}

#[track_caller]
fn check_refused_voice(body: &str, field: &str) {
    assert_eq!(VoiceFaults::parse(body.as_bytes()).expect_err(body).field, field);
}

#[test]
fn a_wrong_field_of_the_voice_service_is_named() {
    check_refused_voice(r#"{"think":1}"#, "think");
    check_refused_voice(r#"{"think_ms":-1}"#, "think_ms");
    check_refused_voice(r#"{"stall_ms":600001}"#, "stall_ms");
    check_refused_voice(r#"{"speed":0}"#, "speed");
    check_refused_voice(r#"{"silent_answer_share":1.1}"#, "silent_answer_share");
    check_refused_voice(r#"{"early_close_code":1005}"#, "early_close_code");
    check_refused_voice(r#"{"early_close_phase":"later"}"#, "early_close_phase");
    check_refused_voice(r#"{"cap":-1}"#, "cap");
}

#[test]
fn what_is_absent_has_its_default() {
    let faults = LabFaults::parse(br#"{"latency_ms":50,"lose_share":0.05}"#).expect("it is valid");
    assert_eq!(faults, LabFaults { latency_ms: 50.0, lose_share: 0.05, ..LabFaults::default() });
    assert_eq!(LabFaults::parse(br#"{"rules":null}"#), Ok(LabFaults::default()));
    let parsed = VoiceFaults::parse(br#"{"cap":30}"#);
    assert_eq!(parsed, Ok(VoiceFaults { cap: 30, ..VoiceFaults::default() }));
}

/// A default in a table is what the struct has, and is within its range.
#[test]
fn defaults_are_those_of_the_tables() {
    let of = |default: Value, switches: &[Switch]| {
        for switch in switches {
            let written: Value = switch.field.usual_value();
            let held = default.get(switch.field.name).cloned().unwrap_or_default();
            let is_same = held == written || held.as_f64().is_some_and(|number| Some(number) == written.as_f64());
            assert!(is_same, "{}: {held} is not {written}", switch.field.name);
            assert!(Node::root(&written, &Problems::default()).is(&switch.field.of), "{}", switch.field.name);
        }
    };
    of(serde_json::to_value(LabFaults::default()).expect("plain data"), LabFaults::SWITCHES);
    of(serde_json::to_value(LabRules::default()).expect("plain data"), LabRules::SWITCHES);
    of(serde_json::to_value(VoiceFaults::default()).expect("plain data"), VoiceFaults::SWITCHES);
}

#[test]
fn what_is_sent_is_what_is_taken() {
    let rules = LabRules { unique_names: true, redirect_to: "http://127.0.0.1:4281".into(), ..LabRules::default() };
    let faults = LabFaults { lose_share: 0.5, restart_at_s: 3.0, rules, ..LabFaults::default() };
    let sent = faults.switches().to_string();
    assert_eq!(LabFaults::parse(sent.as_bytes()), Ok(LabFaults { restart_at_s: 0.0, ..faults }));
}
