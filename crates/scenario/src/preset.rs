//! The scenarios that come with the page: data files, compiled in.

use serde_json::Value;

use document::Problem;
use document::parse_json;

/// A scenario that can be chosen by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    pub id: &'static str,
    pub title: String,
    pub description: String,
}

const SOURCES: &[(&str, &str)] = &[
    ("ktb-chat", include_str!("../../../presets/scenarios/ktb-chat.json")),
    ("socketio-basic", include_str!("../../../presets/scenarios/socketio-basic.json")),
    ("websocket-json", include_str!("../../../presets/scenarios/websocket-json.json")),
    ("voice-guest", include_str!("../../../presets/scenarios/voice-guest.json")),
    ("voice-member", include_str!("../../../presets/scenarios/voice-member.json")),
    ("voice-mix", include_str!("../../../presets/scenarios/voice-mix.json")),
    ("voice-scenario", include_str!("../../../presets/scenarios/voice-scenario.json")),
];

/// The JSON text of a preset.
pub fn preset(id: &str) -> Option<&'static str> {
    SOURCES.iter().find(|(known, _)| *known == id).map(|(_, text)| *text)
}

/// The document that a plan means: a preset's, or the one that stands in the plan.
///
/// # Errors
/// The plan names a preset that does not exist.
pub fn resolve(scenario: &Value) -> Result<Value, Vec<Problem>> {
    let Value::String(id) = scenario else { return Ok(scenario.clone()) };
    let text = preset(id).ok_or_else(|| {
        let known: Vec<_> = SOURCES.iter().map(|(id, _)| *id).collect();
        let message = format!("there is no preset \"{id}\", expected one of {}, or a scenario", known.join(", "));
        vec![Problem { path: String::new(), message }]
    })?;
    parse_json(text)
}

/// All presets, in the order in which a page offers them.
pub fn presets() -> Vec<Preset> {
    SOURCES
        .iter()
        .map(|(id, text)| {
            let document: Value = serde_json::from_str(text).expect("tests parse every preset");
            let field = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            Preset { id, title: field("title"), description: field("description") }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::compile;
    use document::parse_json;

    #[track_caller]
    fn compiled(id: &str, overrides: Value) -> crate::Program {
        let document = parse_json(preset(id).expect("it is a preset")).expect("it is JSON");
        let overrides: Map<String, Value> = serde_json::from_value(overrides).expect("it is an object");
        compile(&document, &overrides).unwrap_or_else(|problems| panic!("{id}: {problems:#?}"))
    }

    #[test]
    fn every_preset_compiles() {
        for preset in presets() {
            let program = compiled(preset.id, json!({}));
            assert_eq!(program.name, preset.id);
            assert!(!preset.title.is_empty() && !preset.description.is_empty());
        }
    }

    #[test]
    fn the_uplink_of_a_voice_user_is_the_real_clients() {
        #[track_caller]
        fn check(id: &str, frame: f64) {
            let uplink = compiled(id, json!({})).uplink();
            assert!((uplink - frame * 24_000.0 / 4_096.0).abs() < 1e-6, "{uplink}");
        }
        check("voice-guest", 10_971.0);
        check("voice-member", 10_971.0);
        check("voice-scenario", 10_983.0);
        check("ktb-chat", 0.0);
    }

    #[track_caller]
    fn check_counted_only(overrides: Value, expected: &[&str]) {
        let program = compiled("ktb-chat", overrides);
        let counted: Vec<&str> =
            program.events.iter().filter(|event| event.count_only).map(|event| event.name.as_str()).collect();
        let mut expected = expected.to_vec();
        let mut counted = counted;
        expected.sort_unstable();
        counted.sort_unstable();
        assert_eq!(counted, expected);
    }

    const NEVER_EXAMINED: [&str; 11] = [
        "messageLoadStart",
        "participantsUpdate",
        "roomCreated",
        "roomUpdated",
        "roomDeleted",
        "roomActivity",
        "userLeft",
        "aiMessageStart",
        "aiMessageChunk",
        "aiMessageComplete",
        "aiMessageError",
    ];

    #[test]
    fn events_that_nobody_needs_are_only_counted() {
        check_counted_only(json!({}), &NEVER_EXAMINED);
        // Shares of reactions and histories can be turned up while a run goes on: their answers are looked into in any case.
        let quiet = [&NEVER_EXAMINED[..], &["messagesRead"]].concat();
        check_counted_only(json!({"read": "none", "reaction_share": 0, "history_pages": 0, "probe_pages": 0}), &quiet);
    }

    #[test]
    fn the_operations_are_the_documented_ones() {
        let mut operations = compiled("ktb-chat", json!({})).operations;
        operations.sort_unstable();
        let expected = [
            "history",
            "join",
            "leave",
            "message",
            "probe",
            "reaction",
            "read",
            "rest.login",
            "rest.logout",
            "rest.register",
            "rest.rooms.create",
            "rest.rooms.join",
            "rest.rooms.list",
            "rest.upload",
        ];
        assert_eq!(operations, expected);
    }
}
