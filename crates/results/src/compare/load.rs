//! What two plans want of a service. Only where that is the same do counts say anything about the service.

use std::collections::BTreeSet;

use plan::{Action, Plan, Population};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Something that two plans want differently: first the first one's.
#[derive(Debug, Clone, PartialEq)]
pub enum LoadDifference {
    /// The most users at a time.
    Users(u32, u32),
    /// The most arrivals a second.
    Arrivals(f64, f64),
    /// How long the load lasts, seconds.
    Duration(f64, f64),
    /// So many users for so long, in other stages, with another warm-up, or steered by another search.
    Course,
    Populations(usize, usize),
    /// What users do, step by step.
    Scenario,
    /// How they do it. `None`: the plan does not say.
    Variable {
        name: String,
        values: [Option<String>; 2],
    },
    /// What a tester did to the run.
    Actions,
}

/// The differences between what two plans want; empty: second n of both was meant to be the same.
///
/// Addresses, accounts, seeds and faults are no part of it: the same load on two services is what comparisons are for.
pub fn load_differences(first: &Value, second: &Value) -> Vec<LoadDifference> {
    let plans = (Plan::deserialize(first), Plan::deserialize(second));
    let (Ok(a), Ok(b)) = plans else {
        return if first == second { Vec::new() } else { vec![LoadDifference::Course] };
    };
    let mut found = Vec::new();
    if a.populations.len() != b.populations.len() {
        found.push(LoadDifference::Populations(a.populations.len(), b.populations.len()));
    }
    if users(&a) != users(&b) {
        found.push(LoadDifference::Users(users(&a), users(&b)));
    }
    if arrivals(&a) != arrivals(&b) {
        found.push(LoadDifference::Arrivals(arrivals(&a), arrivals(&b)));
    }
    if a.duration_s() != b.duration_s() {
        found.push(LoadDifference::Duration(a.duration_s(), b.duration_s()));
    }
    if found.is_empty() && !is_same_course(&a, &b) {
        found.push(LoadDifference::Course);
    }
    if a.actions != b.actions {
        found.push(LoadDifference::Actions);
    }
    for (a, b) in a.populations.iter().zip(&b.populations) {
        found.extend(behaviour(a, b).into_iter().filter(|one| !found.contains(one)).collect::<Vec<_>>());
    }
    found
}

fn users(plan: &Plan) -> u32 {
    let closed = plan.populations.iter().enumerate().filter(|(_, population)| !population.load.is_open());
    closed.map(|(index, _)| plan.most_users(index)).fold(0, u32::saturating_add)
}

fn arrivals(plan: &Plan) -> f64 {
    let most = |population: &Population| {
        let rates = population.load.stages().into_iter().map(|stage| stage.target);
        let ordered =
            plan.actions.iter().filter(|timed| timed.population.as_ref().is_none_or(|of| *of == population.name));
        let ordered = ordered.filter_map(|timed| match timed.action {
            Action::ArrivalRate { per_s, .. } => Some(per_s),
            _ => None,
        });
        rates.chain(ordered).fold(population.load.start(), f64::max)
    };
    plan.populations.iter().filter(|population| population.load.is_open()).map(most).sum()
}

fn is_same_course(a: &Plan, b: &Plan) -> bool {
    let course = |population: &Population| {
        let load = &population.load;
        (load.is_open(), load.start(), load.max_users(), load.stages())
    };
    a.warmup_s == b.warmup_s
        && a.search == b.search
        && a.populations.iter().map(course).eq(b.populations.iter().map(course))
}

fn behaviour(a: &Population, b: &Population) -> Vec<LoadDifference> {
    if !is_same(&a.scenario, &b.scenario) {
        return vec![LoadDifference::Scenario];
    }
    // They are the same but for addresses, and so are what their variables are unless the plan says it.
    let defaults = defaults(&a.scenario);
    let names: BTreeSet<&String> = a.variables.keys().chain(b.variables.keys()).collect();
    let difference = |name: &String| {
        let values = [a, b].map(|population| population.variables.get(name));
        let is_same = match values {
            [Some(a), Some(b)] => is_same(a, b),
            [Some(one), None] | [None, Some(one)] => {
                is_address(one) || defaults.get(name).is_some_and(|default| is_same(one, default))
            }
            [None, None] => true,
        };
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let values = values.map(|value| value.map(text));
        (!is_same).then(|| LoadDifference::Variable { name: name.clone(), values })
    };
    names.into_iter().filter_map(difference).collect()
}

