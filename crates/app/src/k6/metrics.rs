//! What a script measures, under the names that tabswarm uses.

use std::collections::{BTreeMap, BTreeSet};

use catalogue::{Counter, Metric};
use serde_json::{Value, json};

/// Names of times and counters, of all populations together.
#[derive(Default)]
pub struct Metrics {
    times: BTreeSet<String>,
    counters: BTreeSet<String>,
}

impl Metrics {
    /// Of all steps of a scenario, also of those that its settings rule out: settings may be given anew.
    pub fn add(&mut self, scenario: &Value) {
        let fixed = [
            Counter::FramesIn,
            Counter::FramesOut,
            Counter::BytesIn,
            Counter::BytesOut,
            Counter::Reconnects,
            Counter::HttpRequests,
        ];
        self.counters.extend(fixed.map(|counter| counter.name().to_owned()));
        let fixed = |metric: Metric| metric.name().to_owned();
        self.times.extend([Metric::Connect, Metric::ConnectWebsocket].map(fixed));
        if scenario["protocol"] == "socketio" {
            self.times.extend([Metric::ConnectEngineio, Metric::ConnectSocketio].map(fixed));
        }
        self.steps(scenario);
    }

    /// Whatever stands anywhere within, and says what it is.
    fn steps(&mut self, within: &Value) {
        match within {
            Value::Array(entries) => entries.iter().for_each(|entry| self.steps(entry)),
            Value::Object(fields) => {
                for (key, field) in fields {
                    match key.as_str() {
                        "http" => self.times.extend(constant(&field["operation"])),
                        "wait" => self.wait(field),
                        "emit" => self.emit(field),
                        "on" | "errors" => self.heard(field),
                        "delivery" => self.event_in(&field["event"]),
                        _ => {}
                    }
                    // What is sent is nothing that is done.
                    if !matches!(key.as_str(), "http" | "emit" | "wait" | "variables") {
                        self.steps(field);
                    }
                }
            }
            _ => {}
        }
    }

    fn heard(&mut self, handlers: &Value) {
        handlers.as_array().into_iter().flatten().for_each(|handler| self.event_in(&handler["event"]));
    }

    fn event_in(&mut self, event: &Value) {
        self.counters.extend(constant(event).map(|event| Counter::EventsIn.of(&event)));
    }

    fn wait(&mut self, wait: &Value) {
        self.times.extend(constant(&wait["operation"]).or_else(|| constant(&wait["event"])));
        self.event_in(&wait["event"]);
    }

    fn emit(&mut self, emit: &Value) {
        let event = constant(&emit["event"]);
        self.counters.extend(event.as_deref().map(|event| Counter::EventsOut.of(event)));
        self.event_in(&emit["answer"]["event"]);
        let Some(name) = constant(&emit["operation"]).or(event) else { return };
        if emit.get("message").is_some() {
            self.times.extend([Metric::RoundTrip.of(&name), Metric::RoundTripIntended.of(&name)]);
        }
        if emit["ack"] != false && !emit["ack"].is_null() {
            self.times.insert(Metric::Ack.of(&name));
        }
        if emit.get("answer").is_some() {
            self.times.insert(name);
        }
    }

    /// Each by its name, with the name that k6 takes.
    pub fn data(&self) -> Value {
        let names = self.names();
        let of = |these: &BTreeSet<String>| -> BTreeMap<String, Value> {
            these.iter().filter_map(|name| Some((name.clone(), names.get(name.as_str())?.as_str().into()))).collect()
        };
        json!({ "times": of(&self.times), "counters": of(&self.counters) })
    }

    /// The name under which k6 has this time.
    pub fn time(&self, name: &str) -> Option<String> {
        self.times.contains(name).then(|| self.names().remove(name)).flatten()
    }

    pub fn counter(&self, name: &str) -> Option<String> {
        self.counters.contains(name).then(|| self.names().remove(name)).flatten()
    }

    /// No two are alike, and none is one that k6 or the script itself has.
    fn names(&self) -> BTreeMap<&str, String> {
        let mut taken: BTreeSet<String> = OWN.into_iter().chain(K6S).map(str::to_owned).collect();
        let all = self.times.iter().chain(&self.counters);
        all.map(|name| (name.as_str(), free_name(name, &mut taken))).collect()
    }
}

/// A text that is no template.
fn constant(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.contains("${")).map(str::to_owned)
}

/// A name as k6 allows it, letters, digits and _, at least two of them, that nothing else has.
pub fn free_name(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(LONGEST).collect();
    if plain.starts_with(|c: char| c.is_ascii_digit()) {
        plain.insert(0, '_');
    }
    let is_k6s = K6S_FAMILIES.iter().any(|family| plain.starts_with(family));
    if plain.len() < 2 || is_k6s {
        plain.push('_');
    }
    let numbered = (1..).map(|n| if n == 1 { plain.clone() } else { format!("{plain}_{n}") });
    let free = numbered.into_iter().find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(free.clone());
    free
}

/// What every script measures besides.
const OWN: [&str; 4] = ["events_in", "errors", "errors_rate", "disconnects"];
/// k6's built-in metrics (its documentation, "Built-in metrics"), and those of its protocols by their beginnings.
const K6S: [&str; 10] = [
    "vus",
    "vus_max",
    "iterations",
    "iteration_duration",
    "dropped_iterations",
    "data_received",
    "data_sent",
    "checks",
    "group_duration",
    "http_reqs",
];
const K6S_FAMILIES: [&str; 4] = ["http_req_", "ws_", "grpc_", "browser_"];
/// k6 takes 128 characters; a number may follow.
const LONGEST: usize = 120;
