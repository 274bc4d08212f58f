//! The scenarios and plans that come with the page.

use std::path::Path;

use plan::Plan;
use scenario::{self, EvaluationScope, Program, UserFacts};
use serde_json::{Map, Value};

use super::{read, schema};

#[test]
fn every_preset_obeys_the_published_schema() {
    let schema = schema();
    for preset in scenario::presets() {
        let document: Value = serde_json::from_str(scenario::preset(preset.id).expect("it is listed")).expect("JSON");
        let errors: Vec<String> =
            schema.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new(), "{}", preset.id);
    }
}

#[test]
fn every_plan_compiles_with_its_scenario() {
    let plans = plans();
    assert!(plans.len() >= 6);
    for (file, document) in plans {
        let plan = Plan::check(&document).unwrap_or_else(|problems| panic!("{file}: {problems:#?}"));
        assert_eq!(format!("{}.json", plan.name), file);
        for population in &plan.populations {
            let id = population.scenario.as_str().expect("plans name a preset");
            compiled(id, &population.variables);
        }
    }
}

#[test]
fn the_ramp_up_fills_rooms_of_five_to_ten() {
    let plan = Plan::check(&read("presets/plans/ramp-up.json")).expect("it is a plan");
    let program = compiled("ktb-chat", &plan.populations[0].variables);
    for users in [1, 5, 6, 11, 44, 45, 46, 200] {
        let mut rooms: Vec<usize> = Vec::new();
        for index in 0..users {
            let room = variable(&program, "room_index", index, users).as_u64().expect("a number") as usize;
            assert!(room <= rooms.len(), "users fill one room after the other");
            rooms.resize(rooms.len().max(room + 1), 0);
            rooms[room] += 1;
        }
        let (last, full) = rooms.split_last().expect("somebody is there");
        assert!(full.iter().chain([last]).all(|members| *members <= 10), "{users} users: {rooms:?}");
        assert!(full.iter().all(|members| *members >= 5), "{users} users: {rooms:?}");
        assert_eq!(variable(&program, "room_count", 0, users), rooms.len(), "rooms for {users} users");
    }
}

#[track_caller]
fn compiled(id: &str, overrides: &Map<String, Value>) -> Program {
    let document: Value = serde_json::from_str(scenario::preset(id).expect("it is a preset")).expect("JSON");
    scenario::compile(&document, overrides).unwrap_or_else(|problems| panic!("{id}: {problems:#?}"))
}

/// A variable's first value for a user.
fn variable(program: &Program, name: &str, index: u32, users: u32) -> Value {
    let variable = program.variables.iter().find(|variable| variable.name == name).expect("it is declared");
    let user = UserFacts { index, users, ..UserFacts::default() };
    let mut scope = EvaluationScope {
        user: &user,
        vars: &[],
        event: None,
        tag: "",
        wall_ms: 0.0,
        counters: &mut [],
        random: &mut fastrand::Rng::with_seed(1),
    };
    variable.default.as_ref().expect("it has a default").value(&mut scope)
}

fn plans() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("presets/plans");
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let names = entries.map(|entry| entry.expect("it can be read").file_name().into_string().expect("plain names"));
    names.map(|name| (name.clone(), read(&format!("presets/plans/{name}")))).collect()
}

#[test]
fn the_example_of_the_language_reference_compiles() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scenario.md");
    let text = std::fs::read_to_string(path).expect("the reference is there");
    let example = text.split("```json").nth(1).and_then(|rest| rest.split("```").next()).expect("it has an example");
    let example: Value = serde_json::from_str(example).expect("JSON");
    assert!(schema().is_valid(&example));
    scenario::compile(&example, &Map::new()).unwrap_or_else(|problems| panic!("{problems:#?}"));
}
