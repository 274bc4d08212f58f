//! Loads as k6 executors.

use serde_json::{Value, json};

use plan::{Load, Plan, Ramp, Stage};

/// The executor of one population.
pub fn executor(plan: &Plan, load: &Load) -> Value {
    let (unit, per) = unit(load);
    let scaled = |value: f64| number(if load.is_open() { (value * per).round() } else { value });
    let pieces = pieces(load);
    let is_constant = load.stages().iter().all(|stage| stage.ramp == Ramp::Step) && pieces.len() == 1;
    let (executor, first) = match (load.is_open(), is_constant) {
        (false, true) => ("constant-vus", "vus"),
        (false, false) => ("ramping-vus", "startVUs"),
        (true, true) => ("constant-arrival-rate", "rate"),
        (true, false) => ("ramping-arrival-rate", "startRate"),
    };
    let grace = format!("{}s", (plan.settle_s + plan.graceful_stop_s + CLOSING_S).ceil());
    let mut fields = json!({ "executor": executor, "exec": "user", first: scaled(start(load)), "gracefulStop": grace });
    if load.is_open() {
        fields["timeUnit"] = unit.into();
        fields["preAllocatedVUs"] = load.max_users().into();
        fields["maxVUs"] = load.max_users().into();
    }
    if executor == "ramping-vus" {
        fields["gracefulRampDown"] = grace.into();
    }
    if is_constant {
        fields["duration"] = format!("{}s", load.duration().as_secs_f64()).into();
    } else {
        let stage =
            |(seconds, target): &(f64, f64)| json!({"duration": format!("{seconds}s"), "target": scaled(*target)});
        fields["stages"] = pieces.iter().map(stage).collect();
    }
    fields
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

/// A whole number without a point.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 { Value::from(value as i64) } else { value.into() }
}

const UNITS: [(&str, f64); 5] = [("1s", 1.0), ("10s", 10.0), ("1m", 60.0), ("100s", 100.0), ("1h", 3_600.0)];
/// Waiting for what is on its way, and for the close.
const CLOSING_S: f64 = 5.0;