/// But for where it goes.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| is_same(a, b)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        // 5 is 5.0.
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => a == b || (is_address(a) && is_address(b)),
    }
}

/// What the variables of a scenario are while the plan does not set them; none where nobody knows the scenario.
pub(super) fn defaults(scenario: &Value) -> Map<String, Value> {
    let document = scenario::resolve(scenario).unwrap_or_default();
    let declared = document.get("variables").and_then(Value::as_object).cloned().unwrap_or_default();
    let default = |declaration: Value| match declaration {
        // With documentation; a bare value is its own default.
        Value::Object(mut fields) => fields.remove("default"),
        bare => Some(bare),
    };
    declared.into_iter().filter_map(|(name, declaration)| Some((name, default(declaration)?))).collect()
}

/// A URL or a path.
fn is_address(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains("://") || text.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plan(load: Value, variables: Value) -> Value {
        json!({"version": 1, "name": "n", "seed": 1, "populations": [
            {"name": "p", "scenario": "ktb-chat", "variables": variables, "load": load}]})
    }

    fn held(users: u32, duration_s: u32) -> Value {
        json!({"model": "closed", "start": users, "stages": [{"duration_s": duration_s, "target": users}]})
    }

    fn room_size() -> Value {
        defaults(&json!("ktb-chat"))["room_size"].clone()
    }

    #[track_caller]
    fn check(a: &Value, b: &Value, expected: &[LoadDifference]) {
        assert_eq!(load_differences(a, b), expected);
        assert!(load_differences(a, a).is_empty() && load_differences(b, b).is_empty());
    }

    #[test]
    fn plans_differ_in_load_by_what_they_want_of_the_service() {
        use LoadDifference::{Actions, Arrivals, Course, Duration, Scenario, Users, Variable};
        let usual = || plan(held(40, 60), json!({"target": "http://a", "send_min_ms": 1000}));
        let with = |name: &str, value: Value| {
            let mut plan = usual();
            plan[name] = value;
            plan
        };
        let sends = |value: Value| plan(held(40, 60), json!({"target": "http://a", "send_min_ms": value}));
        check(&usual(), &with("name", json!("other")), &[]);
        check(&usual(), &with("seed", json!(7)), &[]);
        check(&usual(), &with("lab", json!({"latency_ms": 50.0})), &[]);
        check(&usual(), &plan(held(40, 60), json!({"target": "http://b", "send_min_ms": 1000})), &[]);
        check(&usual(), &plan(held(15, 60), json!({"send_min_ms": 1000})), &[Users(40, 15)]);
        check(&usual(), &plan(held(15, 30), json!({"send_min_ms": 1000})), &[Users(40, 15), Duration(60.0, 30.0)]);
        check(&usual(), &with("warmup_s", json!(5)), &[Course]);
        check(&usual(), &with("actions", json!([{"at_s": 1.0, "do": "pause"}])), &[Actions]);
        let ramped = json!({"model": "closed", "start": 0, "stages": [{"duration_s": 60, "target": 40}]});
        check(&usual(), &plan(ramped, json!({"send_min_ms": 1000})), &[Course]);
        // The default, said aloud or not.
        check(&plan(held(40, 60), json!({"room_size": room_size()})), &plan(held(40, 60), json!({})), &[]);
        check(&sends(json!(1000)), &sends(json!(1000.0)), &[]);
        let values = [Some("1000".into()), Some("500".into())];
        check(&usual(), &sends(json!(500)), &[Variable { name: "send_min_ms".into(), values }]);
        let other = json!({"name": "p", "scenario": "socketio-basic", "load": held(40, 60)});
        check(&usual(), &with("populations", json!([other])), &[Scenario]);
        let open = |rate: f64| json!({"model": "open", "start_rate": rate, "stages": [{"duration_s": 9, "target": rate}], "max_users": 50});
        check(&plan(open(2.0), json!({})), &plan(open(4.5), json!({})), &[Arrivals(2.0, 4.5)]);
        check(&json!({}), &json!({"name": "no plan"}), &[Course]);
    }
}
