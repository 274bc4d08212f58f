//! The plans and scenarios that come with the program, as the page offers them.

use serde_json::Value;

/// A plan to start from.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanPreset {
    pub id: String,
    pub title: String,
    pub description: String,
}

/// The plan a visitor finds filled in.
pub const DEFAULT_PLAN: &str = "lab";

/// Id, title, description and text of each plan, in the order in which they are offered.
const PLANS: [(&str, &str, &str, &str); 11] = [
    (
        "lab",
        "Lab",
        "50 users in rooms of 10 chat with the sample server for a minute.",
        include_str!("../../../presets/plans/lab.json"),
    ),
    (
        "smoke",
        "Smoke",
        "5 users try every call once: does it work at all?",
        include_str!("../../../presets/plans/smoke.json"),
    ),
    (
        "batch",
        "Batch",
        "All users into one room, some at a time; 20 messages each.",
        include_str!("../../../presets/plans/batch.json"),
    ),
    (
        "ramp-up",
        "Ramp-up",
        "More users every second, in rooms of 5 to 10.",
        include_str!("../../../presets/plans/ramp-up.json"),
    ),
    (
        "chat-voice",
        "Chat and voice",
        "100 chat users, and 30 who speak and listen, at the same time.",
        include_str!("../../../presets/plans/chat-voice.json"),
    ),
    (
        "voice-guest",
        "Voice, guests",
        "10 guests talk with a voice service: three turns, then the report.",
        include_str!("../../../presets/plans/voice-guest.json"),
    ),
    (
        "voice-member",
        "Voice, members",
        "10 members sign up, log in and talk, in three voices.",
        include_str!("../../../presets/plans/voice-member.json"),
    ),
    (
        "voice-mix",
        "Voice, mixed",
        "20 callers, half of them guests.",
        include_str!("../../../presets/plans/voice-mix.json"),
    ),
    (
        "voice-scenario",
        "Voice, set-up",
        "10 dialogues that find out what a conversation is to be about.",
        include_str!("../../../presets/plans/voice-scenario.json"),
    ),
    (
        "socketio-basic",
        "Socket.IO",
        "The least a Socket.IO chat needs. Rename the events to yours.",
        include_str!("../../../presets/plans/socketio-basic.json"),
    ),
    (
        "websocket-json",
        "WebSocket",
        "Plain WebSocket with one JSON object per frame.",
        include_str!("../../../presets/plans/websocket-json.json"),
    ),
];

/// All plans, the default one first.
pub fn plans() -> Vec<PlanPreset> {
    PLANS
        .iter()
        .map(|(id, title, description, _)| PlanPreset {
            id: (*id).to_owned(),
            title: (*title).to_owned(),
            description: (*description).to_owned(),
        })
        .collect()
}

/// The document of a plan.
pub fn plan(id: &str) -> Option<Value> {
    let (.., text) = PLANS.iter().find(|(known, ..)| *known == id)?;
    Some(serde_json::from_str(text).expect("tests parse every preset"))
}

/// Id and title of every scenario.
pub fn scenarios() -> Vec<(String, String)> {
    scenario::presets().into_iter().map(|preset| (preset.id.to_owned(), preset.title)).collect()
}

/// The scenario text that a plan's `scenario` means: a preset's, or the plan's own.
pub fn scenario_text(reference: &Value) -> Option<String> {
    match reference {
        Value::String(id) => scenario::preset(id).map(str::to_owned),
        Value::Object(_) => Some(reference.to_string()),
        _ => None,
    }
}

/// The scenario document that a plan's `scenario` means.
pub fn scenario(reference: &Value) -> Option<Value> {
    serde_json::from_str(&scenario_text(reference)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::check;
    use crate::plan::clips::Clips;

    #[test]
    fn every_plan_that_is_offered_can_run() {
        assert_eq!(plans()[0].id, DEFAULT_PLAN);
        for preset in plans() {
            let document = plan(&preset.id).unwrap();
            if let Err(problems) = check(&document, &[], &Clips::default()) {
                panic!("{}: {problems:#?}", preset.id);
            }
        }
    }
}
