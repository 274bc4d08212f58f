//! Loads as k6 executors.

use serde_json::Value;

use super::node::ScriptNode;
use super::steps::StepFields;
use plan::{Load, Plan, Ramp, Stage};
use scenario::js::{literal, quoted};

/// `const chatLoad = ...`: one description for k6's executor and for the script.
pub fn description(plan: &Plan, load: &Load) -> ScriptNode {
    let (unit, per) = unit(load);
    let scaled = |value: f64| if load.is_open() { (value * per).round() } else { value };
    let mut fields = StepFields::default();
    if load.is_open() {
        fields.text("open", "true");
        fields.text("timeUnit", quoted(unit));
    }
    fields.text("start", number(scaled(start(load))));
    let stage = |(seconds, target): (f64, f64)| {
        ScriptNode::text(format!("{{ seconds: {}, target: {} }}", number(seconds), number(scaled(target))))
    };
    fields.add("stages", ScriptNode::List(pieces(load).into_iter().map(stage).collect()));
    fields.text("seconds", number(load.duration().as_secs_f64()));
    fields.text("users", load.max_users().to_string());
    fields.text("warmup", number(plan.warmup_s));
    fields.text("settle", number(plan.settle_s));
    ScriptNode::Object(fields.0)
}

/// The executor of one population.
pub fn executor(plan: &Plan, load: &Load, function: &str, name: &str) -> ScriptNode {
    let mut fields = StepFields::default();
    let constant = load.stages().iter().all(|stage| stage.ramp == Ramp::Step) && pieces(load).len() == 1;
    let executor = match (load.is_open(), constant) {
        (false, true) => "constant-vus",
        (false, false) => "ramping-vus",
        (true, true) => "constant-arrival-rate",
        (true, false) => "ramping-arrival-rate",
    };
    fields.text("executor", quoted(executor));
    fields.text("exec", quoted(function));
    if load.is_open() {
        fields.text(if constant { "rate" } else { "startRate" }, format!("{name}.start"));
        fields.text("timeUnit", format!("{name}.timeUnit"));
        fields.text("preAllocatedVUs", format!("{name}.users"));
        fields.text("maxVUs", format!("{name}.users"));
    } else {
        fields.text(if constant { "vus" } else { "startVUs" }, format!("{name}.start"));
    }
    if constant {
        fields.text("duration", format!("`${{{name}.seconds}}s`"));
    } else {
        fields.text(
            "stages",
            format!("{name}.stages.map(({{ seconds, target }}) => ({{ duration: `${{seconds}}s`, target }}))"),
        );
    }
    let grace = quoted(&format!("{}s", number((plan.settle_s + plan.graceful_stop_s + CLOSING_S).ceil())));
    if executor == "ramping-vus" {
        fields.text("gracefulRampDown", grace.clone());
    }
    fields.text("gracefulStop", grace);
    ScriptNode::Object(fields.0)
}

/// Straight pieces, seconds and what they lead to; a jump takes no time. The first jump is where the load starts.
fn pieces(load: &Load) -> Vec<(f64, f64)> {
    let mut at = start(load);
    let mut pieces = Vec::new();
    for Stage { duration_s, target, ramp } in load.stages() {
        if ramp == Ramp::Step && target != at {
            pieces.push((0.0, target));
        }
        pieces.push((duration_s, target));
        at = target;
    }
    pieces
}

/// A load that begins with a jump begins there.
fn start(load: &Load) -> f64 {
    match load.stages().first() {
        Some(Stage { target, ramp: Ramp::Step, .. }) => *target,
        _ => load.start(),
    }
}

/// k6 takes whole numbers of arrivals: the shortest time unit in which they all are.
fn unit(load: &Load) -> (&'static str, f64) {
    let rates: Vec<f64> = load.stages().iter().map(|stage| stage.target).chain([load.start()]).collect();
    let whole = |per: f64| rates.iter().all(|rate| ((rate * per) - (rate * per).round()).abs() < 1e-9);
    UNITS.into_iter().find(|(_, per)| whole(*per)).unwrap_or(UNITS[UNITS.len() - 1])
}

/// As JavaScript writes it.
pub fn number(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { literal(&Value::from(value)) }
}

const UNITS: [(&str, f64); 5] = [("1s", 1.0), ("10s", 10.0), ("1m", 60.0), ("100s", 100.0), ("1h", 3_600.0)];
/// Waiting for what is on its way, and for the close.
const CLOSING_S: f64 = 5.0;
