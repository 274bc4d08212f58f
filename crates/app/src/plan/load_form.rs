//! The load part of the form: one kind of shape is turned into another without losing what still means something.

use serde_json::{Value, json};

use plan::{Load, Ramp, Stage};

/// How the form lets a person describe a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LoadKind {
    Shape,
    Closed,
    Open,
    Batch,
}

impl LoadKind {
    pub const ALL: [Self; 4] = [Self::Shape, Self::Closed, Self::Open, Self::Batch];

    /// The name in the document.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shape => "shape",
            Self::Closed => "closed",
            Self::Open => "open",
            Self::Batch => "batch",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Shape => "Ready-made shape",
            Self::Closed => "Stages of users",
            Self::Open => "Arrivals per second",
            Self::Batch => "Batches",
        }
    }

    pub const fn hint(self) -> &'static str {
        match self {
            Self::Shape => "A known pattern from a number of users and a length.",
            Self::Closed => "Each stage goes to a number of users. A user that ends is replaced.",
            Self::Open => {
                "New users arrive at a rate, however slow the server is. Arrivals beyond the cap are dropped and counted."
            }
            Self::Batch => "A number of users joins at once, again and again, until all are there.",
        }
    }

    /// The kind of a load in a document.
    pub fn of(load: Option<&Value>) -> Option<Self> {
        let model = load?.get("model")?.as_str()?;
        Self::ALL.into_iter().find(|kind| kind.name() == model)
    }
}

/// The shapes that `model: shape` knows, with what each is for.
pub const SHAPES: [(&str, &str, &str); 6] = [
    ("smoke", "Smoke", "A few users for a short time: does it work at all?"),
    ("load", "Load", "Up to the expected crowd, hold, down again."),
    ("stress", "Stress", "Beyond the expected crowd, step by step."),
    ("spike", "Spike", "Suddenly everybody, then back."),
    ("soak", "Soak", "The expected crowd for a long time."),
    ("breakpoint", "Breakpoint", "More and more users until something gives."),
];

/// The load as another kind: users and lengths are carried over where both kinds have them.
pub fn convert(load: Option<&Value>, to: LoadKind) -> Value {
    let known = load.and_then(|load| serde_json::from_value::<Load>(load.clone()).ok());
    let (users, duration_s) =
        known.as_ref().map_or((50, 60.0), |load| (load.max_users(), load.duration().as_secs_f64()));
    match to {
        LoadKind::Shape => json!({"model": "shape", "name": "load", "users": users, "duration_s": duration_s}),
        LoadKind::Closed => {
            json!({"model": "closed", "start": 0, "stages": known.filter(|load| !load.is_open()).map_or_else(|| hill(users.into(), duration_s), |load| stages(&load))})
        }
        LoadKind::Open => {
            // Twenty seconds is about what one user of the presets stays in an open load's first minute.
            let rate = (f64::from(users) / 20.0).max(1.0);
            json!({"model": "open", "start_rate": 0, "max_users": users, "stages": hill(rate, duration_s)})
        }
        LoadKind::Batch => {
            let size = users.div_ceil(5).max(1);
            json!({"model": "batch", "users": users, "size": size, "every_s": 5, "hold_s": whole(duration_s / 2.0)})
        }
    }
}

/// A further stage: holds what the last one reached.
pub fn next_stage(stages: Option<&Value>) -> Value {
    let last = stages.and_then(Value::as_array).and_then(|stages| stages.last());
    let target = last.and_then(|stage| stage.get("target")).cloned().unwrap_or_else(|| json!(50));
    json!({"duration_s": 30, "target": target})
}

/// The load's stages as a person would have typed them: what a ready-made shape stands for, too.
pub fn stages(load: &Load) -> Value {
    let stage = |stage: Stage| match stage.ramp {
        Ramp::Linear => json!({"duration_s": whole(stage.duration_s), "target": whole(stage.target)}),
        Ramp::Step => json!({"duration_s": whole(stage.duration_s), "target": whole(stage.target), "ramp": "step"}),
    };
    load.stages().into_iter().map(stage).collect()
}

/// Up, hold, down.
fn hill(target: f64, duration_s: f64) -> Value {
    let target = whole(target);
    json!([
        {"duration_s": whole(duration_s * 0.25), "target": target},
        {"duration_s": whole(duration_s * 0.5), "target": target},
        {"duration_s": whole(duration_s * 0.25), "target": 0},
    ])
}

/// To two places behind the point; whole numbers are written without one.
fn whole(number: f64) -> Value {
    let rounded = (number * 100.0).round() / 100.0;
    if rounded.fract() == 0.0 { json!(rounded as i64) } else { json!(rounded) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(load: Value, to: LoadKind, expected: Value) {
        let converted = convert(Some(&load), to);
        assert_eq!(converted, expected);
        serde_json::from_value::<Load>(converted).expect("what the form makes is a load");
    }

    #[test]
    fn users_and_length_are_carried_over() {
        let shape = json!({"model": "shape", "name": "spike", "users": 200, "duration_s": 120});
        check(
            shape.clone(),
            LoadKind::Batch,
            json!({"model": "batch", "users": 200, "size": 40, "every_s": 5, "hold_s": 60}),
        );
        check(
            shape.clone(),
            LoadKind::Closed,
            json!({"model": "closed", "start": 0, "stages": [
                {"duration_s": 36, "target": 20, "ramp": "step"}, {"duration_s": 2.4, "target": 200},
                {"duration_s": 21.6, "target": 200}, {"duration_s": 2.4, "target": 20},
                {"duration_s": 45.6, "target": 20}, {"duration_s": 12, "target": 0},
            ]}),
        );
        check(
            shape,
            LoadKind::Open,
            json!({"model": "open", "start_rate": 0, "max_users": 200, "stages": [
                {"duration_s": 30, "target": 10}, {"duration_s": 60, "target": 10}, {"duration_s": 30, "target": 0},
            ]}),
        );
        let batch = json!({"model": "batch", "users": 100, "size": 30, "every_s": 2, "hold_s": 14});
        check(batch, LoadKind::Shape, json!({"model": "shape", "name": "load", "users": 100, "duration_s": 20.0}));
    }

    #[test]
    fn what_is_no_load_becomes_a_sensible_one() {
        check(
            json!({"model": "x"}),
            LoadKind::Shape,
            json!({"model": "shape", "name": "load", "users": 50, "duration_s": 60.0}),
        );
    }

    #[test]
    fn a_new_stage_holds_the_last_target() {
        assert_eq!(next_stage(Some(&json!([{"duration_s": 1, "target": 7}]))), json!({"duration_s": 30, "target": 7}));
        assert_eq!(next_stage(None), json!({"duration_s": 30, "target": 50}));
    }
}
