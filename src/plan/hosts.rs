//! Where a plan sends its load.

use std::collections::BTreeSet;

use serde_json::Value;

use super::model::{Plan, Population};
use crate::protocol::url;
use crate::scenario::resolve;

impl Plan {
    /// The hosts of all addresses that stand in this plan and its scenarios, in lower case. An address that a server
    /// gives, or that a template makes up, is not among them: an engine that may reach only certain hosts refuses it then
    /// (see [`crate::wire::Load`]).
    pub fn hosts(&self) -> BTreeSet<String> {
        let mut hosts = BTreeSet::new();
        self.populations.iter().for_each(|population| hosts.extend(population.hosts()));
        hosts
    }

    /// The same with their ports, like `chat.example:443`; where the port is computed, or only the host is named, without.
    pub fn places(&self) -> BTreeSet<String> {
        let mut places: BTreeSet<String> =
            self.populations.iter().flat_map(|population| population.named(url::place)).collect();
        let named: BTreeSet<String> = places.iter().map(|place| url::host_of_place(place).to_owned()).collect();
        places.extend(self.hosts().difference(&named).map(|host| url::place_of_host(host)));
        places
    }
}

impl Population {
    /// Those that its users go to.
    pub fn hosts(&self) -> BTreeSet<String> {
        self.named(url::host)
    }

    /// What `of` makes of every address.
    fn named(&self, of: fn(&str) -> Option<String>) -> BTreeSet<String> {
        let mut hosts = BTreeSet::new();
        let Ok(mut scenario) = resolve(&self.scenario) else { return hosts };
        // A default that the plan replaces is no target.
        if let Some(variables) = scenario.get_mut("variables").and_then(Value::as_object_mut) {
            variables.retain(|name, _| !self.variables.contains_key(name));
        }
        self.variables.values().chain([&scenario]).for_each(|value| collect(value, of, &mut hosts));
        hosts
    }
}

fn collect(value: &Value, of: fn(&str) -> Option<String>, hosts: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => hosts.extend(of(text)),
        Value::Array(list) => list.iter().for_each(|value| collect(value, of, hosts)),
        // What is written for people, or for editors, is no target.
        Value::Object(fields) => {
            let fields =
                fields.iter().filter(|(name, _)| !["$schema", "doc", "description", "note"].contains(&name.as_str()));
            fields.for_each(|(_, value)| collect(value, of, hosts));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(populations: Value, expected: &[&str]) {
        let plan = json!({"version": 1, "name": "p", "seed": 1, "populations": populations});
        let plan: Plan = serde_json::from_value(plan).expect("a plan");
        assert_eq!(plan.hosts().iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn places_have_ports() {
        let load = json!({"model": "closed", "stages": []});
        let variables =
            json!({"rest": "https://A.example", "socket": "ws://127.0.0.1:5002", "target": "http://b.example:${port}"});
        let plan = json!({"version": 1, "name": "p", "seed": 1, "populations": [
            {"name": "c", "scenario": "ktb-chat", "variables": variables, "load": load}
        ]});
        let plan: Plan = serde_json::from_value(plan).expect("a plan");
        assert_eq!(
            plan.places().iter().map(String::as_str).collect::<Vec<_>>(),
            ["127.0.0.1:5002", "a.example:443", "b.example"]
        );
    }

    #[test]
    fn hosts_of_variables_and_of_scenarios() {
        let load = json!({"model": "closed", "stages": []});
        let chat =
            |variables: Value| json!({"name": "c", "scenario": "ktb-chat", "variables": variables, "load": load});
        check(json!([chat(json!({}))]), &["127.0.0.1"]);
        let split = json!({"rest": "http://chat.example:5001", "socket": "ws://Other.example:5002", "target": "http://t.example"});
        check(
            json!([chat(json!({"target": "http://chat.example:5001/"})), chat(split)]),
            &["chat.example", "other.example", "t.example"],
        );
        let inline = json!({
            "version": 1, "name": "s", "protocol": "socketio", "description": "http://not.example",
            "variables": {"target": {"default": "http://target.example", "doc": "like http://doc.example"}},
            "before": [{"http": {"operation": "a", "url": "https://api.example/x", "headers": {"Origin": "https://origin.example"}}}],
            "connect": {"url": "${target}"},
        });
        check(
            json!([{"name": "i", "scenario": inline, "load": load}]),
            &["api.example", "origin.example", "target.example"],
        );
    }
}
