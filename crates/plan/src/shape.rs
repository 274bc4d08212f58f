//! From a load's description to its stages: what ready-made shapes and batches mean, and what a load amounts to.

use super::choices::{Ramp, ShapeName};
use super::model::{Load, Stage};
use base::time::Span;

impl Load {
    /// Users (closed) or arrivals per second (open) before the first stage.
    pub fn start(&self) -> f64 {
        match self {
            Self::Closed { start, .. } => f64::from(*start),
            Self::Open { start_rate, .. } => *start_rate,
            Self::Shape { .. } | Self::Batch { .. } => 0.0,
        }
    }

    /// The load as stages, whatever it was described as.
    pub fn stages(&self) -> Vec<Stage> {
        match self {
            Self::Closed { stages, .. } | Self::Open { stages, .. } => stages.clone(),
            Self::Shape { name, users, duration_s } => shape(*name, f64::from(*users), *duration_s),
            Self::Batch { users, size, every_s, hold_s } => batches(*users, *size, *every_s, *hold_s),
        }
    }

    /// Arrivals per second rather than a number of users.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    pub fn duration(&self) -> Span {
        Span::from_secs_f64(self.stages().iter().map(|stage| stage.duration_s).sum())
    }

    /// The most users at the same time.
    pub fn max_users(&self) -> u32 {
        match self {
            Self::Open { max_users, .. } => *max_users,
            _ => self.stages().iter().map(|stage| stage.target).fold(self.start(), f64::max).round() as u32,
        }
    }

    /// How many different users the load plays over its whole duration, and so how many accounts it needs: in a
    /// closed load the same users come back, in an open load everybody who arrives (or is dropped) is new.
    pub fn user_count(&self) -> u64 {
        if !self.is_open() {
            return u64::from(self.max_users());
        }
        let mut rate = self.start();
        let mut arrivals = 0.0;
        for stage in self.stages() {
            let from = if stage.ramp == Ramp::Step { stage.target } else { rate };
            arrivals += (from + stage.target) / 2.0 * stage.duration_s;
            rate = stage.target;
        }
        arrivals.round() as u64
    }
}

/// Shares of the duration, and of the users, of each ready-made shape:
///
/// ```text
/// smoke       ▔▔▔▔▔▔▔▔▔▔   all users at once, held: does it work at all?
/// load        ╱▔▔▔▔▔▔▔▔╲   up in 20 %, held 70 %, down in 10 %: an ordinary busy time
/// stress      ╱▔╱▔╱▔╱▔╲    four steps of a quarter each, each 5 % up and 17.5 % held, down in 10 %
/// spike       ▁▁▁▏▔▕▁▁▁▁   a tenth for 30 %, all within 2 %, held 18 %, back within 2 %, 38 % to recover, down in 10 %
/// soak        ╱▔▔▔▔▔▔▔▔╲   up in 5 %, held 90 %, down in 5 %: does it stay well for hours?
/// breakpoint  ╱╱╱╱╱╱╱╱╱╱   up all the time: where does it break?
/// ```
fn shape(name: ShapeName, users: f64, duration_s: f64) -> Vec<Stage> {
    let line = |share: f64, target: f64| stage(share * duration_s, target, Ramp::Linear);
    let few = (users / 10.0).ceil();
    match name {
        ShapeName::Smoke => vec![stage(duration_s, users, Ramp::Step)],
        ShapeName::Load => vec![line(0.2, users), line(0.7, users), line(0.1, 0.0)],
        ShapeName::Stress => {
            let steps = (1..=4).map(|quarter| (users * f64::from(quarter) / 4.0).ceil());
            steps.flat_map(|level| [line(0.05, level), line(0.175, level)]).chain([line(0.1, 0.0)]).collect()
        }
        ShapeName::Spike => vec![
            stage(0.3 * duration_s, few, Ramp::Step),
            line(0.02, users),
            line(0.18, users),
            line(0.02, few),
            line(0.38, few),
            line(0.1, 0.0),
        ],
        ShapeName::Soak => vec![line(0.05, users), line(0.9, users), line(0.05, 0.0)],
        ShapeName::Breakpoint => vec![line(1.0, users)],
    }
}

fn batches(users: u32, size: u32, every_s: f64, hold_s: f64) -> Vec<Stage> {
    let size = size.max(1);
    let count = users.div_ceil(size);
    (1..=count)
        .map(|batch| {
            let duration_s = if batch == count { hold_s } else { every_s };
            stage(duration_s, f64::from(size.saturating_mul(batch).min(users)), Ramp::Step)
        })
        .collect()
}

fn stage(duration_s: f64, target: f64, ramp: Ramp) -> Stage {
    Stage { duration_s, target, ramp }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(json: &str) -> Load {
        serde_json::from_str(json).unwrap()
    }

    #[track_caller]
    fn check(json: &str, duration_s: f64, max_users: u32, user_count: u64) {
        let load = load(json);
        let found = (load.duration().as_secs_f64(), load.max_users(), load.user_count());
        assert_eq!(found, (duration_s, max_users, user_count), "{json}");
    }

    #[test]
    fn loads_know_what_they_amount_to() {
        check(r#"{"model":"closed","start":5,"stages":[{"duration_s":10,"target":3}]}"#, 10.0, 5, 5);
        check(
            r#"{"model":"closed","stages":[{"duration_s":10,"target":40},{"duration_s":5,"target":0}]}"#,
            15.0,
            40,
            40,
        );
        check(
            r#"{"model":"open","start_rate":2,"stages":[{"duration_s":10,"target":4},{"duration_s":2,"target":10,"ramp":"step"}],"max_users":7}"#,
            12.0,
            7,
            50,
        );
        check(r#"{"model":"batch","users":25,"size":10,"every_s":2,"hold_s":30}"#, 34.0, 25, 25);
        check(r#"{"model":"batch","users":0,"size":10,"every_s":2,"hold_s":30}"#, 0.0, 0, 0);
        for name in ["smoke", "load", "stress", "spike", "soak", "breakpoint"] {
            check(&format!(r#"{{"model":"shape","name":"{name}","users":33,"duration_s":600}}"#), 600.0, 33, 33);
        }
    }

    #[test]
    fn a_batch_adds_users_at_once() {
        let stages = load(r#"{"model":"batch","users":25,"size":10,"every_s":2,"hold_s":30}"#).stages();
        assert_eq!(stages, [stage(2.0, 10.0, Ramp::Step), stage(2.0, 20.0, Ramp::Step), stage(30.0, 25.0, Ramp::Step)]);
    }

    #[test]
    fn a_spike_comes_back_to_a_tenth() {
        let stages = load(r#"{"model":"shape","name":"spike","users":200,"duration_s":100}"#).stages();
        let found: Vec<_> = stages.iter().map(|stage| (stage.duration_s, stage.target)).collect();
        assert_eq!(found, [(30.0, 20.0), (2.0, 200.0), (18.0, 200.0), (2.0, 20.0), (38.0, 20.0), (10.0, 0.0)]);
    }
}
