//! Checks a typed-in plan: the one checker of plans, and what only the page can know (its CSV files and its clips).

use serde_json::Value;

use crate::plan::clips::Clips;
use crate::plan::csv::CsvTable;
use crate::plan::population_path;
use crate::presets;
use document::Problem;
use plan::{Accounts, Plan, Population};
use scenario::Op;

/// The runnable plan, or every problem at once. `csv` holds the file of each population that has one, `clips` what
/// voice users can say.
pub fn check(document: &Value, csv: &[Option<CsvTable>], clips: &Clips) -> Result<Plan, Vec<Problem>> {
    let plan = Plan::check(document)?;
    let mut problems: Vec<_> = (0..plan.populations.len()).filter_map(|at| missing(&plan, at, csv)).collect();
    if problems.is_empty() {
        problems = plan.check_accounts(&account_rows(&plan, csv));
    }
    problems.extend(plan.populations.iter().enumerate().flat_map(|(at, population)| unsaid(at, population, clips)));
    if problems.is_empty() { Ok(plan) } else { Err(problems) }
}

/// Rows of every population's file, their values in the order of the plan's columns; empty for those without a file.
pub fn account_rows(plan: &Plan, csv: &[Option<CsvTable>]) -> Vec<Vec<Vec<String>>> {
    let rows = |(at, accounts): (usize, &Accounts)| match (accounts, table_of(csv, at)) {
        (Accounts::Csv { columns }, Some(table)) => table.select(columns),
        _ => Vec::new(),
    };
    plan.populations.iter().map(|population| &population.accounts).enumerate().map(rows).collect()
}

fn missing(plan: &Plan, population: usize, csv: &[Option<CsvTable>]) -> Option<Problem> {
    let Accounts::Csv { columns } = &plan.populations[population].accounts else { return None };
    let path = format!("populations[{population}].accounts");
    let Some(table) = table_of(csv, population) else {
        let message = format!(
            "choose the CSV file with the columns {}: a plan names the columns, its accounts stay with you",
            columns.join(", ")
        );
        return Some(Problem { path, message });
    };
    let absent: Vec<_> = columns.iter().filter(|column| !table.columns.contains(column)).cloned().collect();
    let message = format!("the file {} has no column {}", table.file, absent.join(", "));
    (!absent.is_empty()).then_some(Problem { path, message })
}

fn table_of(csv: &[Option<CsvTable>], population: usize) -> Option<&CsvTable> {
    csv.get(population).and_then(Option::as_ref)
}

/// Clips that a population of voice users is to say and that do not exist. What a template gives is not known yet.
fn unsaid(at: usize, population: &Population, clips: &Clips) -> Vec<Problem> {
    let Some(scenario) = presets::scenario(&population.scenario).filter(|scenario| scenario.get("audio").is_some())
    else {
        return Vec::new();
    };
    let (scenario_path, list_path) =
        (population_path(at).key("scenario"), population_path(at).key("variables").key(UTTERANCES));
    let declared = scenario.pointer("/variables").and_then(|variables| variables.get(UTTERANCES));
    let default = declared.map(|declared| declared.get("default").unwrap_or(declared));
    let (path, list) = match population.variables.get(UTTERANCES) {
        Some(list) => (list_path, Some(list)),
        None => (scenario_path.clone(), default),
    };
    let listed = list.and_then(Value::as_array);
    let mut problems = Vec::new();
    if listed.is_some_and(Vec::is_empty) {
        problems.push(Problem { path: path.to_string(), message: "choose at least one clip to say".to_owned() });
    }
    for (place, name) in listed.into_iter().flatten().enumerate() {
        let path = if path == scenario_path { path.clone() } else { path.clone().index(place) };
        problems.extend(unknown(name, clips).map(|message| Problem { path: path.to_string(), message }));
    }
    let program = population.program().ok();
    let spoken = program.iter().flat_map(|program| &program.ops);
    let spoken = spoken.filter_map(|op| if let Op::Speak(op) = op { op.clip.as_constant() } else { None });
    let unknown = spoken.filter_map(|name| unknown(name, clips));
    problems.extend(unknown.map(|message| Problem { path: scenario_path.to_string(), message }));
    problems
}

fn unknown(name: &Value, clips: &Clips) -> Option<String> {
    let name = name.as_str().filter(|name| !name.contains("${") && clips.find(name).is_none())?;
    let known: Vec<&str> = clips.all().map(|known| known.name()).collect();
    Some(format!(
        "there is no clip \"{name}\", only {}: a plan names its clips, their audio stays with you",
        known.join(", ")
    ))
}

/// The variables that hold lists of names.
pub const UTTERANCES: &str = "utterances";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check_clips(scenario: Value, variables: Value, expected: &[(&str, &str)]) {
        let plan = json!({"version": 1, "name": "a", "populations": [{
            "name": "a", "scenario": scenario, "variables": variables,
            "load": {"model": "shape", "name": "load", "users": 1, "duration_s": 60},
        }]});
        let problems = check(&plan, &[], &Clips::default()).err().unwrap_or_default();
        let found: Vec<_> = problems.iter().map(|problem| (problem.path.as_str(), problem.message.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn clips_that_do_not_exist_are_named_with_their_place() {
        let unknown = "there is no clip \"mine\", only order, weather, weekend: a plan names its clips, their audio stays with you";
        let list = "populations[0].variables.utterances";
        check_clips(json!("voice-guest"), json!({}), &[]);
        check_clips(json!("voice-guest"), json!({"utterances": ["order", "${run.id}"]}), &[]);
        check_clips(
            json!("voice-guest"),
            json!({"utterances": ["order", "mine"]}),
            &[("populations[0].variables.utterances[1]", unknown)],
        );
        check_clips(json!("voice-guest"), json!({"utterances": []}), &[(list, "choose at least one clip to say")]);
        let mut scenario = presets::scenario(&json!("voice-guest")).unwrap();
        scenario["flow"][2]["steps"][1]["speak"]["clip"] = json!("mine");
        check_clips(scenario.clone(), json!({}), &[("populations[0].scenario", unknown)]);
        scenario["flow"][2]["steps"][1]["speak"]["clip"] = json!("order");
        scenario["variables"]["utterances"] = json!(["mine"]);
        check_clips(scenario, json!({}), &[("populations[0].scenario", unknown)]);
    }
}
