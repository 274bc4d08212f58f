//! Where a plan sends its load, and how much of it each host gets.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::crowd::searched_rate;
use super::limits::HostLoad;
use super::load::{Schedule, StepAction};
use super::model::{Load, Plan, Population};
use super::segment::Segment;
use base::url::{self, Sketch, UNKNOWN};
use scenario::{Address, Program, resolve, without_holes};

impl Plan {
    /// The hosts of all addresses that stand in this plan and its scenarios, and those that it names because addresses are made
    /// up, or redirects lead there. An engine refuses every other one.
    pub fn hosts(&self) -> BTreeSet<String> {
        let mut hosts = BTreeSet::new();
        self.populations.iter().for_each(|population| hosts.extend(population.hosts()));
        hosts
    }

    /// The same with their ports, like `chat.example:443`; where the port is computed, or only the host is named, without.
    pub fn places(&self) -> BTreeSet<String> {
        let mut places: BTreeSet<String> =
            self.populations.iter().flat_map(|population| population.written(url::sketched_place)).collect();
        let written: BTreeSet<String> = places.iter().map(|place| url::host_of_place(place).to_owned()).collect();
        let named = self.populations.iter().flat_map(|population| &population.hosts);
        // A host that is named may be reached at any port, whatever is written elsewhere.
        places.extend(named.map(|host| url::place_of_host(host)));
        places.extend(self.hosts().difference(&written).map(|host| url::place_of_host(host)));
        places
    }

    /// What each host but this machine gets, in the order of their names.
    pub fn far_loads(&self) -> Vec<HostLoad> {
        let mut loads: BTreeMap<String, HostLoad> = BTreeMap::new();
        for (at, population) in self.populations.iter().enumerate() {
            let far: Vec<String> = population.hosts().into_iter().filter(|host| !url::is_loopback(host)).collect();
            let planned = if far.is_empty() { 0.0 } else { top_rate(&population.load, at == 0) };
            let rate = searched_rate(self, at).unwrap_or(0.0).max(planned);
            for host in far {
                let empty = HostLoad { host: host.clone(), users: 0, rate: 0.0, seconds: 0.0 };
                let load = loads.entry(host).or_insert(empty);
                load.users = load.users.saturating_add(self.most_users(at));
                load.rate += rate;
                load.seconds = load.seconds.max(population.load.duration().as_secs_f64());
            }
        }
        loads.into_values().collect()
    }
}

/// The most users that start within a second.
fn top_rate(load: &Load, is_first: bool) -> f64 {
    if load.is_open() {
        return load.stages().iter().map(|stage| stage.target).fold(load.start(), f64::max);
    }
    let mut schedule = Schedule::new(load, &Segment::whole(), is_first);
    let mut starts = std::collections::VecDeque::new();
    let mut most = 0;
    while let Some(step) = schedule.pop(schedule.end()) {
        if step.action == StepAction::Start {
            let at = step.at.as_micros();
            while starts.front().is_some_and(|&first: &u64| at - first >= 1_000_000) {
                starts.pop_front();
            }
            starts.push_back(at);
            most = most.max(starts.len());
        }
    }
    most as f64
}

impl Population {
    /// Those that its users go to.
    pub fn hosts(&self) -> BTreeSet<String> {
        let mut hosts = self.written(url::sketched_host);
        hosts.extend(self.hosts.iter().cloned());
        hosts
    }

    /// What `of` makes of every address that stands in it and its scenario.
    fn written(&self, of: fn(&str) -> Sketch) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let Ok(mut scenario) = resolve(&self.scenario) else { return found };
        // A default that the plan replaces is no target.
        if let Some(variables) = scenario.get_mut("variables").and_then(Value::as_object_mut) {
            variables.retain(|name, _| !self.variables.contains_key(name));
        }
        self.variables.values().chain([&scenario]).for_each(|value| collect(value, of, &mut found));
        if let Ok(program) = self.program() {
            found.extend(opened(&program).into_iter().filter_map(|address| known(of(&address.full))));
        }
        found
    }

    /// Where its users connect to, if that is known before they run.
    pub fn connects_to(&self) -> Option<String> {
        known(opened(&self.program().ok()?).into_iter().next()?.host)
    }
}

fn known(sketch: Sketch) -> Option<String> {
    match sketch {
        Sketch::Known(found) => Some(found),
        Sketch::Computed | Sketch::Nothing => None,
    }
}

/// An address that users open, and what is known of its host.
pub(super) struct OpenedAddress {
    pub operation: String,
    pub text: String,
    /// With a scheme.
    pub full: String,
    pub host: Sketch,
}

/// Everything that the users of this program open; the connection comes first.
pub(super) fn opened(program: &Program) -> Vec<OpenedAddress> {
    let addresses = program.addresses(UNKNOWN).into_iter().enumerate().map(|(place, Address { operation, text })| {
        // A connection's address may do without a scheme.
        let full = if place == 0 { url::websocket_scheme(text.trim()) } else { text.clone() };
        let host = url::sketched_host(&full);
        OpenedAddress { operation, text, full, host }
    });
    addresses.collect()
}

/// Over all texts, whatever they are for: rather one question too many than a host that nobody was asked about.
fn collect(value: &Value, of: fn(&str) -> Sketch, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => found.extend(known(of(&without_holes(text, UNKNOWN)))),
        Value::Array(list) => list.iter().for_each(|value| collect(value, of, found)),
        // What is written for people, or for editors, is no target.
        Value::Object(fields) => {
            let fields =
                fields.iter().filter(|(name, _)| !["$schema", "doc", "description", "note"].contains(&name.as_str()));
            fields.for_each(|(_, value)| collect(value, of, found));
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

    #[test]
    fn a_host_is_found_however_its_address_is_put_together() {
        let load = json!({"model": "closed", "stages": []});
        let plain = |variables: Value, url: &str, rest: Value| {
            let mut population = json!({"name": "c", "load": load, "scenario": {
                "version": 1, "name": "s", "protocol": "websocket", "variables": variables, "flow": [],
                "before": [{"http": {"operation": "a", "url": "${h}", "save": {"saved": "/x"}}}], "connect": {"url": url},
            }});
            population.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
            json!([population])
        };
        let h = json!({"h": {"default": "http://h.example/x"}, "name": "Chat.EXAMPLE", "n": "${user.index}"});
        check(plain(h.clone(), "ws://${name}:1/", json!({})), &["chat.example", "h.example"]);
        check(plain(h.clone(), "${name}/x", json!({})), &["chat.example", "h.example"]);
        check(plain(h.clone(), "ws://me@${name}.:${n}/${saved}", json!({})), &["chat.example", "h.example"]);
        check(plain(h.clone(), "ws://node${n}.example", json!({})), &["h.example"]);
        check(plain(h.clone(), "${saved}", json!({"hosts": ["b.example"]})), &["b.example", "h.example"]);
        check(plain(h, "ws://0x7f.1", json!({"variables": {"h": "http://i.example"}})), &["127.0.0.1", "i.example"]);
    }
}
