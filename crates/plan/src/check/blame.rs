//! Which of a population's variables is to blame for what is wrong with its scenario: that is where a person has to change something.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use document::Problem;

/// What is wrong with a scenario that is played with these variables; paths of variables begin with [`VARIABLES`]. What a variable
/// brings about stands at that variable, and once.
pub fn problems(document: &Value, variables: &Map<String, Value>) -> Vec<Problem> {
    let mut blamed = Blamed::default();
    let mut left = variables.clone();
    let mut rest = blamed.take(found(document, &left));
    // What else a faulty one spoils is no fault of its own.
    left.retain(|name, _| !blamed.names.contains(name));
    if left.len() < variables.len() {
        rest = blamed.take(found(document, &left));
    }
    let all = rest.clone();
    // Without the variable that is to blame it is not there any more.
    for name in variables.keys().filter(|name| left.contains_key(*name)).cloned().collect::<Vec<_>>() {
        if rest.is_empty() {
            break;
        }
        left.remove(&name);
        let without = blamed.take(found(document, &left));
        let is_gone = |problem: &Problem| !without.iter().any(|other| other.path == problem.path);
        if let Some(problem) = rest.iter().find(|problem| is_gone(problem)) {
            // As it is with all of them: the text may name others.
            let said = all.iter().find(|other| other.path == problem.path).unwrap_or(problem);
            let message = format!("{} (at {} of the scenario)", said.message, said.path);
            blamed.add(&name, Problem { path: format!("{VARIABLES}{name}"), message });
        }
        rest = without;
    }
    blamed.problems.into_iter().chain(rest).collect()
}

fn found(document: &Value, variables: &Map<String, Value>) -> Vec<Problem> {
    scenario::compile(document, variables).err().unwrap_or_default()
}

#[derive(Default)]
struct Blamed {
    names: BTreeSet<String>,
    problems: Vec<Problem>,
}

impl Blamed {
    /// Takes those that are a variable's own, and gives back the others.
    fn take(&mut self, found: Vec<Problem>) -> Vec<Problem> {
        let mut others = Vec::new();
        for problem in found {
            match problem
                .path
                .strip_prefix(VARIABLES)
                .map(|rest| rest.split(['.', '[']).next().unwrap_or(rest).to_owned())
            {
                Some(name) => self.add(&name, problem),
                None => others.push(problem),
            }
        }
        others
    }

    fn add(&mut self, name: &str, problem: Problem) {
        if self.names.insert(name.to_owned()) {
            self.problems.push(problem);
        }
    }
}

/// As the scenario's compiler calls them.
pub const VARIABLES: &str = "overrides.";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(variables: Value, expected: &[&str]) {
        let variables = variables.as_object().expect("variables").clone();
        let document = scenario::resolve(&json!("ktb-chat")).expect("a preset");
        let found: Vec<_> = problems(&document, &variables).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn one_mistake_is_one_problem_at_its_variable() {
        let url = "expected a URL that begins with http:// or https:// or ws:// or wss://, found the text \"abc\"";
        check(json!({"target": "abc"}), &[&format!("overrides.target: {url}")]);
        check(
            json!({"room_size": "x"}),
            &["overrides.room_size: expected a number (as the default, the number 20), found the text \"x\""],
        );
        check(
            json!({"send_min_ms": -1}),
            &["overrides.send_min_ms: expected a number of at least 0, found the number -1"],
        );
        check(json!({"messages": 2.5}), &["overrides.messages: expected a whole number, found the number 2.5"]);
        check(json!({"messages": 2.0, "room_size": 7.5}), &[]);
    }

    #[test]
    fn what_only_shows_inside_the_scenario_stands_at_the_variable_too() {
        check(
            json!({"send_min_ms": 1e99, "room_size": 5}),
            &[
                "overrides.send_min_ms: expected a number from 0 to 86400000, found the number 1e+99 (at every[0].interval.uniform_ms[0] of the scenario)",
            ],
        );
        check(
            json!({"send_min_ms": 5_000, "send_max_ms": 10}),
            &[
                "overrides.send_min_ms: the least, 5000, is above the most, 10 (at every[0].interval.uniform_ms of the scenario)",
            ],
        );
        check(
            json!({"target": "abc", "send_max_ms": 10}),
            &[
                "overrides.target: expected a URL that begins with http:// or https:// or ws:// or wss://, found the text \"abc\"",
                "overrides.send_max_ms: the least, 1000, is above the most, 10 (at every[0].interval.uniform_ms of the scenario)",
            ],
        );
    }

    #[test]
    fn what_is_wrong_with_the_scenario_itself_stays_there() {
        let document = json!({"version": 1, "name": "s", "protocol": "nothing", "connect": {"url": "ws://a.test"}});
        let variables = json!({"typo": 1});
        let found = problems(&document, variables.as_object().expect("variables"));
        let paths: Vec<_> = found.iter().map(|problem| problem.path.as_str()).collect();
        assert!(paths.contains(&"protocol"), "{found:?}");
    }
}
