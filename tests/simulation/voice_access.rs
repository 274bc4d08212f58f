//! Who gets into a conversation, by which address, with what.

use base::time::Span;
use metrics::Phase;
use plan::Plan;
use serde_json::{Value, json};
use testkit::{Faults, VoiceConfig, World};

use crate::support::{counter, errors};
use crate::voice::{once, plan, played};

#[test]
fn sessions_of_nobody_and_of_others_are_refused() {
    #[track_caller]
    fn check(scenario: &str, variables: Value, code: u16, phase: Phase) {
        let world = played(plan(scenario, variables, once(2, 20)), VoiceConfig::default());
        let found: Vec<_> = world.run.totals().disconnects().keys().map(|key| (key.code, key.phase)).collect();
        assert_eq!(found, [(code, phase)]);
    }
    check("voice-guest", json!({ "session": "unknown" }), 4004, Phase::BeforeGreeting);
    check("voice-guest", json!({ "session": "session-0" }), 4004, Phase::BeforeGreeting);
    check("voice-guest", json!({ "show_text": "maybe" }), 1006, Phase::Connecting);
    // A member's session, asked for by a guest that comes later, and by another member.
    for scenario in ["voice-guest", "voice-member"] {
        let late = json!({ "model": "closed", "stages": [
            { "duration_s": 5, "target": 0 }, { "duration_s": 10, "target": 1, "ramp": "step" },
        ]});
        let plan = json!({ "version": 1, "name": "simulated", "seed": 7, "populations": [
            { "name": "owner", "scenario": "voice-member", "variables": { "turns": 1 }, "load": once(1, 15) },
            { "name": "other", "scenario": scenario, "variables": { "session": "session-0" }, "load": late },
        ]});
        let plan = Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let world = played(plan, VoiceConfig::default());
        let refused = world.run.totals().disconnects().keys().filter(|key| key.population == "other");
        assert_eq!(refused.map(|key| (key.code, key.phase)).collect::<Vec<_>>(), [(4003, Phase::BeforeGreeting)]);
    }
}

#[test]
fn voices_are_spread_over_the_users_or_left_out() {
    let variables = json!({ "turns": 0, "voices": ["alloy", "echo"], "show_text": true });
    let world = played(plan("voice-member", variables, once(6, 10)), VoiceConfig::default());
    let voices: Vec<_> = world.voice.counts.voices.iter().map(|(name, users)| (name.as_str(), *users)).collect();
    assert_eq!(voices, [("alloy", 3), ("echo", 3)]);
    let world = played(plan("voice-member", json!({ "turns": 0 }), once(2, 10)), VoiceConfig::default());
    assert_eq!(world.voice.counts.voices.get(""), Some(&2));
}

#[test]
fn members_and_guests_mix_by_share() {
    let world =
        played(plan("voice-mix", json!({ "turns": 1, "guest_share": 0.3 }), once(10, 30)), VoiceConfig::default());
    assert_eq!(errors(&world), Vec::<String>::new());
    let calls = |path: &str| world.voice.counts.rest.get(path).copied().unwrap_or(0);
    assert_eq!((calls("POST /auth/login"), calls("POST /chat/sessions")), (7, 10));
    assert_eq!((counter(&world, "turns.answered"), world.voice.counts.opened), (10, 10));
}

#[test]
fn the_path_and_the_place_of_the_token_can_be_others() {
    for scenario in ["voice-guest", "voice-member", "voice-mix", "voice-scenario"] {
        let mut variables = json!({ "ws_prefix": "/ws" });
        if scenario != "voice-guest" {
            variables["token_in"] = json!("protocol");
        }
        if scenario == "voice-scenario" {
            variables["member"] = json!(true);
        }
        let world = played(plan(scenario, variables, once(2, 60)), VoiceConfig::default());
        assert_eq!(errors(&world), Vec::<String>::new(), "{scenario}");
        assert_eq!(world.voice.counts.opened, 2, "{scenario}");
    }
}

#[test]
fn sessions_from_a_file_are_gone_on_with() {
    let late = json!({ "model": "closed", "stages": [
        { "duration_s": 5, "target": 0 }, { "duration_s": 20, "target": 3, "ramp": "step" },
    ]});
    let plan = json!({ "version": 1, "name": "simulated", "seed": 7, "populations": [
        { "name": "first", "scenario": "voice-guest", "variables": { "turns": 1 }, "load": once(3, 25) },
        {
            "name": "again", "scenario": "voice-guest", "load": late,
            "variables": { "turns": 1, "session": "${account.session_id}" },
            "accounts": { "source": "csv", "columns": ["session_id"] },
        },
    ]});
    let plan = Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let rows: Vec<Vec<String>> = (0..3).map(|n| vec![format!("session-{n}")]).collect();
    let world = World::new(plan, vec![Vec::new(), rows], 4, Span::from_millis(5), Faults::default());
    let mut world = world.with_voice(VoiceConfig::default());
    world.play(Span::from_secs(200));
    assert!(world.run.is_done(), "{:?}", world.run.status());
    assert_eq!(errors(&world), Vec::<String>::new());
    assert_eq!(world.voice.counts.rest["POST /chat/sessions"], 3, "nobody but the first ones made a session");
    assert!(world.voice.counts.opened >= 6);
    assert!(world.run.totals().disconnects().keys().all(|key| key.code == 1000));
}
